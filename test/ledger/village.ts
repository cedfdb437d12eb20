// A village for tests of power: an operator, a standby, four homes, and whoever they hold keys of. Says who signs what.
import type { MemberKeys } from '../../src/ledger/keys.ts';
import { memberKeys } from '../../src/ledger/keys.ts';
import type { Body, BodyFields } from '../../src/ledger/kinds.ts';
import { type Ledger, type LedgerOptions, openLedger } from '../../src/ledger/ledger.ts';
import { makeRecord, type SignedRecord } from '../../src/ledger/record.ts';
import type { Roster, RosterEntry } from '../../src/ledger/roster.ts';
import { COMMUNITY, keysOf, ORIGIN, RULES, Street, seedOf } from './street.ts';

type Change = Body<'roster'>;

export const HOMES = ['home-1', 'home-2', 'home-3', 'home-4'] as const;
export const STANDBY = 'standby-1';
export const EVERYBODY = ['operator', STANDBY, ...HOMES] as const;

const derived = new Map<string, MemberKeys>();

/** The n-th key of a member; 0 is the one it joined with. */
export function keyOf(member: string, n = 0): MemberKeys {
  const name = `${member} ${n}`;
  const known = derived.get(name);
  if (known) return known;
  const keys = n === 0 ? keysOf(member) : memberKeys(COMMUNITY, member, seedOf(`seed ${n} of ${member}`));
  derived.set(name, keys);
  return keys;
}

export class Village extends Street {
  villageOptions(changes: Partial<LedgerOptions> = {}): LedgerOptions {
    return this.options({
      genesis: {
        rules: RULES,
        members: [
          { id: 'operator', kind: 'operator', roles: ['operator'], keys: keyOf('operator') },
          { id: STANDBY, kind: 'home', roles: ['member', 'standby'], keys: keyOf(STANDBY) },
          ...HOMES.map((id) => ({ id, kind: 'home' as const, keys: keyOf(id) })),
        ],
      },
      ...changes,
    });
  }

  begin(changes: Partial<LedgerOptions> = {}): Promise<Ledger> {
    return openLedger(this.villageOptions(changes));
  }

  /** A roster record about a member: its entry with some fields changed. */
  change(
    roster: Roster,
    action: Change['action'],
    member: string,
    fields: Partial<RosterEntry>,
    signers: readonly MemberKeys[],
    ledger = ORIGIN,
  ): SignedRecord & { readonly id: string } {
    const entry = roster.get(member) ?? newEntry(member);
    const { kind, roles, key, witness, feeder } = { ...entry, ...fields };
    const head = { ledger, member, kind: 'roster', interval: null, time: this.time } as const;
    return makeRecord(
      signers.map(({ record }) => record),
      head,
      { action, member, kind, roles, key, witness, feeder },
      this.random,
    );
  }

  /** The proposal of operator and member that the member has another key. */
  recovery(roster: Roster, member: string, keys: MemberKeys, operator = keyOf('operator')) {
    return this.change(roster, 'recover', member, keysIn(keys), [operator, keys]);
  }

  approval(member: string, record: string, keys = keyOf(member)) {
    return this.record(member, 'approval', null, { record }, { keys });
  }

  erasure(member: string, leaf: number, keys = keyOf(member)) {
    return this.record(member, 'erasure', null, { leaf, reason: 'member-request' }, { keys });
  }

  takeover(
    member: string,
    fields: Partial<{ term: number; operator: string; key: string }> = {},
    keys = keyOf(member),
  ) {
    const term = fields.term ?? 2;
    const body: BodyFields<'term'> = { term, operator: member, key: keys.log(ORIGIN, term).vkey, ...fields };
    return this.record(member, 'term', null, body, { keys });
  }

  get time(): string {
    return new Date(this.now).toISOString();
  }
}

/** What of an entry is a member's keys. */
export const keysIn = (keys: MemberKeys) => ({ key: keys.record.vkey, witness: keys.witness });

function newEntry(member: string): RosterEntry {
  return { member, kind: 'home', roles: ['member'], ...keysIn(keyOf(member)), feeder: null, active: true };
}
