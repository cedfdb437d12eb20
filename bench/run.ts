// `npm run bench -- NAME [--json]` (cli.md): runs bench/NAME.ts and prints its figures.
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Bench, type Figure, reaches } from './harness.ts';

const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts' && file !== 'harness.ts')
  .map((file) => file.slice(0, -'.ts'.length));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    // Of a bench that is a long run: simulate-faults.
    seed: { type: 'string' },
    intervals: { type: 'string' },
    homes: { type: 'string' },
    plan: { type: 'string' },
  },
});
const [name] = positionals;
if (positionals.length !== 1 || name === undefined || !known.includes(name)) {
  process.stderr.write(`Use: npm run bench -- NAME [--json], where NAME is one of ${known.join(', ')}\n`);
  process.exit(2);
}

const { figures }: Bench = await import(`./${name}.ts`);
const all: Figure[] = [];
const { json, ...told } = values;
for await (const figure of figures(told)) {
  all.push(figure);
  if (!json) process.stdout.write(`${line(figure)}\n`);
}
if (json) {
  const cpu = cpus()[0]?.model ?? 'unknown';
  process.stdout.write(`${JSON.stringify({ bench: name, node: process.version, cpu, figures: all })}\n`);
}

function line(figure: Figure): string {
  const { name, unit, median, min, max, runs, against, ratio, aim } = figure;
  const peer = against ? `; ${against.name}: ${against.median} (${against.min} to ${against.max}); ratio ${ratio}` : '';
  const wanted = aim && ('atMost' in aim ? `at most ${aim.atMost}` : `at least ${aim.atLeast}`);
  const verdict = wanted === null ? '' : `; aim ${wanted}: ${reaches(figure) ? 'reached' : 'MISSED'}`;
  return `${name}: ${median} ${unit} (${min} to ${max}, ${runs} runs)${peer}${verdict}`;
}
