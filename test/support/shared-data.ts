// Real data and published vectors beside the project. CI has the folder; elsewhere the tests that need it say that they skip.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Context } from 'mocha';

const root = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** Path of a file of the shared data, or null where the folder is absent. */
export function sharedData(path: string): string | null {
  return existsSync(root) ? root + path : null;
}

/** Path of a file of the shared data; skips the running test (in CI: fails it) where the folder is absent. */
export function needSharedData(test: Context, path: string): string {
  const found = sharedData(path);
  if (found) return found;
  if (process.env['CI'] === 'true') throw new Error(`the shared data folder is missing: ${path}`);
  return test.skip();
}
