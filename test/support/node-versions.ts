// Other Node.js versions to run a script with: the oldest that is supported (22), that of the project (24), the newest (26). Node 22 and
// 26 are a package of their own (npm run node-versions); where they are not installed their tests say that they skip.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from 'mocha';
import { projectRoot } from './source.ts';

export const NODE_VERSIONS = [22, 24, 26] as const;

export const majorOf = (version: string): number => Number.parseInt(version, 10);

/** Path of a Node of this version; skips the running test (in CI: fails it) where it is not installed. */
export function needNode(test: Context, major: number): string {
  const found = findNode(major);
  if (found) return found;
  const advice = 'run: npm run node-versions';
  if (process.env['CI'] === 'true') throw new Error(`Node ${major} is not installed: ${advice}`);
  console.warn(`\n  !! NO NODE ${major}: what it answers is not compared; ${advice}\n`);
  return test.skip();
}

/** What a script of this project prints, as JSON. */
export async function runWith(
  node: string,
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<unknown> {
  // Older versions strip types only when told to.
  const flags = ['--no-warnings', ...(node.includes('node-22') ? ['--experimental-strip-types'] : [])];
  const { stdout } = await promisify(execFile)(node, [...flags, join(projectRoot, script), ...args], {
    env,
    timeout: 100_000,
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout);
}

/** That of the project is a dependency; the others are installed on demand. */
function findNode(major: number): string | null {
  if (majorOf(process.versions.node) === major) return process.execPath;
  const home = major === 24 ? 'node_modules/node' : `test/node-versions/node_modules/node-${major}-${process.arch}`;
  const path = join(projectRoot, home, 'bin/node');
  return existsSync(path) ? path : null;
}
