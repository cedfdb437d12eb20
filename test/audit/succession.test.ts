// A new epoch after an operator who signed two histories: who came along decides, and which part of the old ledger counts.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { successionFault } from '../../src/audit/succession.ts';
import { verifyPath } from '../../src/audit/verify.ts';
import { runCommandLine } from '../../src/cli/commands.ts';
import type { MemberKeys } from '../../src/ledger/keys.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { fromBase64, toHex } from '../../src/log/bytes.ts';
import { readCheckpoint } from '../../src/log/checkpoint.ts';
import { COMMUNITY, FIRST, ORIGIN, RULES } from '../ledger/street.ts';
import { EVERYBODY, HOMES, keyOf, STANDBY, Village } from '../ledger/village.ts';
import { verifyExportedLedger } from './independent-verifier.ts';

const NEXT = `${COMMUNITY}/ledger/2`;

describe('a succession', () => {
  let village: Village;
  let end: { ledger: string; size: number; root: string };
  let copies = 0;
  const old = () => village.directory;

  before(async () => {
    village = new Village();
    const ledger = await village.begin();
    await village.gates(ledger, 1, FIRST);
    const { size, root } = readCheckpoint(ledger.store.checkpoint()!);
    end = { ledger: ORIGIN, size, root: toHex(root) };
    // What the old operator wrote later counts no more.
    await ledger.seal();
    await ledger.close();
  });
  after(() => village.remove());

  const CAME: readonly MemberKeys[] = EVERYBODY.filter((id) => id !== 'operator').map((id) => keyOf(id));

  /** A new ledger with these members, whose keys are at hand; returns its path. */
  async function begin(members: readonly MemberKeys[], previous: object | null = end, origin = NEXT): Promise<string> {
    const path = join(village.directory, `next-${copies++}`);
    const ledger = await openLedger({
      path,
      origin,
      operator: members[0]!,
      genesis: {
        rules: RULES,
        members: members.map((keys) => ({ id: keys.member, kind: 'home', keys })),
        ...(previous ? { succeeds: { previous: previous as typeof end, evidence: 'e'.repeat(64) } } : {}),
      },
      now: () => village.now,
      random: village.random,
    });
    await ledger.close();
    assert.deepEqual((await verifyPath(path)).errors, []);
    assert.equal(verifyExportedLedger(join(path, 'export')).operator, members[0]!.log(origin).vkey);
    return path;
  }

  it('holds where more than two thirds of the members came along, from database and export', async () => {
    const next = await begin(CAME);
    for (const path of [next, join(next, 'export')]) {
      for (const past of [old(), village.exported, village.database])
        assert.equal(await successionFault(path, past), null);
    }
  });

  it('holds with five of six, and no fewer', async () => {
    assert.equal(await successionFault(await begin(CAME.slice(0, 5)), old()), null);
    const four = await successionFault(await begin(CAME.slice(0, 4)), old());
    assert.equal(four?.code, 'wrong-succession');
    assert.match(four?.text ?? '', /4 of the 6 members of .*\/ledger\/1 came along with their keys, and 5 must/);
  });

  it('counts nobody who came with another key, nor strangers', async () => {
    const strangers = ['home-7', 'home-8', 'home-9'].map((id) => keyOf(id));
    const others = [...CAME.slice(0, 4), keyOf('home-4', 1), ...strangers];
    assert.match((await successionFault(await begin(others), old()))?.text ?? '', /4 of the 6/);
  });

  const wrong: readonly (readonly [string, () => object | null, RegExp])[] = [
    ['another root', () => ({ ...end, root: 'a'.repeat(64) }), /have the root a{64}, but those at hand have/],
    ['a size where nothing ends', () => ({ ...end, size: end.size - 1 }), /is no header/],
    [
      'more than is at hand',
      () => ({ ...end, size: 999 }),
      /999 leaves count of the ledger before, but \d+ are at hand/,
    ],
    ['nothing', () => null, /follows no other ledger/],
  ];
  for (const [name, previous, sentence] of wrong) {
    it(`that names ${name} is wrong`, async () => {
      const found = await successionFault(await begin(CAME, previous()), old());
      assert.equal(found?.code, 'wrong-succession');
      assert.match(found?.text ?? '', sentence);
    });
  }

  it('of another ledger than the one at hand is wrong', async () => {
    const other = await begin(CAME, null, NEXT);
    const { size, root } = await verifyPath(other);
    const confused = { ledger: ORIGIN, size, root: toHex(fromBase64(root)) };
    const next = await begin(CAME, confused, `${COMMUNITY}/ledger/3`);
    assert.match(
      (await successionFault(next, other))?.text ?? '',
      /the ledger before is .*\/ledger\/1, not .*\/ledger\/2/,
    );
  });

  for (const ledger of [NEXT, `${COMMUNITY}/ledger/7`, 'other.example/ledger/1']) {
    it(`cannot follow ${ledger}`, async () => {
      await assert.rejects(begin(CAME, { ...end, ledger }), /it must be a later one of the same community/);
    });
  }

  it('is checked by microgrid verify --previous', async () => {
    const [good, bad] = [await begin(CAME), await begin([keyOf(STANDBY), keyOf(HOMES[0])])];
    const run = async (path: string) => {
      let out = '';
      const write = (text: string) => {
        out += text;
      };
      const io = {
        stdin: (async function* () {})(),
        stdout: { write },
        stderr: { write },
        readFile,
        now: () => 0,
        random: (count: number) => new Uint8Array(count),
      };
      const code = await runCommandLine(['verify', '--json', '--previous', old(), path], io);
      return [code, JSON.parse(out).errors.map((error: { code: string }) => error.code)];
    };
    assert.deepEqual(await run(good), [0, []]);
    assert.deepEqual(await run(bad), [1, ['wrong-succession']]);
  });
});
