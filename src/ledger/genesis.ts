// Block 0: what the ledger begins with. Leaf 0 is `rules`, leaf 1 `term`, then one `roster` record (join) per member in order
// of id, nothing else. It is judged by the roster that it declares itself, since no header stands before it.
import { LeafError } from '../log/errors.ts';
import { Books } from './book.ts';
import { type Context, feederFault, fold, judgeAuthor, ledgerFault, type Recorded } from './judge.ts';
import type { MemberKeys } from './keys.ts';
import type { Body, BodyFields, RecordKind } from './kinds.ts';
import { parseOrigin } from './names.ts';
import { logKeyFault } from './powers.ts';
import { cosignRecord, makeRecord, type ReadRecord, readRecord, type SignedRecord } from './record.ts';
import { applyChange, changeFault, keyFault, type Roster } from './roster.ts';
import { LedgerState, type Rules } from './state.ts';

/** A member to be enrolled whose keys are at hand. */
export interface NewMember {
  readonly id: string;
  readonly kind: Body<'roster'>['kind'];
  /** Sorted; `['member']` unless told. The operator of block 0 gets `operator` added. */
  readonly roles?: Body<'roster'>['roles'];
  readonly feeder?: string | null;
  readonly keys: MemberKeys;
}

export interface Genesis {
  readonly rules: BodyFields<'rules'>;
  /** The operator included. Members whose keys are elsewhere send a roster record that they have signed. */
  readonly members: readonly (NewMember | SignedRecord)[];
  /** Where this ledger goes on after one that can no longer be trusted: how far that one counts, and what proves it. */
  readonly succeeds?: {
    readonly previous: { readonly ledger: string; readonly size: number; readonly root: string };
    /** SHA-256 of the evidence file, or null. */
    readonly evidence: string | null;
  };
}

export interface Author {
  readonly origin: string;
  readonly operator: MemberKeys;
  /** ISO time written into the records. */
  readonly time: string;
  readonly random: (bytes: number) => Uint8Array;
}

/** A `join` signed by member and operator. @throws FormatError */
export function joinRecord(author: Author, member: NewMember | SignedRecord): SignedRecord {
  const { origin, operator, time, random } = author;
  if ('note' in member) return cosignRecord(member, operator.record);
  const own = member.id === operator.member;
  const roles = own
    ? [...new Set([...(member.roles ?? []), 'operator' as const])].sort()
    : (member.roles ?? (['member'] as const));
  const change: BodyFields<'roster'> = {
    action: 'join',
    member: member.id,
    kind: member.kind,
    roles,
    key: member.keys.record.vkey,
    witness: member.keys.witness,
    feeder: member.feeder ?? null,
  };
  const signers = own ? operator.record : [operator.record, member.keys.record];
  return makeRecord(
    signers,
    { ledger: origin, member: member.id, kind: 'roster', interval: null, time },
    change,
    random,
  );
}

/** The records of block 0 in their order. @throws FormatError */
export function genesisRecords(author: Author, genesis: Genesis): SignedRecord[] {
  const { origin, operator, time, random } = author;
  const head = <Kind extends RecordKind>(kind: Kind) =>
    ({ ledger: origin, member: operator.member, kind, interval: null, time }) as const;
  const first = { term: 1, operator: operator.member, key: operator.log(origin).vkey };
  const term = genesis.succeeds ? { version: 'term/2' as const, ...first, ...genesis.succeeds } : first;
  const joins = genesis.members.map((member) => joinRecord(author, member));
  const memberOf = new Map(joins.map((join) => [join, readRecord(join).head.member]));
  joins.sort((a, b) => (memberOf.get(a)! < memberOf.get(b)! ? -1 : 1));
  return [
    makeRecord(operator.record, head('rules'), genesis.rules, random),
    makeRecord(operator.record, head('term'), term, random),
    ...joins,
  ];
}

/** The state after the records of block 0, before its header. @throws LeafError naming the first that breaks a rule */
export function foldGenesis(origin: string, records: readonly ReadRecord[]): LedgerState {
  const [rules, term, ...joins] = records;
  if (!rules || !isKind(rules, 'rules')) throw new LeafError(0, 'genesis', 'leaf 0 must be the rules');
  if (!term || !isKind(term, 'term')) throw new LeafError(1, 'genesis', 'leaf 1 must be the term of the operator');
  if (term.body.term !== 1 || term.body.operator !== term.head.member) {
    throw new LeafError(1, 'genesis', 'the first term is 1 and its operator declares it itself');
  }
  // Of another epoch altogether: then the first leaf is wrong already, whatever the second says of its key.
  const foreign = ledgerFault(origin, rules);
  if (foreign) throw new LeafError(0, foreign.code, foreign.text);
  requireLogKey(origin, term.body.key);
  if (term.body.version === 'term/2') requirePrevious(origin, term.body.previous);
  const roster = declaredRoster(origin, joins, term.body.operator, rules.body);
  const state = new LedgerState(origin, { body: rules.body, hash: rules.head.bodyHash }, term.body, roster);
  const context: Context = { state, books: new Books(), recorded: NOTHING };
  records.forEach((record, index) => {
    const refusal = judgeAuthor(state, record, record.body);
    if (refusal) throw new LeafError(index, refusal.code, refusal.text);
    fold(context, index, record, record.body);
  });
  return state;
}

function requireLogKey(origin: string, vkey: string): void {
  const fault = logKeyFault(origin, vkey);
  if (fault) throw new LeafError(1, 'genesis', fault);
}

/** A ledger that succeeds another is of the same community and a later epoch. */
function requirePrevious(origin: string, previous: { readonly ledger: string }): void {
  const [next, last] = [parseOrigin(origin), parseOrigin(previous.ledger)];
  if (next.community === last.community && next.epoch > last.epoch) return;
  throw new LeafError(
    1,
    'genesis',
    `${origin} cannot follow ${previous.ledger}: it must be a later one of the same community`,
  );
}

function declaredRoster(origin: string, joins: readonly ReadRecord[], operator: string, rules: Rules): Roster {
  const community = origin.slice(0, origin.lastIndexOf('/ledger/'));
  let roster: Roster = new Map();
  let before = '';
  joins.forEach((join, i) => {
    const leaf = i + 2;
    if (!isKind(join, 'roster') || join.body.action !== 'join') {
      throw new LeafError(leaf, 'genesis', 'block 0 holds nothing but rules, the term and one join per member');
    }
    if (join.body.member <= before)
      throw new LeafError(leaf, 'genesis', 'the joins of block 0 are sorted by member id');
    const fault =
      changeFault(roster, join.body, operator) ??
      keyFault(roster.values(), join.body, community) ??
      feederFault(rules, join.body);
    if (fault) throw new LeafError(leaf, 'bad-change', fault);
    before = join.body.member;
    roster = applyChange(roster, join.body);
  });
  if (!roster.has(operator)) throw new LeafError(1, 'genesis', `the operator ${operator} does not join in block 0`);
  return roster;
}

function isKind<Kind extends RecordKind>(record: ReadRecord, kind: Kind): record is ReadRecord<Kind> {
  return record.head.kind === kind;
}

const NOTHING: Recorded = { has: () => false, count: () => 0, add: () => {}, at: () => null };
