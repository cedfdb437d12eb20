// Who may read what, as a table.
import assert from 'node:assert/strict';
import type { Roster, RosterEntry } from '../../src/ledger/roster.ts';
import { mayRead } from '../../src/replica/visible.ts';
import { keysOf } from '../ledger/street.ts';

const entry = (member: string, roles: RosterEntry['roles'], active = true): [string, RosterEntry] => [
  member,
  { member, roles, active, kind: 'home', key: keysOf(member).record.vkey, witness: null, feeder: null },
];
const roster: Roster = new Map([
  entry('operator', ['operator']),
  entry('home-1', ['member']),
  entry('home-2', ['member']),
  entry('auditor', ['auditor']),
  entry('gone', ['auditor'], false),
]);
const community = { roster, operator: 'operator', cleared: '2026-11-22T08:15Z' };

describe('who may read a body', () => {
  const readers = ['home-1', 'operator', 'auditor', 'home-2', 'gone', null];
  const cases: [string, string | null, string][] = [
    ['meter', '2026-11-22T08:15Z', 'home-1 operator auditor'],
    ['battery', '2026-11-22T08:15Z', 'home-1 operator auditor'],
    ['correction', '2026-11-22T08:00Z', 'home-1 operator auditor'],
    ['order', '2026-11-22T08:15Z', 'home-1 operator auditor home-2 gone null'],
    ['order', '2026-11-22T08:30Z', 'home-1 operator'],
    ['cancel', '2026-11-22T08:30Z', 'home-1 operator'],
    ['clearing', '2026-11-22T08:15Z', 'home-1 operator auditor home-2 gone null'],
    ['settlement', '2026-11-22T08:15Z', 'home-1 operator auditor home-2 gone null'],
    ['roster', null, 'home-1 operator auditor home-2 gone null'],
    ['note', null, 'home-1 operator auditor home-2 gone null'],
    ['header', null, 'home-1 operator auditor home-2 gone null'],
  ];
  for (const [kind, interval, expected] of cases) {
    it(`${kind} of home-1${interval === null ? '' : ` for ${interval.slice(11, 16)}`}`, () => {
      const member = kind === 'header' ? null : 'home-1';
      const may = readers.filter((reader) => mayRead({ kind, member, interval }, reader, community));
      assert.equal(may.join(' ').replace(/ $/, ' null'), expected);
    });
  }

  it('before the first auction no order is for all', () => {
    const order = { kind: 'order', member: 'home-1', interval: '2026-11-22T08:15Z' };
    assert.equal(mayRead(order, 'home-2', { ...community, cleared: null }), false);
  });
});
