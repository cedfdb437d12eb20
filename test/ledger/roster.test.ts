import { strict as assert } from 'node:assert';
import type { Body } from '../../src/ledger/kinds.ts';
import {
  applyChange,
  auctionMembers,
  changeFault,
  changeSigners,
  keyFault,
  type Roster,
  rosterText,
  tradingMembers,
} from '../../src/ledger/roster.ts';
import { COMMUNITY, keysOf } from './street.ts';

type Change = Body<'roster'>;

function change(member: string, fields: Partial<Change> = {}): Change {
  const keys = keysOf(member);
  return {
    version: 'roster/1',
    nonce: '0'.repeat(32),
    action: 'join',
    member,
    kind: 'home',
    roles: ['member'],
    key: keys.record.vkey,
    witness: keys.witness,
    feeder: null,
    ...fields,
  };
}

const roster: Roster = [
  change('operator', { kind: 'operator', roles: ['operator'] }),
  change('home-1'),
  change('home-2'),
  change('home-3'),
].reduce<Roster>(applyChange, new Map());
const withLeaver = applyChange(roster, change('home-3', { action: 'leave' }));
const fault = (next: Change, before: Roster = roster) => changeFault(before, next, 'operator');

describe('roster', () => {
  const cases: [string, Change, RegExp | null, Roster?][] = [
    ['a new member joins', change('home-9'), null],
    ['a member joins twice', change('home-1'), /already a member/],
    ['one who left joins again', change('home-3'), null, withLeaver],
    ['a stranger leaves', change('home-9', { action: 'leave' }), /not an active member/],
    ['a member leaves', change('home-1', { action: 'leave' }), null],
    ['one who left leaves', change('home-3', { action: 'leave' }), /not an active member/, withLeaver],
    [
      'the operator leaves',
      change('operator', { action: 'leave', kind: 'operator', roles: ['operator'] }),
      /cannot leave/,
    ],
    [
      'a member becomes operator',
      change('home-1', { action: 'role', roles: ['member', 'operator'] }),
      /only one member operates/,
    ],
    [
      'the operator gives up its role',
      change('operator', { action: 'role', kind: 'operator', roles: ['member'] }),
      /keeps the role/,
    ],
    ['a member becomes standby', change('home-1', { action: 'role', roles: ['member', 'standby'] }), null],
    ['a role change that changes nothing', change('home-1', { action: 'role' }), /changes nothing/],
    [
      'a role change that smuggles a key',
      change('home-1', { action: 'role', roles: ['auditor'], key: keysOf('home-9').record.vkey }),
      /must leave key as it is/,
    ],
    [
      'a key change that smuggles a role',
      change('home-1', { action: 'key', key: 'x', roles: ['auditor'] }),
      /must leave roles as it is/,
    ],
    [
      'a leave that changes the feeder',
      change('home-1', { action: 'leave', feeder: 'f1' }),
      /must leave feeder as it is/,
    ],
    ['a new feeder', change('home-1', { action: 'feeder', feeder: 'f1' }), null],
  ];
  for (const [what, next, expected, before] of cases) {
    it(`${what}: ${expected === null ? 'in order' : 'refused'}`, () => {
      const found = fault(next, before);
      if (expected === null) assert.equal(found, null);
      else assert.match(found ?? '', expected);
    });
  }

  it('wants a key of the right name and type, and no two members with one key', () => {
    const problem = (fields: Partial<Change>) => keyFault(roster.values(), change('home-9', fields), COMMUNITY) ?? '';
    assert.equal(problem({}), '');
    assert.match(problem({ key: keysOf('home-8').record.vkey }), /must be named sunny-street.example\/member\/home-9/);
    assert.match(problem({ key: keysOf('home-9', 'other.example').record.vkey }), /must be named/);
    assert.match(problem({ key: keysOf('home-9').witness }), /type 4/);
    assert.match(problem({ witness: keysOf('home-9').record.vkey }), /must be a key of type 4/);
    assert.match(problem({ witness: keysOf('home-8').witness }), /must be a key of type 4/);
    assert.match(problem({ key: 'nonsense' }), /verifier key/);
  });

  it('says who must sign', () => {
    const operator = keysOf('operator').record.vkey;
    const signers = (next: Change) => changeSigners(roster, next, operator);
    const other = keysOf('home-8').record.vkey;
    assert.deepEqual(signers(change('home-9')), [operator, keysOf('home-9').record.vkey]);
    assert.deepEqual(signers(change('home-1', { action: 'leave' })), [operator]);
    assert.deepEqual(signers(change('home-1', { action: 'key', key: other })), [
      operator,
      other,
      keysOf('home-1').record.vkey,
    ]);
    assert.deepEqual(signers(change('operator')), [operator]);
  });

  it('lets members trade, and those who left after ordering', () => {
    assert.deepEqual(tradingMembers(roster), ['home-1', 'home-2', 'home-3']);
    assert.deepEqual(tradingMembers(withLeaver), ['home-1', 'home-2']);
    assert.deepEqual(auctionMembers(withLeaver, [{ member: 'home-3' }, { member: 'home-1' }]), [
      'home-1',
      'home-2',
      'home-3',
    ]);
  });

  it('is one text, whatever the order in which members came', () => {
    const backwards = [...roster.values()].reverse().map(({ active: _, ...entry }) => change(entry.member, entry));
    assert.equal(rosterText(backwards.reduce<Roster>(applyChange, new Map())), rosterText(roster));
  });
});
