// `npm test`: everything that must hold before a change lands, in order: types, lint, build, unit tests, end-to-end tests.
// Every step runs even if an earlier one failed. The last line printed is the sum: `N passed, N failed[, N skipped]`.
// Single steps by name: `npm test -- types unit`.
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Counts, countsOfMocha } from './test-counts.ts';

interface Step {
  readonly name: string;
  /** Arguments for the Node that runs this script. */
  readonly args: readonly string[];
  /** A step that takes longer is stopped and counts as failed. */
  readonly minutes: number;
  /** Whether mocha's closing lines tell how many tests passed; otherwise the exit code is the one result. */
  readonly mocha?: boolean;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (path: string) => join(root, 'node_modules', path);
const mocha = [bin('mocha/bin/mocha.js'), '--no-config', '--forbid-only', '--fail-zero', '--exit'];

const steps: readonly Step[] = [
  { name: 'types', args: [bin('typescript/bin/tsc'), '-p', 'tsconfig.json'], minutes: 5 },
  { name: 'types-page', args: [bin('typescript/bin/tsc'), '-p', 'page/tsconfig.json'], minutes: 5 },
  { name: 'lint', args: [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'], minutes: 5 },
  { name: 'build', args: ['scripts/build.ts'], minutes: 5 },
  {
    name: 'unit',
    args: [...mocha, '--timeout', '30000', '--ignore', 'test/e2e/**', 'test/**/*.test.ts'],
    minutes: 20,
    mocha: true,
  },
  { name: 'e2e', args: [...mocha, '--timeout', '180000', 'test/e2e/**/*.test.ts'], minutes: 30, mocha: true },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')}; there are ${steps.map((step) => step.name).join(', ')}`);
  process.exit(2);
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
for (const step of steps) {
  if (wanted.length > 0 && !wanted.includes(step.name)) continue;
  console.log(`\n== ${step.name}`);
  const counts = await run(step);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  if (counts.failed > 0) console.log(`== ${step.name}: failed`);
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function run(step: Step): Promise<Counts> {
  const started = Date.now();
  const { code, output } = await execute(step);
  console.log(`== ${step.name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (!step.mocha) return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  return countsOfMocha(output, code);
}

/** Runs a step, shows what it prints as it comes, and keeps it. `code` is null when the step was stopped. */
function execute(step: Step): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    // Programs that the tests start by name (npm, node) are the project's own, whoever started this script.
    const path = [bin('.bin'), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    const child = spawn(process.execPath, step.args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PATH: path },
      // A process group of its own, so that stopping a step also ends the Node-RED and the browser that it started.
      detached: true,
    });
    const stop = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    };
    const interrupt = () => {
      stop();
      process.exit(130);
    };
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      process.stdout.write(text);
    });
    const limit = setTimeout(() => {
      console.log(`\n== ${step.name}: stopped after ${step.minutes} minutes`);
      stop();
    }, step.minutes * 60_000);
    const end = (code: number | null) => {
      clearTimeout(limit);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      resolve({ code, output });
    };
    child.on('error', (error) => {
      console.log(`== ${step.name}: ${error.message}`);
      end(null);
    });
    child.on('close', end);
  });
}
