// The judge as tables: who may say what, and when, by nothing but the log before the record.
import assert from 'node:assert/strict';
import { type BookEntry, Books } from '../../src/ledger/book.ts';
import type { Erasable } from '../../src/ledger/erasure.ts';
import { foldGenesis, genesisRecords } from '../../src/ledger/genesis.ts';
import { type Context, fold, judgeAuthor, judgeContent, type Recorded } from '../../src/ledger/judge.ts';
import { memberKeys } from '../../src/ledger/keys.ts';
import type { Body, BodyFields, RecordKind } from '../../src/ledger/kinds.ts';
import { cosignRecord, readRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { verifierOf } from '../../src/log/note.ts';
import { COMMUNITY, FIRST, keysOf, ORIGIN, RULES, Street, seedOf } from './street.ts';

const SECOND = '2026-11-22T08:30Z';

class Remembered implements Recorded {
  readonly #known = new Set<string>();
  has(kind: RecordKind, member: string, interval: string): boolean {
    return this.#known.has(`${kind} ${member} ${interval}`);
  }
  count(kind: 'settlement', interval: string): number {
    return this.has(kind, '', interval) ? 1 : 0;
  }
  readonly leaves = new Map<number, Erasable>();
  at(leaf: number): Erasable | null {
    return this.leaves.get(leaf) ?? null;
  }
  add(kind: RecordKind, member: string, interval: string): void {
    this.#known.add(`${kind} ${member} ${interval}`).add(`${kind}  ${interval}`);
  }
}

type ClearingFields = Omit<Extract<Body<'clearing'>, { version: 'clearing/1' }>, 'version' | 'nonce'>;

describe('judge', () => {
  const street = new Street();
  after(() => street.remove());
  let context: Context;
  let index: number;
  beforeEach(() => {
    const { origin, operator, genesis, random } = street.options();
    const author = { origin, operator, time: '2026-11-22T08:00:00.000Z', random };
    const records = genesisRecords(author, genesis!).map(readRecord);
    const state = foldGenesis(ORIGIN, records);
    state.seal(state.nextHeader('0'.repeat(64), author.time), '0'.repeat(64));
    context = { state, books: new Books(), recorded: new Remembered() };
    index = records.length + 1;
  });

  const authorOf = (signed: SignedRecord) => {
    const record = readRecord(signed);
    return judgeAuthor(context.state, record, record.body)?.code ?? null;
  };
  const contentOf = (signed: SignedRecord) => {
    const record = readRecord(signed);
    return judgeContent(context, record, record.body)?.code ?? null;
  };
  /** Folds a record that must be in order; returns its leaf. */
  const admit = (signed: SignedRecord): number => {
    const record = readRecord(signed);
    assert.deepEqual([authorOf(signed), contentOf(signed)], [null, null], record.text);
    fold(context, index, record, record.body);
    return index++;
  };
  const seal = () => {
    const { state } = context;
    state.seal(state.nextHeader('0'.repeat(64), '2026-11-22T09:00:00.000Z'), '0'.repeat(64));
    index++;
  };
  const book = (interval = FIRST): BookEntry[] => context.books.of(interval).entries();
  const clearing = (fields: Partial<ClearingFields> = {}, interval = FIRST) =>
    street.record('operator', 'clearing', interval, {
      rule: RULES.market,
      orders: book(interval).length,
      volumeWh: 0,
      price: null,
      priceLow: null,
      priceHigh: null,
      fills: [],
      pairs: [],
      ...fields,
    });
  const settlement = (tariffs = RULES.tariffs, interval = FIRST) =>
    street.record('operator', 'settlement', interval, { tariffs, lines: [], statements: [] });
  const trade = (changes: Partial<BodyFields<'trade'>> = {}, as = 'home-1') =>
    street.record(as, 'trade', SECOND, { buyer: 'home-1', seller: 'home-2', wh: 5, price: 200_000, ...changes });
  const order = (changes: { wh?: number; limit?: number; interval?: string; member?: string } = {}) => {
    const { wh = 500, limit = 200_000, interval = FIRST, member = 'home-1' } = changes;
    return street.order(member, interval, 'buy', wh, limit);
  };

  describe('of who speaks', () => {
    const thief = memberKeys(COMMUNITY, 'home-1', seedOf('a thief'));
    const cases: readonly (readonly [name: string, code: string | null, record: () => SignedRecord])[] = [
      ['a member about itself', null, () => order()],
      [
        'for another epoch',
        'wrong-ledger',
        () => street.record('home-1', 'note', null, { text: 'a' }, { ledger: `${COMMUNITY}/ledger/2` }),
      ],
      ['a stranger', 'unknown-member', () => street.record('home-9', 'note', null, { text: 'a' })],
      [
        'a member in place of the operator',
        'wrong-role',
        () => street.record('home-1', 'settlement', FIRST, { tariffs: RULES.tariffs, lines: [], statements: [] }),
      ],
      ['the operator, who has no meter', 'wrong-role', () => street.meter('operator', FIRST, 1, 0)],
      ['the operator, who may leave a note', null, () => street.record('operator', 'note', null, { text: 'a' })],
      [
        'under the name of another',
        'unsigned',
        () => street.record('home-1', 'note', null, { text: 'a' }, { keys: keysOf('home-2') }),
      ],
      [
        'with a new key under a known name',
        'wrong-key',
        () => street.record('home-1', 'note', null, { text: 'a' }, { keys: thief }),
      ],
      ['with one signature too many', 'wrong-key', () => cosignRecord(order(), keysOf('home-2').record)],
      ['a trade of one side', 'unsigned', () => trade()],
      ['a trade of both sides', null, () => cosignRecord(trade(), keysOf('home-2').record)],
      ['a trade told by a third', 'wrong-role', () => cosignRecord(trade({}, 'home-3'), keysOf('home-2').record)],
      ['a trade with oneself', 'malformed', () => trade({ seller: 'home-1' })],
      ['a trade with a stranger', 'unknown-member', () => trade({ seller: 'home-9' })],
      [
        'a trade with the operator',
        'wrong-role',
        () => cosignRecord(trade({ seller: 'operator' }), keysOf('operator').record),
      ],
    ];
    for (const [name, code, record] of cases) {
      it(`${name}: ${code ?? 'in order'}`, () => assert.equal(authorOf(record()), code));
    }

    it('with the signature of another text: bad-signature', () => {
      const [one, other] = [order(), order()];
      const line = (signed: SignedRecord) => signed.note.split('\n\n')[1] ?? '';
      assert.equal(authorOf({ ...one, note: one.note.replace(line(one), line(other)) }), 'bad-signature');
    });

    it('believes a proof under the key of the roster, and under no other', () => {
      const [one, other] = [order(), order()];
      const line = (signed: SignedRecord) => signed.note.split('\n\n')[1] ?? '';
      const forged = readRecord({ ...one, note: one.note.replace(line(one), line(other)) });
      const signature = forged.signatures[0]!;
      const judged = (vkey: string) =>
        judgeAuthor(context.state, forged, forged.body, new Map([[signature, verifierOf(vkey)]]))?.code ?? null;
      assert.equal(judged(keysOf('home-1').record.vkey), null, 'what was verified elsewhere is not verified again');
      assert.equal(judged(keysOf('home-2').record.vkey), 'bad-signature');
    });
  });

  describe('of what is said', () => {
    const cases: readonly (readonly [name: string, code: string | null, record: () => SignedRecord])[] = [
      ['an order at every bound', null, () => order({ wh: RULES.maxOrderWh, limit: RULES.limits.max })],
      ['an order of one Wh too many', 'out-of-bounds', () => order({ wh: RULES.maxOrderWh + 1 })],
      ['an order above the limits', 'out-of-bounds', () => order({ limit: RULES.limits.max + 1 })],
      ['an order below the limits', 'out-of-bounds', () => order({ limit: RULES.limits.min - 1 })],
      ['a trade above the limits', 'out-of-bounds', () => trade({ price: RULES.limits.max + 1 })],
      [
        'a cancel of nothing',
        'unknown-order',
        () => street.record('home-1', 'cancel', FIRST, { order: 'a'.repeat(64) }),
      ],
      ['a clearing of an empty book', null, () => clearing()],
      ['a clearing by another rule', 'wrong-clearing', () => clearing({ rule: 'mine/1' })],
      ['a clearing of one order too many', 'wrong-clearing', () => clearing({ orders: 1 })],
      ['a clearing that fills what is no order', 'wrong-clearing', () => clearing({ fills: [[3, 1]] })],
      ['a settlement before any clearing', 'too-early', () => settlement()],
      [
        'a term',
        'bad-change',
        () =>
          street.record('operator', 'term', null, {
            term: 2,
            operator: 'operator',
            key: keysOf('operator').log(ORIGIN).vkey,
          }),
      ],
      ['other rules', null, () => street.record('operator', 'rules', null, { ...RULES, maxOrderWh: 5 })],
      ['a note', null, () => street.record('home-1', 'note', null, { text: 'a' })],
    ];
    for (const [name, code, record] of cases) {
      it(`${name}: ${code ?? 'in order'}`, () => assert.equal(contentOf(record()), code));
    }

    it('takes one meter and one battery of a member for an interval, also without their bodies', () => {
      const battery = { chargeWh: 0, dischargeWh: 0, socPerMille: null, setpoints: [], reasons: [] };
      for (const make of [
        (member: string, interval: string) => street.meter(member, interval, 1, 0),
        (member: string, interval: string) => street.record(member, 'battery', interval, battery),
      ]) {
        admit(make('home-1', FIRST));
        assert.equal(contentOf(make('home-1', FIRST)), 'already-recorded');
        assert.equal(judgeContent(context, readRecord(make('home-1', FIRST)), null)?.code, 'already-recorded');
        admit(make('home-2', FIRST));
        admit(make('home-1', SECOND));
      }
    });

    it('counts orders toward the quota, cancelled ones included, each interval apart', () => {
      const first = street.order('home-1', FIRST, 'buy', 5, 200_000);
      admit(first);
      assert.equal(contentOf(first), 'already-recorded');
      admit(street.record('home-1', 'cancel', FIRST, { order: first.id }));
      assert.deepEqual(book(), []);
      assert.equal(contentOf(first), 'already-recorded', 'a cancelled order does not come back');
      for (let i = 1; i < RULES.maxOrdersPerMember; i++) admit(order());
      assert.equal(contentOf(order()), 'over-quota');
      assert.equal(contentOf(order({ member: 'home-2' })), null);
      assert.equal(contentOf(order({ interval: SECOND })), null);
    });

    it('lets nobody cancel the order of another, nor one twice', () => {
      const own = street.order('home-1', FIRST, 'buy', 5, 200_000);
      admit(own);
      const cancel = (member: string, interval = FIRST) => street.record(member, 'cancel', interval, { order: own.id });
      assert.equal(contentOf(cancel('home-2')), 'unknown-order');
      assert.equal(contentOf(cancel('home-1', SECOND)), 'unknown-order');
      admit(cancel('home-1'));
      assert.equal(contentOf(cancel('home-1')), 'unknown-order');
    });

    it('takes a clearing of the book as it stands, one in a block, and nothing for its interval after it', () => {
      const leaf = admit(order());
      assert.deepEqual(book(), [{ ...book()[0], index: leaf, member: 'home-1', side: 'buy', wh: 500, limit: 200_000 }]);
      assert.equal(contentOf(clearing({ fills: [[leaf, 501]] })), 'wrong-clearing');
      assert.equal(contentOf(clearing({ orders: 0 })), 'wrong-clearing');
      admit(clearing({ fills: [[leaf, 500]] }));
      assert.equal(contentOf(clearing({}, SECOND)), 'already-recorded');
      seal();
      assert.deepEqual(book(), [], 'the book is forgotten');
      for (const late of [order(), clearing(), street.record('home-1', 'cancel', FIRST, { order: 'a'.repeat(64) })]) {
        assert.equal(contentOf(late), 'late');
      }
      assert.equal(contentOf(order({ interval: '2026-11-22T08:00Z' })), 'late', 'also for what was never cleared');
      assert.equal(contentOf(clearing({}, SECOND)), null);
    });

    it('takes one settlement of what is cleared, by tariffs that stood in the rules', () => {
      admit(clearing());
      assert.equal(contentOf(settlement(RULES.tariffs, SECOND)), 'too-early');
      assert.equal(contentOf(settlement({ import: 1, feedIn: 1 })), 'wrong-settlement');
      const before = RULES.tariffs;
      const tariffs = { import: 290_000, feedIn: 70_000 };
      admit(street.record('operator', 'rules', null, { ...RULES, tariffs }));
      assert.equal(contentOf(street.record('operator', 'rules', null, RULES)), 'already-recorded');
      assert.equal(contentOf(settlement(tariffs)), 'wrong-settlement', 'not in force before the header');
      seal();
      assert.deepEqual([contentOf(settlement(tariffs)), contentOf(settlement(before))], [null, null]);
      admit(settlement(before));
      assert.equal(contentOf(settlement(before)), 'already-recorded');
    });

    it('leaves open what a withheld body hides, and judges the rest', () => {
      const hidden = readRecord(order());
      assert.equal(judgeContent(context, hidden, null), null);
      fold(context, index++, hidden, null);
      assert.equal(context.books.of(FIRST).withheld, true);
      assert.equal(contentOf(clearing({ orders: 1, fills: [[3, 7]] })), null, 'nobody can tell');
      assert.equal(judgeContent(context, hidden, null)?.code, 'already-recorded');
    });
  });
});
