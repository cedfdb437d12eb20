// The quorum of witnesses: who counts, how many must, and that two quorums always share more than a third.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { witnessKeyName } from '../../src/ledger/names.ts';
import { quorumOf, witnessesOf, witnessState } from '../../src/ledger/quorum.ts';
import type { Roster, RosterEntry } from '../../src/ledger/roster.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { withCosignatures } from '../../src/log/cosignature.ts';
import { ed25519Signer, keyIdOf, parseNote, parseVkey } from '../../src/log/note.ts';
import { COMMUNITY, keysOf, ORIGIN } from './street.ts';

function rosterOf(ids: readonly string[], changes: Readonly<Record<string, Partial<RosterEntry>>> = {}): Roster {
  const entries = ids.map((member): [string, RosterEntry] => {
    const { record, witness } = keysOf(member);
    const entry: RosterEntry = {
      member,
      kind: 'home',
      roles: ['member'],
      key: record.vkey,
      witness,
      feeder: null,
      active: true,
      ...changes[member],
    };
    return [member, entry];
  });
  return new Map(entries);
}

function sameKeyNamed(name: string, vkey: string): string {
  const { type, publicKey } = parseVkey(vkey);
  return `${name}+${keyIdOf(name, type, publicKey)}+${vkey.split('+').slice(2).join('+')}`;
}

const checkpoint = signCheckpoint(
  { origin: ORIGIN, size: 7, root: new Uint8Array(32).fill(9) },
  ed25519Signer(ORIGIN, new Uint8Array(32).fill(3)),
);
const { text } = parseNote(checkpoint);
const cosignedBy = (members: readonly string[]) =>
  withCosignatures(
    checkpoint,
    members.map((member) => keysOf(member).cosigner.cosign(text, 100)),
  );

describe('ledger/quorum', () => {
  it('is more than two thirds', () => {
    const needed = [1, 2, 3, 4, 5, 6, 7, 10, 20, 100].map((n) => [n, quorumOf(n)]);
    assert.deepEqual(needed, [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 3],
      [5, 4],
      [6, 5],
      [7, 5],
      [10, 7],
      [20, 14],
      [100, 67],
    ]);
    for (let n = 1; n < 2000; n++) {
      assert.ok(3 * quorumOf(n) > 2 * n && 3 * (quorumOf(n) - 1) <= 2 * n && quorumOf(n) <= n, String(n));
    }
  });

  it('shares more than a third of the witnesses with any other', () => {
    const two = fc.integer({ min: 1, max: 60 }).chain((n) => {
      const all = Array.from({ length: n }, (_, i) => i);
      const quorum = fc.shuffledSubarray(all, { minLength: quorumOf(n), maxLength: n });
      return fc.record({ n: fc.constant(n), a: quorum, b: quorum });
    });
    fc.assert(
      fc.property(two, ({ n, a, b }) => {
        const shared = a.filter((witness) => b.includes(witness)).length;
        assert.ok(3 * shared > n, `${shared} of ${n}`);
      }),
    );
  });

  it('takes active members with a witness key, the operator too, each public key once', () => {
    const roster = rosterOf(['operator', 'home-2', 'home-1', 'gone', 'mute', 'copy'], {
      operator: { roles: ['operator'] },
      gone: { active: false },
      mute: { witness: null },
      // Of type 4, under its own name, but with the public key of home-1, which is not asked.
      copy: { witness: sameKeyNamed(witnessKeyName(COMMUNITY, 'copy'), keysOf('home-1').witness) },
    });
    assert.deepEqual(
      witnessesOf(roster).map(({ member }) => member),
      ['copy', 'home-2', 'operator'],
    );
  });

  it('counts who has cosigned, and nobody else', () => {
    const ids = ['home-1', 'home-2', 'home-3', 'operator'];
    const state = (by: readonly string[]) => witnessState(cosignedBy(by), rosterOf(ids));
    assert.deepEqual(witnessState(checkpoint, rosterOf(ids)), {
      size: 7,
      cosigned: 0,
      witnesses: 4,
      needed: 3,
      reached: false,
      by: [],
    });
    assert.deepEqual(state(['operator', 'home-2', 'stranger']), {
      size: 7,
      cosigned: 2,
      witnesses: 4,
      needed: 3,
      reached: false,
      by: ['home-2', 'operator'],
    });
    assert.equal(state(['operator', 'home-2', 'home-3']).reached, true);
    // Cosignatures under a witness key that the roster no longer names.
    const rotated = rosterOf(ids, { 'home-2': { witness: keysOf('home-2x').witness } });
    assert.equal(witnessState(cosignedBy(['operator', 'home-2', 'home-3']), rotated).cosigned, 2);
  });

  it('is never reached where there is no witness', () => {
    assert.equal(witnessState(cosignedBy(['home-1']), new Map()).reached, false);
  });
});
