// Who may say what, when: the rules by which a record is admitted, and by which anyone with a copy checks that it was rightly
// admitted. Everything here is a function of the log before the record; the clock and the network decide nothing.
import { type NoteSignature, type NoteVerifier, verifierOf } from '../log/note.ts';
import { INTERVAL_MS, intervalStart } from '../time/interval.ts';
import { type Book, type BookEntry, type Books, bookEntry } from './book.ts';
import { type Erasable, erasureFault } from './erasure.ts';
import type { Body, RecordKind } from './kinds.ts';
import type { ReadNote } from './record.ts';
import { changeFault, changeSigners, keyFault, type RosterEntry } from './roster.ts';
import type { LedgerState, Rules } from './state.ts';

export const REFUSAL_CODES = [
  'malformed',
  'too-large',
  'body-mismatch',
  'unsigned',
  'bad-signature',
  'wrong-key',
  'unknown-member',
  'wrong-role',
  'wrong-ledger',
  'late',
  'too-early',
  'already-recorded',
  'out-of-bounds',
  'over-quota',
  'unknown-order',
  'bad-change',
  'wrong-clearing',
  'wrong-settlement',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why a record is not taken: a stable code and one sentence for the person who sent it. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly text: string;
}

/** Signature lines, as read from their record, with the key under which they are valid for its text. */
export type Proven = ReadonlyMap<NoteSignature, NoteVerifier>;

/** What stands in the log already, beyond what the folded state knows. */
export interface Recorded {
  /** Whether a record of this kind stands for the interval; the member is '' where the whole community has one. */
  has(kind: RecordKind, member: string, interval: string): boolean;
  /** How many records of a kind stand for the interval, of whomever. */
  count(kind: 'settlement', interval: string): number;
  add(kind: RecordKind, member: string, interval: string): void;
  /** The record at a leaf; null where a header stands there, or nothing yet. */
  at(leaf: number): Erasable | null;
}

/** Kinds of which each member (or the community) has at most one for an interval. */
const ONCE: Readonly<Partial<Record<RecordKind, 'member' | 'community'>>> = {
  meter: 'member',
  battery: 'member',
  settlement: 'community',
  price: 'community',
};

const OPERATOR_ONLY: ReadonlySet<RecordKind> = new Set(['rules', 'clearing', 'settlement', 'price']);
const TRADING: ReadonlySet<RecordKind> = new Set(['meter', 'correction', 'order', 'cancel', 'battery', 'trade']);

/** The one settlement rule of this version. */
const SETTLEMENT_RULE = 'settle/1';

const refuse = (code: RefusalCode, text: string): Refusal => ({ code, text });

/** Kinds of which the same record could be stored twice without another rule being broken: its id has to be looked up. */
export const ONLY_ID_TELLS: ReadonlySet<RecordKind> = new Set([
  'rules',
  'roster',
  'correction',
  'trade',
  'note',
  'erasure',
]);

/**
 * Judges who speaks: ledger, member, role and signatures.
 * @param body may be null where it was withheld and the kind is not in BODY_DECIDES
 * @param proven signatures verified before; all others are verified here
 */
export function judgeAuthor(
  state: LedgerState,
  record: ReadNote,
  body: unknown,
  proven: Proven | null = null,
): Refusal | null {
  const { member, kind } = record.head;
  const foreign = ledgerFault(state.origin, record);
  if (foreign) return foreign;
  const required =
    kind === 'roster' ? changeKeys(state, member, body as Body<'roster'>) : memberKeys(state, record, body);
  if (!Array.isArray(required)) return required;
  return signatureFault(state, record, required, proven);
}

/** Whether a record is for this ledger: of its community, and of its epoch. */
export function ledgerFault(origin: string, { head: { ledger } }: ReadNote): Refusal | null {
  if (ledger === origin) return null;
  return refuse('wrong-ledger', `this record is for ${ledger}, but this ledger is ${origin}`);
}

function changeKeys(state: LedgerState, member: string, change: Body<'roster'>): string[] | Refusal {
  if (change.member !== member)
    return refuse('malformed', 'the head of a roster record must name the member it is about');
  // Also two changes of one block, or one that waits, must not bring the same key to two members.
  const { powers } = state;
  const others = [...state.roster.values(), ...powers.changes.values(), ...powers.recoveries.values()];
  const fault = keyFault(others, change, state.community);
  if (fault) return refuse('bad-change', fault);
  return changeSigners(state.roster, change, state.roster.get(state.operator)?.key ?? '');
}

function memberKeys(state: LedgerState, { head }: ReadNote, body: unknown): string[] | Refusal {
  const { member, kind } = head;
  const entry = state.roster.get(member);
  if (!entry?.active) return unknownMember(member);
  const role = roleFault(state, entry, kind);
  if (role) return role;
  if (kind !== 'trade') return [entry.key];
  const { buyer, seller } = body as Body<'trade'>;
  if (buyer === seller) return refuse('malformed', 'nobody trades with oneself');
  if (member !== buyer && member !== seller)
    return refuse('wrong-role', 'a trade is recorded by its buyer or its seller');
  const other = state.roster.get(member === buyer ? seller : buyer);
  if (!other?.active) return unknownMember(member === buyer ? seller : buyer);
  return roleFault(state, other, kind) ?? [entry.key, other.key];
}

function roleFault(state: LedgerState, entry: RosterEntry, kind: RecordKind): Refusal | null {
  if (OPERATOR_ONLY.has(kind) && entry.member !== state.operator) {
    return refuse('wrong-role', `only the operator ${state.operator} may write a ${kind} record, not ${entry.member}`);
  }
  // Block 0 begins with the term of the operator; every later one is of a standby that takes over.
  if (kind === 'term' && !entry.roles.includes(state.height < 0 ? 'operator' : 'standby')) {
    return refuse('wrong-role', `only a standby may take over, and ${entry.member} does not have that role`);
  }
  if (TRADING.has(kind) && !entry.roles.includes('member')) {
    return refuse('wrong-role', `${entry.member} does not have the role member, which a ${kind} record needs`);
  }
  return null;
}

const unknownMember = (member: string): Refusal =>
  refuse('unknown-member', `${member} is not an active member of this community; the operator has to enrol it first`);

/** Exactly one signature line of each required key and no other; anything else would let one record have two faces. */
function signatureFault(
  state: LedgerState,
  { text, signatures, head }: ReadNote,
  required: string[],
  proven: Proven | null,
): Refusal | null {
  for (const vkey of required) {
    if (vkey === '') return unknownMember(head.member);
    const verifier = verifierOf(vkey);
    const named = signatures.filter((line) => line.name === verifier.name);
    const line = named.find((candidate) => candidate.keyId === verifier.keyId);
    if (!line) {
      return named.length > 0
        ? refuse('wrong-key', `the key that signed as ${verifier.name} is not the one in the roster`)
        : refuse('unsigned', `the signature of ${verifier.name} is missing`);
    }
    if (proven?.get(line) !== verifier && !verifier.verify(text, line.signature)) {
      return refuse('bad-signature', `the signature of ${verifier.name} does not belong to this record`);
    }
  }
  if (signatures.length !== required.length) {
    return refuse(
      'wrong-key',
      `a ${head.kind} record of ${head.member} in ${state.community} has signatures that do not belong there`,
    );
  }
  return null;
}

/** What a record's content is judged against. */
export interface Context {
  readonly state: LedgerState;
  readonly books: Books;
  readonly recorded: Recorded;
}

/** Judges what is said, by position. @param body null where it was withheld */
export function judgeContent(context: Context, record: ReadNote, body: unknown): Refusal | null {
  const { head } = record;
  const { state, books, recorded } = context;
  const { kind, member, interval } = head;
  const once = ONCE[kind];
  // Whether a bill that is withheld is the first one or a correction, nobody can tell.
  const mayRepeat = kind === 'settlement' && (body === null || isCorrection(body as Body<'settlement'>));
  if (once && !mayRepeat && interval !== null && recorded.has(kind, once === 'member' ? member : '', interval)) {
    return refuse(
      'already-recorded',
      `${once === 'member' ? member : 'the community'} already has a ${kind} record for ${interval}`,
    );
  }
  switch (kind) {
    case 'order':
      return late(state, head) ?? orderFault(state, books.of(interval!), record, body as Body<'order'> | null);
    case 'cancel':
      return late(state, head) ?? cancelFault(books.of(interval!), member, body as Body<'cancel'> | null);
    case 'trade':
      return late(state, head) ?? boundsFault(state, (body as Body<'trade'>).wh, (body as Body<'trade'>).price);
    case 'clearing':
      if (state.open.cleared !== null) {
        return refuse('already-recorded', `this block already has a clearing, of ${state.open.cleared}; seal it first`);
      }
      return late(state, head) ?? clearingFault(state, books.of(interval!), body as Body<'clearing'> | null);
    case 'settlement':
      if (state.cleared === null || interval! > state.cleared) {
        return refuse('too-early', `${interval} is not cleared yet, so nothing can be settled`);
      }
      return (
        correctionFault(context, head, body as Body<'settlement'> | null) ??
        tariffFault(state, body as Body<'settlement'> | null)
      );
    case 'price':
      return state.rules.version === 'rules/2' ? null : onlyUnder2(kind);
    case 'correction':
      if (state.rules.version === 'rules/1') return onlyUnder2(kind);
      if (state.cleared === null || interval! > state.cleared) {
        return refuse('too-early', `${interval} is not cleared yet, so there is nothing to correct`);
      }
      return tooOld(state, head);
    case 'rules':
      return state.open.rules ? refuse('already-recorded', 'this block already changes the rules') : null;
    case 'term': {
      const first = state.open.count === 0;
      const fault = state.powers.takeoverFault(state.origin, member, body as Body<'term'>, first);
      return fault ? refuse('bad-change', fault) : null;
    }
    case 'approval':
      return state.powers.approvalFault(member, body as Body<'approval'>);
    case 'erasure': {
      const { leaf } = body as Body<'erasure'>;
      const { operator, cleared } = state;
      return erasureFault({ leaf, member, operator, cleared }, recorded.at(leaf));
    }
    case 'roster': {
      if (state.powers.changed(member)) {
        return refuse('already-recorded', `this block already changes the roster entry of ${member}`);
      }
      const change = body as Body<'roster'>;
      const fault = changeFault(state.roster, change, state.operator) ?? feederFault(state.rules, change);
      return fault ? refuse('bad-change', fault) : null;
    }
    default:
      return null;
  }
}

const onlyUnder2 = (kind: RecordKind) => refuse('malformed', `a ${kind} has no place under rules of version 1`);

/** Corrections reach so many intervals back: 40 days and some. */
export const CORRECTED_INTERVALS = 4000;

function isCorrection(settlement: Body<'settlement'>): boolean {
  return settlement.version === 'settlement/2' && settlement.number > 0;
}

/** Corrections follow the first bill of an interval, and each other, by their numbers. */
function correctionFault(
  { state, recorded }: Context,
  head: ReadNote['head'],
  settlement: Body<'settlement'> | null,
): Refusal | null {
  if (settlement?.version !== 'settlement/2' || settlement.number === 0) return null;
  const interval = head.interval!;
  const standing = recorded.count('settlement', interval);
  if (settlement.number < standing)
    return refuse('already-recorded', `${interval} has correction ${settlement.number} already`);
  if (settlement.number > standing)
    return refuse('too-early', `${interval} has ${standing} settlements, so its next one has the number ${standing}`);
  return tooOld(state, head);
}

function tooOld({ cleared }: LedgerState, { kind, interval }: ReadNote['head']): Refusal | null {
  if (intervalStart(cleared!) - intervalStart(interval!) <= CORRECTED_INTERVALS * INTERVAL_MS) return null;
  return refuse(
    'late',
    `the ${kind} of ${interval} comes too late: what is corrected is at most ${CORRECTED_INTERVALS} intervals old`,
  );
}

/** Where the rules know a feeder tree, a member hangs on an area of it. */
export function feederFault(rules: Rules, { action, member, feeder }: Body<'roster'>): string | null {
  if (action !== 'join' && action !== 'feeder') return null;
  if (rules.version === 'rules/1' || rules.areas.length === 0 || feeder === null) return null;
  if (rules.areas.some(({ id }) => id === feeder)) return null;
  return `${member} would hang on ${feeder}, which is no area of the rules`;
}

function late(state: LedgerState, { kind, interval }: ReadNote['head']): Refusal | null {
  if (state.cleared === null || interval! > state.cleared) return null;
  return refuse('late', `the ${kind} for ${interval} comes too late: ${state.cleared} is already cleared`);
}

function orderFault(
  state: LedgerState,
  book: Book,
  { id, head: { member } }: ReadNote,
  order: Body<'order'> | null,
): Refusal | null {
  if (book.has(id)) return refuse('already-recorded', 'the same order stands in the log before');
  if (book.placedBy(member) >= state.rules.maxOrdersPerMember) {
    return refuse(
      'over-quota',
      `${member} has already placed ${state.rules.maxOrdersPerMember} orders for this interval, which is the limit`,
    );
  }
  if (!order) return null;
  return (
    boundsFault(state, order.wh, order.limit) ??
    wishFault(state, member, order) ??
    energyFault(state, book, member, order)
  );
}

/** Preferences and origins of energy belong to rules of version 2. */
function wishFault({ rules }: LedgerState, member: string, order: Body<'order'>): Refusal | null {
  if (order.version === 'order/1') return null;
  if (rules.version === 'rules/1')
    return refuse('malformed', 'an order of version 2 has no place under rules of version 1; leave its preference out');
  if (order.preference?.partners.includes(member))
    return refuse('malformed', `${member} names itself as a partner, but nobody trades with oneself`);
  return null;
}

function energyFault({ rules }: LedgerState, book: Book, member: string, { side, wh }: Body<'order'>): Refusal | null {
  // Where a cancel is withheld, what it gave back is not known.
  if (rules.version === 'rules/1' || rules.maxMemberWh === null || book.withheld) return null;
  const before = book.whOf(member, side);
  if (before + wh <= rules.maxMemberWh) return null;
  return refuse(
    'over-quota',
    `with this order ${member} would ${side} ${before + wh} Wh in this interval, and a member may ${side} ${rules.maxMemberWh} Wh`,
  );
}

/** What can be seen without running the auction: the rule in force, and fills of orders that are in the book. */
function clearingFault({ rules }: LedgerState, book: Book, clearing: Body<'clearing'> | null): Refusal | null {
  if (!clearing) return null;
  if (clearing.rule !== rules.market) {
    return refuse('wrong-clearing', `the clearing is by ${clearing.rule}, but the rules say ${rules.market}`);
  }
  if (clearing.version !== clearingVersion(rules)) {
    return refuse(
      'wrong-clearing',
      `the clearing is of version ${clearing.version}, but under ${rules.version} it is another`,
    );
  }
  if (book.withheld) return null;
  const orders = new Map(bookOf(rules, book).map((entry) => [entry.index, entry]));
  if (clearing.orders !== orders.size) {
    return refuse('wrong-clearing', `the clearing is of ${clearing.orders} orders, but the book holds ${orders.size}`);
  }
  const foreign = clearing.fills.find(([index, wh]) => wh > (orders.get(index)?.wh ?? 0));
  if (foreign)
    return refuse(
      'wrong-clearing',
      `the clearing fills ${foreign[1]} Wh at leaf ${foreign[0]}, which the book does not offer`,
    );
  return null;
}

/** The version of a clearing's body goes with that of the rules. */
export function clearingVersion({ version }: Rules): 'clearing/1' | 'clearing/2' {
  return version === 'rules/1' ? 'clearing/1' : 'clearing/2';
}

/** The rule that trades before the gate: an order that was taken back later may have traded. */
const TRADES_AT_ONCE = 'continuous/1';

/** The orders that a rule is given: those in force, or all where it trades before the gate. */
export function bookOf({ market }: Rules, book: Book): readonly BookEntry[] {
  return market === TRADES_AT_ONCE ? book.all() : book.entries();
}

/** Which of them were in force at the clearing, only running the settlement again can tell. */
function tariffFault(state: LedgerState, settlement: Body<'settlement'> | null): Refusal | null {
  if (state.rules.settlement !== SETTLEMENT_RULE) {
    return refuse('wrong-settlement', `the rules say ${state.rules.settlement}, which this version cannot settle by`);
  }
  // What those of version 2 follow from, only running the settlement again can tell.
  if (!settlement || settlement.version === 'settlement/2' || state.knowsTariffs(settlement.tariffs)) return null;
  const { import: bought, feedIn } = settlement.tariffs;
  return refuse(
    'wrong-settlement',
    `the tariffs ${bought} and ${feedIn} never stood in the rules of this ledger; record the new rules first`,
  );
}

function boundsFault({ rules }: LedgerState, wh: number, limit: number): Refusal | null {
  if (wh > rules.maxOrderWh)
    return refuse('out-of-bounds', `${wh} Wh is more than the ${rules.maxOrderWh} Wh that the rules allow`);
  if (limit < rules.limits.min || limit > rules.limits.max) {
    return refuse(
      'out-of-bounds',
      `the limit ${limit} is not between ${rules.limits.min} and ${rules.limits.max} micro-currency per kWh`,
    );
  }
  return null;
}

function cancelFault(book: Book, member: string, cancel: Body<'cancel'> | null): Refusal | null {
  if (!cancel || book.withheld) return null;
  if (book.get(cancel.order)?.member === member) return null;
  return refuse('unknown-order', `${member} has no order ${cancel.order.slice(0, 16)} in the book of this interval`);
}

/** Folds a record that was found in order into state, books and what is recorded. */
export function fold(context: Context, index: number, record: ReadNote, body: unknown): void {
  const { id, head } = record;
  const { state, books, recorded } = context;
  const { kind, member, interval } = head;
  const once = ONCE[kind];
  if (once && interval !== null) recorded.add(kind, once === 'member' ? member : '', interval);
  if (kind === 'order') {
    const order = body as Body<'order'> | null;
    if (order) books.of(interval!).place(bookEntry(index, record, order));
    else books.of(interval!).placeWithheld(id, member);
  } else if (kind === 'cancel') {
    const cancel = body as Body<'cancel'> | null;
    if (cancel) books.of(interval!).cancel(cancel.order);
    else books.of(interval!).withheld = true;
  }
  state.apply({ id, head, body });
  if (kind === 'clearing') books.forgetThrough(interval!);
}
