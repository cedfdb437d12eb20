// Writes docs/devices.md from the catalogue. `--check` only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogue } from '../src/devices/catalogue-store.ts';
import { deviceTable } from './device-table.ts';

const file = fileURLToPath(new URL('../docs/devices.md', import.meta.url));
const text = deviceTable(catalogue());
if (existsSync(file) && readFileSync(file, 'utf8') === text) process.exitCode = 0;
else if (process.argv.includes('--check')) {
  console.error('docs/devices.md is not what the catalogue makes; run: npm run devices-table');
  process.exitCode = 1;
} else {
  writeFileSync(file, text);
  console.log(`wrote docs/devices.md (${catalogue().length} devices)`);
}
