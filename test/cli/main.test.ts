// The command as a process: streams, exit codes, a reader that leaves early, and the same bytes in any time zone or language.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

async function run(args: readonly string[], stdin: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdin.end(stdin);
  const [code] = await once(child, 'close');
  return { code, out, err };
}

const book = (orders: number) =>
  JSON.stringify({
    interval: '2026-11-22T08:15Z',
    orders: Array.from({ length: orders }, (_, i) => ({
      id: `o${i}`,
      member: `m${i % 7}`,
      side: i % 2 ? 'buy' : 'sell',
      wh: 1 + (i % 500),
      limit: 100_000 + ((i * 7919) % 90_001),
    })),
  });

describe('microgrid as a process', () => {
  it('writes all of a long answer into a pipe', async () => {
    const { code, out, err } = await run(['clear', '--json', '-'], book(5000));
    assert.deepEqual([code, err], [0, '']);
    assert.equal((JSON.parse(out) as { fills: unknown[] }).fills.length, 5000);
  });

  it('says one sentence and exits with 2 for wrong input', async () => {
    const { code, out, err } = await run(['clear', '--json', '-'], '{}');
    assert.deepEqual([code, out, err], [2, '', 'microgrid: interval is missing\n']);
  });

  it('refuses a file without end before it eats the memory', async function () {
    if (!existsSync('/dev/zero')) return this.skip();
    const { code, out, err } = await run(['clear', '/dev/zero'], '');
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /^microgrid: \/dev\/zero cannot be read: it has more than \d+ MiB\n$/);
  });

  it('ends quietly when the reader has seen enough', async () => {
    const child = spawn(process.execPath, [MAIN, 'clear', '--json', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    child.stdin.end(book(5000));
    await once(child, 'close');
    assert.equal(err, '');
  });

  it('prints the same bytes under any TZ and LANG', async () => {
    const places = [
      { TZ: 'UTC', LANG: 'C' },
      { TZ: 'Australia/Lord_Howe', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
      { TZ: 'Asia/Kathmandu', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
    ];
    const [first, ...others] = await Promise.all(places.map((env) => run(['clear', '--json', '-'], book(50), env)));
    for (const other of others) assert.equal(other.out, first!.out);
    assert.equal(first!.code, 0);
  });
});
