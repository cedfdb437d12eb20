// Two verifiers that share nothing but the documents, over the same exports: honest ledgers by chance, operators who cheat and
// sign again, files with a byte flipped. Both must say the same: whether it holds, and which leaf is the first bad one. The
// seeds are fixed; MICROGRID_FUZZ_SEED and MICROGRID_FUZZ_LEDGERS choose others by hand.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type VerifyResult, verifyExport } from '../../src/audit/verify.ts';
import { keysOf, ORIGIN } from '../ledger/street.ts';
import { cheated, copyOf, damage, writeExport } from '../support/cheated-exports.ts';
import { needPrograms } from '../support/peers.ts';
import { PYTHON_VERIFIER, PythonVerifier } from '../support/python-verifier.ts';
import { dice, RandomStreet } from '../support/random-ledgers.ts';
import { RandomPowers } from '../support/random-powers.ts';

const SEED = Number(process.env['MICROGRID_FUZZ_SEED'] ?? 2026);
const LEDGERS = Number(process.env['MICROGRID_FUZZ_LEDGERS'] ?? 7);
const CHEATS = 10;
const DAMAGES = 4;
const POWERS = Math.ceil(LEDGERS / 2);
const RECORDS = 6;

/** All that both must say of a ledger that holds. Of one that does not, the first bad leaf; codes may differ (section 14). */
function summary(result: VerifyResult): unknown {
  return result.ok ? plain(result) : { firstBadLeaf: result.errors[0]?.leaf };
}
const plain = (result: VerifyResult): unknown => JSON.parse(JSON.stringify(result));

/** What they say of damaged files: which leaf a file's fault is told at is not part of the format. */
const holds = ({ ok }: VerifyResult): boolean => ok;

describe('the verifier in Python', () => {
  let python: PythonVerifier;
  let folder: string;

  before(function () {
    needPrograms(this, 'python3');
    folder = mkdtempSync(join(tmpdir(), 'microgrid-python-'));
    python = new PythonVerifier();
  });
  after(() => {
    python?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function agree(directory: string, what: string, about: (result: VerifyResult) => unknown = summary) {
    const ours = await verifyExport(directory);
    const theirs = await python.verify(directory);
    const said = JSON.stringify([ours.errors[0], theirs.errors[0]]);
    assert.deepEqual(about(theirs), about(ours), `${what}: ${said}`);
    return ours;
  }

  for (let number = 0; number < LEDGERS; number++) {
    const seed = SEED + number;
    it(`says what ours says of a ledger by chance, and of what becomes of it (seed ${seed})`, async function () {
      this.timeout(120_000);
      const street = new RandomStreet(seed);
      try {
        // One is large enough for tiles above the lowest.
        const leaves = await street.live(number === 0 ? 20 : 3 + street.roll(5));
        const honest = await agree(street.exported, `seed ${seed}`);
        assert.deepEqual(honest.errors, []);
        const copy = join(folder, 'copy');
        for (let turn = 0; turn < CHEATS; turn++) {
          const { leaves: changed, what } = cheated(leaves, dice(seed * 1000 + turn));
          rmSync(copy, { recursive: true, force: true });
          writeExport(copy, changed);
          await agree(copy, `seed ${seed}, cheat ${turn}: ${what}`);
        }
        for (let turn = 0; turn < DAMAGES; turn++) {
          copyOf(street.exported, copy);
          const what = damage(copy, dice(seed * 1000 + CHEATS + turn));
          await agree(copy, `seed ${seed}, damage ${turn}: ${what}`, holds);
        }
      } finally {
        street.remove();
      }
    });
  }

  for (let number = 0; number < POWERS; number++) {
    const seed = SEED + number;
    it(`says what ours says of changes of power, and of records sealed whether they may stand or not (seed ${seed})`, async function () {
      this.timeout(120_000);
      const village = new RandomPowers(dice(seed));
      try {
        await village.live(20);
        await agree(village.exported, `seed ${seed}`);
        for (let turn = 0; turn < RECORDS; turn++) {
          const { directory, exported, what } = await village.oneMore();
          await agree(exported, `seed ${seed}, one more ${turn}: ${what}`);
          rmSync(directory, { recursive: true });
        }
        const copy = join(folder, 'copy');
        for (let turn = 0; turn < DAMAGES; turn++) {
          copyOf(village.exported, copy);
          const what = damage(copy, dice(seed * 1000 + turn));
          await agree(copy, `seed ${seed}, damage ${turn}: ${what}`, holds);
        }
      } finally {
        village.remove();
      }
    });
  }

  it('prints a sentence or JSON, and its status says how it went', async () => {
    const street = new RandomStreet(1);
    await street.live(1);
    const run = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync('python3', ['-B', PYTHON_VERIFIER, ...args], { encoding: 'utf8' });
      return { status, stdout, stderr };
    };
    const roster = join(folder, 'roster.txt');
    writeFileSync(roster, `# the operator, from elsewhere\n${keysOf('operator').log(ORIGIN).vkey}\n`);
    const trusted = run('--json', '--roster', roster, street.exported);
    assert.deepEqual(
      [trusted.status, JSON.parse(trusted.stdout)],
      [0, await verifyExport(street.exported, { keys: [keysOf('operator').log(ORIGIN).vkey] }).then(plain)],
    );
    assert.match(run(street.exported).stdout, /^ok: \d+ records in \d+ blocks/);
    writeFileSync(roster, `${keysOf('home-1').record.vkey.replace('home-1', 'home-2')}\n`);
    assert.deepEqual([run('--roster', roster, street.exported).status, run(join(folder, 'nowhere')).status], [2, 2]);
    writeFileSync(join(street.exported, 'more'), '');
    const altered = run(street.exported);
    assert.deepEqual([altered.status, altered.stdout], [1, 'file-unknown: more does not belong here\n']);
    street.remove();
  });
});
