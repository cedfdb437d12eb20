// Bundles the page that checks ledgers without a server (page/) into one HTML file: scripts, worker and style stand in it, and a policy
// that lets the browser run nothing else and speak to nobody. The same sources give the same bytes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild-wasm';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = (path: string) => join(root, 'page', path);

/** What the audit takes from Node, and what stands in for it. */
const STANDINS = {
  'node:crypto': page('standin/crypto.ts'),
  'node:timers/promises': page('standin/timers.ts'),
};

/** The whole page as HTML. */
export async function makePage(): Promise<string> {
  const [main, worker] = await bundle(page('view/main.ts'), page('worker/worker.ts'));
  const style = readFileSync(page('style.css'), 'utf8');
  const policy = [
    "default-src 'none'",
    `script-src ${hashSource(main!)}`,
    `style-src ${hashSource(style)}`,
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const parts: Readonly<Record<string, string>> = { policy, style, main: main!, worker: worker!, version };
  return readFileSync(page('template.html'), 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name]!);
}

async function bundle(...entryPoints: readonly string[]): Promise<string[]> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [...entryPoints],
    outdir: root,
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    alias: STANDINS,
    logLevel: 'warning',
  });
  return outputFiles.map(({ path, text }) => {
    if (/<\/script|<!--/i.test(text))
      throw new Error(`${path} cannot stand in a page: it has the end of a script in it`);
    return text;
  });
}

/** How a content security policy names a text that may run. */
function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
