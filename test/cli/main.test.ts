// The command as a process: streams, exit codes, a reader that leaves early, and the same bytes in any time zone or language.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** The day on which Paris sets its clocks back, with a night tariff. */
const nightTariff = JSON.stringify({
  tariff: {
    timeZone: 'Europe/Paris',
    periods: [
      {
        from: '2026-01-01',
        import: {
          kind: 'time-of-use',
          rates: [{ price: 200_000, windows: [{ from: '22:00', to: '06:00' }] }, { price: 300_000 }],
        },
        feedIn: { kind: 'fixed', price: 80_000 },
      },
    ],
  },
  intervals: Array.from({ length: 100 }, (_, i) => ({
    interval: `${new Date(Date.UTC(2026, 9, 24, 22) + i * 900_000).toISOString().slice(0, 16)}Z`,
    clearing: { price: null, pairs: [] },
    meters: [{ member: 'a', importWh: 1, exportWh: 0, quality: 'measured' }],
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

  it('says when the answer cannot be written, and tells by its exit code when that cannot be said either', async function () {
    if (!existsSync('/dev/full')) return this.skip();
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', full, 'pipe'] });
    let err = '';
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    assert.deepEqual(
      [(await once(child, 'close'))[0], err],
      [2, 'microgrid: the answer cannot be written: the disk is full\n'],
    );
    for (const args of [['--help'], ['clear', 'no/such/file']]) {
      const mute = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', full, full] });
      assert.equal((await once(mute, 'close'))[0], 2);
    }
  });

  it('ends without a word on an interrupt while it waits for input', async () => {
    const child = spawn(process.execPath, [MAIN, 'clear', '-']);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    await once(child, 'spawn');
    child.kill('SIGINT');
    assert.deepEqual([...(await once(child, 'close')), said], [null, 'SIGINT', '']);
  });

  describe('simulate', () => {
    const directory = mkdtempSync(join(tmpdir(), 'microgrid-main-'));
    const community = join(directory, 'community.json');
    before(() => {
      const tariffs = { import: 300_000, feedIn: 80_000 };
      const members = [{ id: 'a', kind: 'home' }];
      writeFileSync(
        community,
        JSON.stringify({ origin: 'sunny-street.example/ledger/1', currency: 'EUR', tariffs, members }),
      );
    });
    after(() => rmSync(directory, { recursive: true }));

    it('reads a profile from a pipe by its path', async function () {
      if (!existsSync('/dev/stdin')) return this.skip();
      // Through cat: what this process opens is a socket, and no path leads to one.
      const script = 'cat | "$0" "$1" simulate "$2" --profiles /dev/stdin --json';
      const child = spawn('sh', ['-c', script, process.execPath, MAIN, community]);
      let out = '';
      child.stdout.on('data', (chunk) => {
        out += chunk;
      });
      child.stdin.end('start,a.load\n2026-11-22T08:00Z,7\n');
      assert.equal((await once(child, 'close'))[0], 0);
      const { intervals, loadWh } = JSON.parse(out) as { intervals: number; loadWh: number };
      assert.deepEqual([intervals, loadWh], [1, 7]);
    });

    it('says in one sentence where it can make no ledger', async function () {
      if (!existsSync('/proc/self')) return this.skip();
      const { code, out, err } = await run(
        ['simulate', community, '--profiles', '-', '--ledger', '/proc/x'],
        'start,a.load\n2026-11-22T08:00Z,7\n',
      );
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /^microgrid: the directory \/proc\/x cannot be made: .*; choose another --ledger\n$/);
    });
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
    const bills = await Promise.all(places.map((env) => run(['settle', '--json', '-'], nightTariff, env)));
    for (const { code, out } of bills) assert.deepEqual([code, out], [0, bills[0]!.out]);
    // The night has nine hours on that day, one of them twice.
    assert.equal(bills[0]!.out.match(/"price":200000/g)?.length, 36);
    assert.equal(bills[0]!.out.match(/"price":300000/g)?.length, 64);
  });
});
