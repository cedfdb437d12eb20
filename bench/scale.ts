// One quarter hour of a market of 100,000 members in one process, stage by stage: signed orders are read, their signatures
// verified (on other threads, as the ledger does it), judged and put in the book; the book is cleared; meters and trades are
// settled; every member gets its statement. Each has to be well inside the 900 s of an interval. Beside the intake runs what it
// cannot do without: verifying as many Ed25519 signatures one after the other. docs/scale.md says what bounds a ledger.
import { createHash } from 'node:crypto';
import { auctionOf } from '../src/audit/auction.ts';
import { readArrivals } from '../src/ledger/arrivals.ts';
import { Books } from '../src/ledger/book.ts';
import { type Context, fold, judgeAuthor, judgeContent, type Recorded } from '../src/ledger/judge.ts';
import { type MemberKeys, memberKeys } from '../src/ledger/keys.ts';
import { makeRecord, type SignedRecord } from '../src/ledger/record.ts';
import type { RosterEntry } from '../src/ledger/roster.ts';
import { LedgerState } from '../src/ledger/state.ts';
import { verifierOf } from '../src/log/note.ts';
import { clear } from '../src/market/clear.ts';
import type { Clearing } from '../src/market/order.ts';
import { settle } from '../src/settlement/settle.ts';
import { StatementBook } from '../src/settlement/statement/book.ts';
import { Statements } from '../src/settlement/statement/document.ts';
import { noParts } from '../src/settlement/statement/parts.ts';
import { periodOf } from '../src/settlement/statement/period.ts';
import { intervalEnd } from '../src/time/interval.ts';
import { type Figure, measure } from './harness.ts';
import { heldBytes } from './support/held-bytes.ts';

const MEMBERS = 100_000;
const COMMUNITY = 'bench.example';
const ORIGIN = `${COMMUNITY}/ledger/1`;
const INTERVAL = '2026-11-22T08:15Z';
const TARIFFS = { import: 300_000, feedIn: 80_000 };
/** Records that arrive while the last ones are written. */
const BATCH = 1000;
const SECONDS = 'seconds';

export async function* figures(): AsyncGenerator<Figure> {
  const seed = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());
  const keys = Array.from({ length: MEMBERS }, (_, i) => memberKeys(COMMUNITY, `m${i}`, seed(`seed ${i}`)));
  const orders = keys.map((own, i) => orderOf(own, i, () => seed(`nonce ${i}`).slice(0, 16)));
  const state = stateOf(keys);

  const before = heldBytes();
  const book = await takeIn(state, orders);
  const bytes = (heldBytes() - before) / MEMBERS;
  yield await measure({
    name: `intake of ${MEMBERS.toLocaleString('en')} signed orders: read, verify, judge, book`,
    unit: SECONDS,
    aim: { atMost: 2 },
    runs: 5,
    warmUp: 0,
    ours: () => inSeconds(() => takeIn(state, orders)),
    against: {
      name: 'verifying their signatures, one after the other',
      run: () => inSeconds(() => verifyAll(keys, orders)),
    },
  });
  const auction = auctionOf(state, INTERVAL, book.of(INTERVAL));
  let clearing: Clearing | null = null;
  yield await stage('clearing', 9, () => {
    clearing = clear(state.rules.market, auction);
  });
  const meters = keys.map(({ member }, i) => {
    return { member, importWh: (i * 37) % 900, exportWh: (i * 53) % 600, quality: 'measured' as const };
  });
  const input = { tariffs: TARIFFS, intervals: [{ interval: INTERVAL, clearing: clearing!, meters }] };
  let settled = settle(input);
  yield await stage('settlement', 45, () => {
    settled = settle(input);
  });
  yield await stage('statements of all members', 90, () => {
    const parts = noParts(INTERVAL);
    const bare = <Row extends { readonly interval: string }>({ interval: _, ...row }: Row) => row;
    parts.settled.push({
      at: intervalEnd(INTERVAL),
      leaf: null,
      number: 0,
      tariffs: TARIFFS,
      lines: settled.lines.map(bare),
      statements: settled.rows.map(bare),
    });
    const month = periodOf('2026-11', 'UTC');
    const statements = new StatementBook(month, () => true);
    statements.add(parts);
    const context = {
      community: COMMUNITY,
      ledger: null,
      currency: 'EUR',
      asOf: month.closes,
      opening: () => 0n,
      proof: null,
    };
    const all = new Statements(statements, context);
    let told = 0;
    for (const account of statements.accounts()) told += all.of(account).lines.length;
    if (told < MEMBERS) throw new Error('members are without a statement');
  });
  yield await measure({ name: 'memory of an order in the book', unit: 'bytes', ours: () => bytes });
}

/** The part of an interval that a stage may take at most: a tenth and less of its 900 s. */
function stage(name: string, atMost: number, run: () => void): Promise<Figure> {
  const ours = () => inSeconds(run);
  return measure({ name: `${name} of the interval`, unit: SECONDS, aim: { atMost }, runs: 5, warmUp: 1, ours });
}

async function inSeconds(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

function orderOf(keys: MemberKeys, i: number, random: () => Uint8Array): SignedRecord {
  const head = {
    ledger: ORIGIN,
    member: keys.member,
    kind: 'order',
    interval: INTERVAL,
    time: '2026-11-22T08:00:00.000Z',
  } as const;
  const side = i % 2 === 0 ? ('buy' as const) : ('sell' as const);
  const { note, body } = makeRecord(
    keys.record,
    head,
    { side, wh: 1 + ((i * 7919) % 900), limit: 80_000 + ((i * 104_729) % 220_001) },
    random,
  );
  // As it comes from elsewhere: to be parsed.
  return { note, body };
}

/** The community as block 0 would have it; enrolling so many is not what is measured. */
function stateOf(keys: readonly MemberKeys[]): LedgerState {
  const operator = memberKeys(COMMUNITY, 'operator', new Uint8Array(32).fill(7));
  const entry = ({ member, record, witness }: MemberKeys): RosterEntry => ({
    member,
    kind: 'home',
    roles: ['member'],
    key: record.vkey,
    witness,
    feeder: null,
    active: true,
  });
  const nonce = '0'.repeat(32);
  const rules = {
    version: 'rules/1',
    nonce,
    currency: 'EUR',
    intervalMinutes: 15,
    market: 'uniform-price/1',
    settlement: 'settle/1',
    tariffs: TARIFFS,
    limits: { min: 80_000, max: 300_000 },
    maxOrderWh: 10_000,
    maxOrdersPerMember: 4,
    gateLeadSeconds: 300,
    simulated: false,
  } as const;
  const term = { version: 'term/1', nonce, term: 1, operator: 'operator', key: operator.log(ORIGIN).vkey } as const;
  const roster = new Map(keys.map((own) => [own.member, entry(own)]));
  return new LedgerState(ORIGIN, { body: rules, hash: '' }, term, roster);
}

const NOTHING: Recorded = { has: () => false, count: () => 0, add: () => {}, at: () => null };

async function takeIn(state: LedgerState, orders: readonly SignedRecord[]): Promise<Books> {
  const context: Context = { state, books: new Books(), recorded: NOTHING };
  for (let from = 0; from < orders.length; from += BATCH) {
    const { all, proven } = await readArrivals(state, orders.slice(from, from + BATCH));
    for (const [i, arrival] of all.entries()) {
      if (arrival.refusal) throw new Error(arrival.refusal.text);
      const { record } = arrival;
      const refusal = judgeAuthor(state, record, record.body, proven) ?? judgeContent(context, record, record.body);
      if (refusal) throw new Error(refusal.text);
      fold(context, from + i, record, record.body);
    }
  }
  return context.books;
}

function verifyAll(keys: readonly MemberKeys[], orders: readonly SignedRecord[]): void {
  for (const [i, { note }] of orders.entries()) {
    const end = note.indexOf('\n\n') + 1;
    const signature = Buffer.from(note.slice(note.lastIndexOf(' ') + 1), 'base64').subarray(4);
    if (!verifierOf(keys[i]!.record.vkey).verify(note.slice(0, end), signature))
      throw new Error('a signature is wrong');
  }
}
