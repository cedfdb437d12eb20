// Builds the package into dist/: compiles TypeScript, then copies what Node-RED reads beside the compiled nodes
// (dialogs, help, labels, icons), and the page that checks ledgers. Node-RED finds `icons/` and `locales/` only beside a listed node or plugin file.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePage } from './page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  {
    cwd: root,
    stdio: 'inherit',
  },
);

cpSync(join(root, 'icons'), join(dist, 'nodes/icons'), { recursive: true });
for (const entry of readdirSync(join(root, 'nodes'), { recursive: true, encoding: 'utf8' })) {
  if (/\.html$|\.json$/.test(entry)) cpSync(join(root, 'nodes', entry), join(dist, 'nodes', entry));
}
const command = join(dist, 'src/cli/main.js');
if (existsSync(command)) chmodSync(command, 0o755);

mkdirSync(join(dist, 'page'));
writeFileSync(join(dist, 'page/check.html'), await makePage());
