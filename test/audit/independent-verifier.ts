// A second verifier of exported ledgers, written from docs/ledger-format.md alone: it uses nothing of src/, only what Node
// brings. Slow and plain on purpose. Where it and src/audit disagree, one of the three is wrong.
import {
  cosignersOf,
  fail,
  hexOf,
  leafHashOf,
  type Note,
  need,
  parseNote,
  parseVkey,
  requireSigned,
  rootOf,
} from './independent-crypto.ts';
import { type ExportedFiles, readFiles } from './independent-files.ts';
import { type Meter, type Order, type Pair, recomputeClearing, recomputeSettlement } from './independent-rules.ts';
import { canonical, checkHead, type JsonObject, parseBody, parseHeader, parseJson } from './independent-schema.ts';

/** A leaf that does not hold; leaf -1: the files do not. */
export class Bad extends Error {
  readonly leaf: number;

  constructor(leaf: number, problem: unknown) {
    super(`leaf ${leaf}: ${problem instanceof Error ? problem.message : String(problem)}`);
    this.leaf = leaf;
  }
}

interface Entry {
  active: boolean;
  feeder: string | null;
  key: string;
  kind: string;
  member: string;
  roles: string[];
  witness: string | null;
}

interface Bill {
  readonly lines: {
    account: string;
    counterAccount: string;
    wh: number;
    price: number;
    amount: number;
    code: string;
  }[];
  readonly statements: { member: string; amount: number }[];
}

interface Rules {
  readonly market: string;
  readonly settlement: string;
  readonly tariffs: { readonly import: number; readonly feedIn: number };
  readonly limits: { readonly min: number; readonly max: number };
  readonly maxOrderWh: number;
  readonly maxOrdersPerMember: number;
}

interface Interval {
  readonly orders: Map<string, Order>;
  readonly placed: Map<string, number>;
  readonly meters: Map<string, Meter>;
  readonly once: Set<string>;
  withheld: boolean;
  wasCleared: boolean;
  cleared: { price: number | null; pairs: Pair[]; tariffs: Rules['tariffs'] } | null;
}

/** Verifies an exported directory. @throws Bad at the first leaf that does not hold */
export function verifyExportedLedger(directory: string): {
  size: number;
  root: string;
  blocks: number;
  operator: string;
  /** The first takeover that no witnessed checkpoint at hand contains: the log holds only if there is none. */
  unwitnessed: number | null;
} {
  let files: ExportedFiles;
  try {
    files = readFiles(directory);
  } catch (problem) {
    throw new Bad(-1, problem);
  }
  let verifier: Verifier | null = null;
  let at = -1;
  try {
    const hashes = files.notes.map(leafHashOf);
    verifier = new Verifier(hashes, files.witnessed);
    for (at = 0; at < files.notes.length; at++)
      verifier.leaf(at, parseNote(files.notes[at]!), files.bodies[at] || null);
    at = -1;
    need(verifier.open === 0, 'the last leaf is not a header');
    need(verifier.witnessed === null, 'members have witnessed another history');
    const { name } = parseVkey(verifier.logKey);
    requireSigned(files.checkpoint, [verifier.logKey], true);
    const root = rootOf(hashes).toString('base64');
    need(files.checkpoint.text === `${name}\n${hashes.length}\n${root}\n`, 'the checkpoint is of another log');
    return {
      size: hashes.length,
      root,
      blocks: verifier.height + 1,
      operator: verifier.logKey,
      unwitnessed: verifier.unwitnessed,
    };
  } catch (problem) {
    throw new Bad(at, problem);
  }
}

const DECIDING = ['rules', 'roster', 'term', 'approval', 'erasure', 'trade'];

class Verifier {
  height = -1;
  logKey = '';
  /** Records since the last header. */
  open = 0;
  readonly #hashes: readonly Buffer[];
  readonly #ids = new Set<string>();
  #genesis: { head: JsonObject; note: Note; body: JsonObject }[] = [];
  #origin = '';
  #operator = '';
  #previous: string | null = null;
  #time = '';
  #rules: { body: Rules; hash: string } | null = null;
  #tariffs: string[] = [];
  #roster = new Map<string, Entry>();
  #cleared: string | null = null;
  #blockCleared: string | null = null;
  #newRules: { body: Rules; hash: string } | null = null;
  #changes = new Map<string, JsonObject>();
  /** Record ids of proposals that wait, and who has approved them, by the member whose key was lost. */
  #proposals = new Map<string, { id: string; body: Entry; approved: Set<string>; counts: boolean }>();
  #term = 1;
  #logKeys: string[] = [];
  /** Who handed over to whom in the open block. */
  #handover: [from: string, to: string] | null = null;
  /** Kind, member and interval of each leaf; null for headers. */
  readonly #heads: ([kind: string, member: string, interval: string | null] | null)[] = [];
  #first = 0;
  #records = 0;
  readonly #kinds = new Map<string, number>();
  readonly #members = new Map<string, number>();
  readonly #intervals = new Map<string, Interval>();

  unwitnessed: number | null = null;
  /** Until its size is reached. */
  witnessed: Note | null;

  constructor(hashes: readonly Buffer[], witnessed: Note | null) {
    this.#hashes = hashes;
    this.witnessed = witnessed;
  }

  leaf(index: number, note: Note, body: string | null): void {
    const [first, line, ...rest] = note.text.split('\n');
    need(rest.length === 1 && rest[0] === '' && line !== undefined, 'the text has not two lines');
    const id = hexOf(note.text);
    need(!this.#ids.has(id), 'the same record stands in the log before');
    this.#ids.add(id);
    if (first === 'microgrid-header/1') this.#header(index, note, parseHeader(line), id, body);
    else if (first === 'microgrid-record/1') this.#record(index, note, parseJson(line), id, body);
    else fail('neither record nor header');
  }

  #record(index: number, note: Note, head: JsonObject, id: string, text: string | null): void {
    checkHead(head);
    need(text === null || hexOf(text) === head['bodyHash'], 'the body is another one');
    const kind = String(head['kind']);
    const body = text === null ? null : parseBody(kind, text);
    if (body === null) need(!DECIDING.includes(kind), 'a body is missing that decides');
    if (this.height < 0) this.#genesis.push({ head, note, body: body! });
    else {
      need(head['ledger'] === this.#origin, 'the record is for another ledger');
      requireSigned(note, this.#signers(kind, String(head['member']), body, id));
      this.#judge(index, kind, String(head['member']), head['interval'] as string | null, id, body);
      if (kind === 'rules') {
        need(this.#newRules === null, 'the rules change twice in one block');
        this.#newRules = { body: body as unknown as Rules, hash: String(head['bodyHash']) };
      }
    }
    this.open++;
    this.#heads[index] = [kind, String(head['member']), head['interval'] as string | null];
    this.#records++;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    const member = String(head['member']);
    this.#members.set(member, (this.#members.get(member) ?? 0) + 1);
  }

  #keyOf(member: string, role?: string): string {
    const entry = this.#roster.get(member);
    if (!entry?.active) fail(`${member} is not an active member`);
    need(role === undefined || entry.roles.includes(role), `${member} has not the role ${role}`);
    return entry.key;
  }

  #signers(kind: string, member: string, body: JsonObject | null, id: string): string[] {
    if (kind === 'roster') return this.#change(member, body!, id);
    if (kind === 'term') return [this.#keyOf(member, 'standby')];
    if (['rules', 'clearing', 'settlement'].includes(kind)) need(member === this.#operator, 'only the operator may');
    if (kind === 'trade') {
      const { buyer, seller } = body as { buyer: string; seller: string };
      need(buyer !== seller && (member === buyer || member === seller), 'a trade of others, or with oneself');
      return [this.#keyOf(buyer, 'member'), this.#keyOf(seller, 'member')];
    }
    return [this.#keyOf(member, ['meter', 'order', 'cancel', 'battery'].includes(kind) ? 'member' : undefined)];
  }

  /** Section 6: judges a roster record and returns who must have signed it. */
  #change(member: string, body: JsonObject, id: string): string[] {
    const change = body as unknown as Entry & { action: string };
    const handed = this.#handover?.includes(member) ?? false;
    need(change.member === member && !handed, 'the entry is of another member, or changes by a takeover');
    need(!this.#changes.has(member), 'the entry changes twice');
    need(member !== this.#operator || change.action !== 'recover', 'the key of the operator is not recovered');
    const before = this.#roster.get(member);
    need((before?.active === true) === (change.action !== 'join'), 'the action does not fit the entry');
    need(change.roles.includes('operator') === (member === this.#operator), 'only the operator has that role');
    need(member !== this.#operator || change.action !== 'leave', 'the operator cannot leave');
    const community = this.#origin.replace(/\/ledger\/\d+$/, '');
    const free: Record<string, string[]> = {
      join: [],
      leave: [],
      key: ['key', 'witness'],
      recover: ['key', 'witness'],
      role: ['roles', 'kind'],
      feeder: ['feeder'],
    };
    if (change.action !== 'join') {
      const changed = (['kind', 'roles', 'key', 'witness', 'feeder'] as const).filter(
        (field) => canonical(before![field]) !== canonical(change[field]),
      );
      need(
        changed.every((field) => free[change.action]!.includes(field)),
        'more changes than the action may change',
      );
      need(changed.length > 0 || change.action === 'leave', 'nothing changes');
      need(change.action !== 'recover' || changed.includes('key'), 'a recovery without another key');
    }
    const key = parseVkey(change.key);
    const brings = ['join', 'key', 'recover'].includes(change.action);
    if (brings) {
      need(key.type === 1 && key.name === `${community}/member/${member}`, 'the key has another name or type');
      const witness = change.witness === null ? null : parseVkey(change.witness);
      need(
        witness === null || (witness.type === 4 && witness.name === `${community}/witness/${member}`),
        'the witness key has another name or type',
      );
      const others = [...this.#changes.values()].map((other) => other as unknown as Entry);
      for (const { body: proposed } of this.#proposals.values()) others.push(proposed);
      for (const other of [...this.#roster.values(), ...others]) {
        need(
          other.member === member || !parseVkey(other.key).publicKey.equals(key.publicKey),
          'two members with one key',
        );
      }
    }
    this.#changes.set(member, body);
    if (change.action === 'recover') {
      this.#proposals.set(member, { id, body: change, approved: new Set(), counts: false });
    } else if (change.action === 'leave' || change.action === 'key') this.#proposals.delete(member);
    const signers = [this.#roster.get(this.#operator)?.key ?? change.key];
    if (brings) signers.push(change.key);
    if (change.action === 'key') signers.push(before!.key);
    return [...new Set(signers)];
  }

  #of(interval: string): Interval {
    const known = this.#intervals.get(interval);
    if (known) return known;
    const fresh = {
      orders: new Map(),
      placed: new Map(),
      meters: new Map(),
      once: new Set<string>(),
      withheld: false,
      wasCleared: false,
      cleared: null,
    };
    this.#intervals.set(interval, fresh);
    return fresh;
  }

  /** Section 8. */
  #judge(
    index: number,
    kind: string,
    member: string,
    interval: string | null,
    id: string,
    body: JsonObject | null,
  ): void {
    if (kind === 'term') {
      this.#takeOver(member, body!);
      this.unwitnessed ??= index;
    }
    if (kind === 'approval') this.#approve(member, String(body!['record']));
    if (kind === 'erasure') this.#erasure(member, Number(body!['leaf']));
    if (interval === null || kind === 'note') return;
    const here = this.#of(interval);
    const { limits, maxOrderWh, maxOrdersPerMember, tariffs, market, settlement } = this.#rules!.body;
    const late = this.#cleared !== null && interval <= this.#cleared;
    const inBounds = (wh: number, limit: number) =>
      need(wh <= maxOrderWh && limit >= limits.min && limit <= limits.max, 'out of bounds');
    if (['order', 'cancel', 'trade', 'clearing'].includes(kind)) need(!late, 'late');
    if (['meter', 'battery', 'settlement'].includes(kind)) {
      const once = kind === 'settlement' ? kind : `${kind} ${member}`;
      need(!here.once.has(once), 'there is one already');
      here.once.add(once);
    }
    if (kind === 'order') {
      const placed = here.placed.get(member) ?? 0;
      need(placed < maxOrdersPerMember, 'over quota');
      here.placed.set(member, placed + 1);
      if (body === null) here.withheld = true;
      else {
        const { side, wh, limit } = body as unknown as Order;
        inBounds(wh, limit);
        here.orders.set(id, { index, id, member, side, wh, limit });
      }
    } else if (kind === 'cancel') {
      if (body === null) here.withheld = true;
      else if (!here.withheld) {
        const target = String(body['order']);
        need(here.orders.get(target)?.member === member, 'cancels an order that is not there');
        here.orders.delete(target);
      }
    } else if (kind === 'trade') inBounds(Number(body!['wh']), Number(body!['price']));
    else if (kind === 'meter') {
      if (body === null) here.withheld = true;
      else here.meters.set(member, body as unknown as Meter);
    } else if (kind === 'clearing') {
      need(this.#blockCleared === null, 'a second clearing in the block');
      if (body !== null) {
        need(body['rule'] === market, 'another rule');
        if (!here.withheld) {
          const trading = [...this.#roster.values()].filter((entry) => entry.active && entry.roles.includes('member'));
          same(
            body,
            recomputeClearing(
              interval,
              trading.map((entry) => entry.member),
              [...here.orders.values()],
            ),
          );
        }
        need(here.withheld || market === 'uniform-price/1', 'an unknown rule');
        const { price, pairs } = body as unknown as { price: number | null; pairs: Pair[] };
        here.cleared = { price, pairs, tariffs };
      }
      here.wasCleared = true;
      this.#cleared = interval;
      this.#blockCleared = interval;
    } else if (kind === 'settlement') {
      need(late, 'settled before it is cleared');
      need(here.wasCleared, 'settled, but never cleared');
      need(settlement === 'settle/1', 'an unknown settlement rule');
      if (body === null) return;
      need(this.#tariffs.includes(canonical(body['tariffs']!)), 'unknown tariffs');
      if (!here.withheld && here.cleared) {
        same(body, recomputeSettlement(here.cleared.tariffs, here.cleared.price, here.cleared.pairs, here.meters));
      } else checkSums(body as unknown as Bill);
    }
  }

  /** Section 5: a standby goes on with the log. */
  #takeOver(member: string, body: JsonObject): void {
    const key = parseVkey(String(body['key']));
    need(body['version'] === 'term/1' && this.open === 0, 'a takeover is the first record of its block');
    need(body['term'] === this.#term + 1 && body['operator'] === member, 'another term, or of somebody else');
    need(key.name === this.#origin && key.type === 1, 'the log key has another name or type');
    need(!this.#logKeys.includes(key.vkey), 'the log key was one before');
    this.#term++;
    this.#handover = [this.#operator, member];
    this.#operator = member;
    this.#proposals.delete(member);
    this.logKey = key.vkey;
    this.#logKeys.push(key.vkey);
  }

  /** Section 6: approvals of a recovery. */
  #approve(member: string, id: string): void {
    const [lost, proposal] = [...this.#proposals].find(([, waiting]) => waiting.id === id) ?? fail('nothing waits');
    need(member !== lost && !proposal.approved.has(member), 'its own, or approved before');
    proposal.approved.add(member);
    const voters = [...this.#roster.values()].filter((entry) => entry.active && entry.member !== lost);
    const agreed = voters.filter((voter) => proposal.approved.has(voter.member)).length;
    if (agreed >= Math.floor((2 * voters.length) / 3) + 1) proposal.counts = true;
  }

  /** Section 8: which body may go. */
  #erasure(member: string, leaf: number): void {
    const [kind, owner, interval] = this.#heads[leaf] ?? fail('no record stands there');
    need(!DECIDING.includes(kind), 'that body decides');
    need(member === owner || member === this.#operator, 'the record is of somebody else');
    if (interval === null || kind === 'note' || kind === 'battery') return;
    const age = this.#cleared === null ? 0 : (Date.parse(this.#cleared) - Date.parse(interval)) / 900_000;
    need(age > 6880, 'bills may still follow from it');
  }

  /** Section 5: block 0, judged by what it declares. */
  #begin(): void {
    const [rules, term, ...joins] = this.#genesis;
    need(
      rules?.head['kind'] === 'rules' && term?.head['kind'] === 'term',
      'block 0 does not begin with rules and term',
    );
    const { operator, key, term: number } = term.body as { operator: string; key: string; term: number };
    this.#origin = String(rules.head['ledger']);
    this.#operator = operator;
    this.logKey = key;
    this.#logKeys.push(key);
    if (term.body['version'] === 'term/2') {
      const { ledger } = term.body['previous'] as { ledger: string };
      const [, community, epoch] = /^(.*)\/ledger\/(\d+)$/.exec(this.#origin) ?? [];
      const [, before, earlier] = /^(.*)\/ledger\/(\d+)$/.exec(ledger) ?? [];
      need(community === before && Number(epoch) > Number(earlier), 'it follows no earlier ledger of its community');
    }
    need(
      number === 1 && term.head['member'] === operator && rules.head['member'] === operator,
      'the term is not the operator\u2019s',
    );
    need(parseVkey(key).name === this.#origin && parseVkey(key).type === 1, 'the log key has another name');
    const ids = joins.map(({ head }) => String(head['member']));
    need(
      ids.every((id, i) => i === 0 || ids[i - 1]! < id) && ids.includes(operator),
      'the joins are not sorted, or the operator is missing',
    );
    const operatorKey = String(joins.find(({ head }) => head['member'] === operator)!.body['key']);
    for (const { head, note } of this.#genesis) {
      need(head['ledger'] === this.#origin, 'block 0 is of two ledgers');
      if (head['kind'] !== 'roster') requireSigned(note, [operatorKey]);
    }
    for (const { head, note, body } of joins) {
      need(head['kind'] === 'roster' && body['action'] === 'join', 'block 0 holds something else');
      this.#change(String(head['member']), body, '');
      requireSigned(note, [...new Set([operatorKey, String(body['key'])])]);
      this.#apply();
    }
    this.#newRules = { body: rules.body as unknown as Rules, hash: String(rules.head['bodyHash']) };
    this.#genesis = [];
  }

  #apply(): void {
    for (const body of this.#changes.values()) {
      const {
        action,
        version: _v,
        nonce: _n,
        ...entry
      } = body as unknown as Entry & { action: string; version: string; nonce: string };
      if (action !== 'recover') this.#roster.set(entry.member, { ...entry, active: action !== 'leave' });
    }
    for (const [member, { body, counts }] of [...this.#proposals]) {
      if (!counts) continue;
      this.#roster.set(member, { ...this.#roster.get(member)!, key: body.key, witness: body.witness });
      this.#proposals.delete(member);
    }
    const [from, to] = this.#handover ?? [];
    for (const [member, gone, come] of [
      [from, 'operator', 'standby'],
      [to, 'standby', 'operator'],
    ] as const) {
      const entry = this.#roster.get(member ?? '');
      if (entry) entry.roles = [...new Set([...entry.roles.filter((role) => role !== gone), come])].sort();
    }
    this.#handover = null;
    this.#changes.clear();
  }

  /** The checkpoint that members have witnessed, once its size is reached; by the roster of the header before. */
  #compareWitnessed(size: number): void {
    if (this.witnessed?.text.split('\n')[1] !== String(size)) return;
    requireSigned(this.witnessed, [this.logKey], true);
    const root = rootOf(this.#hashes.slice(0, size)).toString('base64');
    need(this.witnessed.text === `${this.#origin}\n${size}\n${root}\n`, 'members have witnessed another root');
    const active = [...this.#roster.values()].filter((entry) => entry.active && entry.witness !== null);
    const vkeys = active.sort((a, b) => (a.member < b.member ? -1 : 1)).map((entry) => entry.witness!);
    const publicKeyOf = (vkey: string) => parseVkey(vkey).publicKey.toString('hex');
    const witnesses = vkeys.filter((vkey, i) => vkeys.findIndex((v) => publicKeyOf(v) === publicKeyOf(vkey)) === i);
    const cosigned = cosignersOf(this.witnessed, witnesses).size;
    need(cosigned >= Math.floor((2 * witnesses.length) / 3) + 1, 'too few have witnessed it');
    this.witnessed = null;
    this.unwitnessed = null;
  }

  #header(index: number, note: Note, header: JsonObject, id: string, state: string | null): void {
    if (this.height < 0) this.#begin();
    requireSigned(note, [this.logKey]);
    this.#compareWitnessed(index + 1);
    this.#apply();
    if (this.#newRules) {
      this.#rules = this.#newRules;
      this.#tariffs.push(canonical(this.#rules.body.tariffs));
    }
    const members = [...this.#roster.values()].sort((a, b) => (a.member < b.member ? -1 : 1));
    const folded = canonical({
      version: 'state/1',
      cleared: this.#cleared,
      kinds: Object.fromEntries(this.#kinds),
      members: Object.fromEntries(this.#members),
      records: this.#records,
    });
    same(header, {
      count: index - this.#first,
      first: this.#first,
      height: this.height + 1,
      interval: this.#blockCleared,
      ledger: this.#origin,
      operator: this.#operator,
      previous: this.#previous,
      root: rootOf(this.#hashes.slice(0, index)).toString('hex'),
      roster: hexOf(canonical({ version: 'roster-state/1', members: members.map((entry) => ({ ...entry })) })),
      rules: this.#rules!.hash,
      state: hexOf(folded),
      term: this.#term,
    });
    need(state === null || state === folded, 'the state beside the header is another one');
    need(String(header['time']) >= this.#time, 'time goes back');
    this.#time = String(header['time']);
    this.#previous = id;
    this.#newRules = null;
    this.#blockCleared = null;
    this.#first = index + 1;
    this.open = 0;
    this.height++;
  }
}

/** What a reader checks of a bill whose grounds are withheld. */
function checkSums({ lines, statements }: Bill): void {
  const due = new Map<string, bigint>();
  for (const { account, counterAccount, wh, price, amount, code } of lines) {
    const energy = ['trade', 'import', 'feed-in'].includes(code);
    need(!energy || BigInt(wh) * BigInt(price) === BigInt(amount), 'a line has another amount');
    due.set(account, (due.get(account) ?? 0n) + BigInt(amount));
    due.set(counterAccount, (due.get(counterAccount) ?? 0n) - BigInt(amount));
  }
  for (const { member, amount } of statements) {
    need((due.get(`member/${member}`) ?? 0n) === BigInt(amount), 'a statement is not the sum of its lines');
  }
}

function same(found: JsonObject, expected: JsonObject): void {
  for (const [field, value] of Object.entries(expected)) {
    need(canonical(found[field]!) === canonical(value), `${field} should be ${canonical(value).slice(0, 200)}`);
  }
}
