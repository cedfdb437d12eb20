// Writes the demo's flow and the examples from their one source, scripts/flows/. `--check` only compares.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allFlows } from './flows/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
let stale = 0;
for (const [path, nodes] of Object.entries(allFlows())) {
  const file = join(root, path);
  const text = `${JSON.stringify(nodes, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale += 1;
  if (check) console.error(`${path} is not what scripts/flows makes; run: npm run flows`);
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path} (${nodes.length} nodes)`);
  }
}
process.exitCode = check && stale > 0 ? 1 : 0;
