// What a ledger's leaves fold into: rules, roster, operator, last cleared interval, counts. Its size does not grow with the
// log. Rules and roster change only with a header: within a block every record is judged by the header before it.
import { sha256Hex } from '../log/bytes.ts';
import { canonicalJson, parseStrictJson } from '../log/canonical-json.ts';
import { FormatError } from '../log/errors.ts';
import type { Header } from './header.ts';
import type { Body, RecordKind } from './kinds.ts';
import { parseOrigin } from './names.ts';
import { Powers, type Term } from './powers.ts';
import type { RecordHead } from './record.ts';
import type { Roster } from './roster.ts';

export type Rules = Body<'rules'>;

/** A record whose body the fold needs when its kind is rules, roster, approval or term, and ignores otherwise. */
export interface FoldedRecord {
  readonly id: string;
  readonly head: RecordHead;
  readonly body: unknown;
}

interface OpenBlock {
  /** Index of the block's first leaf. */
  readonly first: number;
  count: number;
  /** Records by kind. */
  readonly kinds: Map<string, number>;
  cleared: string | null;
  rules: { readonly body: Rules; readonly hash: string } | null;
  /** Roster records by member. */
  readonly changes: ReadonlyMap<string, Body<'roster'>>;
}

export class LedgerState {
  readonly origin: string;
  readonly community: string;
  /** Height of the newest header; -1 before block 0 is sealed. */
  height = -1;
  /** SHA-256 of the text of the newest header. */
  previous: string | null = null;
  /** Time of the newest header. */
  time: string | null = null;
  rules: Rules;
  rulesHash: string;
  /** Roster and term, and what waits to change them. */
  readonly powers: Powers;
  /** Rules by the index of the first leaf that they judge; grows with changes of the rules only. */
  readonly #history: { readonly from: number; readonly rules: Rules }[] = [];
  /** The newest interval that a clearing stands for, open block included. */
  cleared: string | null = null;
  readonly #kinds = new Map<string, number>();
  readonly #members = new Map<string, number>();
  #records = 0;
  open: OpenBlock;

  /** The state in which block 0 is judged: with the rules, term and roster that it declares itself. */
  constructor(origin: string, rules: { body: Rules; hash: string }, term: Term, roster: Roster) {
    this.origin = origin;
    this.community = parseOrigin(origin).community;
    this.rules = rules.body;
    this.rulesHash = rules.hash;
    this.#history.push({ from: 0, rules: rules.body });
    this.powers = new Powers(term, roster);
    this.open = newBlock(0, this.powers);
  }

  get roster(): Roster {
    return this.powers.roster;
  }

  get term(): Term {
    return this.powers.term;
  }

  /** Member who operates the ledger. */
  get operator(): string {
    return this.term.operator;
  }

  /** The rules that judge the leaf at an index. */
  rulesAt(index: number): Rules {
    return this.#history.findLast(({ from }) => from <= index)?.rules ?? this.rules;
  }

  /** Index of the first leaf that rules of version 2 judge; null where there were none. */
  get version2From(): number | null {
    return this.#history.find(({ rules }) => rules.version === 'rules/2')?.from ?? null;
  }

  /** Whether tariffs are, or were, those of the rules. */
  knowsTariffs(tariffs: Rules['tariffs']): boolean {
    return this.#history.some(
      ({ rules }) => rules.tariffs.import === tariffs.import && rules.tariffs.feedIn === tariffs.feedIn,
    );
  }

  /** Number of records folded, headers not counted. */
  get records(): number {
    return this.#records;
  }

  /** Folds a record that was found in order. */
  apply({ id, head, body }: FoldedRecord): void {
    const { kind, member } = head;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    this.#members.set(member, (this.#members.get(member) ?? 0) + 1);
    this.#records++;
    this.open.count++;
    this.open.kinds.set(kind, (this.open.kinds.get(kind) ?? 0) + 1);
    if (kind === 'clearing') {
      this.cleared = head.interval;
      this.open.cleared = head.interval;
    } else if (kind === 'rules') this.open.rules = { body: body as Rules, hash: head.bodyHash };
    else if (body !== null && (kind === 'roster' || kind === 'approval' || kind === 'term'))
      this.powers.apply(id, member, kind, body);
  }

  /** The rules as they will stand after the open block. */
  get #nextRules(): { readonly body: Rules; readonly hash: string } {
    return this.open.rules ?? { body: this.rules, hash: this.rulesHash };
  }

  /** The header that closes the open block. @param root root over all leaves before it, hexadecimal */
  nextHeader(root: string, time: string): Header {
    return {
      count: this.open.count,
      first: this.open.first,
      height: this.height + 1,
      interval: this.open.cleared,
      ledger: this.origin,
      operator: this.operator,
      previous: this.previous,
      root,
      roster: this.powers.after().hash,
      rules: this.#nextRules.hash,
      state: sha256Hex(this.text()),
      term: this.term.term,
      time: this.time !== null && time < this.time ? this.time : time,
    };
  }

  /** Closes the open block; what it changed takes effect now. @param textHash SHA-256 of the header's text */
  seal(header: Header, textHash: string): void {
    const rules = this.#nextRules;
    this.changeRules(rules.body, rules.hash, header.first + header.count + 1);
    this.powers.commit();
    this.#sealed(header, textHash);
  }

  /** The folded state as text; its SHA-256 stands in the header, the text lies beside the log as the header's body. */
  text(): string {
    const sorted = (map: Map<string, number>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    const text: StateText = {
      version: 'state/1',
      cleared: this.cleared,
      kinds: sorted(this.#kinds),
      members: sorted(this.#members),
      records: this.#records,
    };
    return canonicalJson(text);
  }

  /** Rules of another time, with the index of the first leaf that they judge. */
  changeRules(rules: Rules, hash: string, from: number): void {
    if (hash === this.rulesHash) return;
    this.rules = rules;
    this.rulesHash = hash;
    this.#history.push({ from, rules });
  }

  /**
   * Continues after a header whose signature was checked. Rules and powers must have been folded from the leaves before it.
   * @param text the folded state of that header
   * @throws FormatError when one of them is not what the header commits to
   */
  resume(header: Header, textHash: string, text: string): void {
    const hashOfRoster = this.powers.after().hash;
    if (sha256Hex(text) !== header.state || hashOfRoster !== header.roster || this.rulesHash !== header.rules) {
      throw new FormatError('state', `state, roster or rules are not those of header ${header.height}`);
    }
    const value = parseStrictJson(text) as unknown as StateText;
    this.cleared = value.cleared;
    this.#records = value.records;
    for (const [kind, count] of Object.entries(value.kinds)) this.#kinds.set(kind, count);
    for (const [member, count] of Object.entries(value.members)) this.#members.set(member, count);
    this.#sealed(header, textHash);
  }

  #sealed(header: Header, textHash: string): void {
    this.height = header.height;
    this.previous = textHash;
    this.time = header.time;
    this.open = newBlock(header.first + header.count + 1, this.powers);
  }

  /** Number of records of a kind. */
  countOf(kind: RecordKind): number {
    return this.#kinds.get(kind) ?? 0;
  }
}

function newBlock(first: number, { changes }: Powers): OpenBlock {
  return { first, count: 0, kinds: new Map(), cleared: null, rules: null, changes };
}

interface StateText {
  version: 'state/1';
  cleared: string | null;
  kinds: Record<string, number>;
  members: Record<string, number>;
  records: number;
}
