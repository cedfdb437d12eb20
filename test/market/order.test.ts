import assert from 'node:assert/strict';
import { type Auction, checkAuction, checkOrder, type Order } from '../../src/market/order.ts';

describe('checkOrder', () => {
  const bounds = { limits: { min: 80_000, max: 300_000 }, maxOrderWh: 10_000, maxOrdersPerMember: 3 };
  const good = { side: 'buy', wh: 1500, limit: 250_000 };
  const rows: readonly (readonly [name: string, change: object, already: number, code: string | null])[] = [
    ['a good order', {}, 0, null],
    ['the bounds themselves', { wh: 10_000, limit: 80_000 }, 2, null],
    ['one Wh too much', { wh: 10_001 }, 0, 'out-of-bounds'],
    ['no energy', { wh: 0 }, 0, 'out-of-bounds'],
    ['negative energy', { wh: -1 }, 0, 'out-of-bounds'],
    ['a limit too low', { limit: 79_999 }, 0, 'out-of-bounds'],
    ['a limit too high', { limit: 300_001 }, 0, 'out-of-bounds'],
    ['one order too many', {}, 3, 'over-quota'],
    ['another side', { side: 'bid' }, 0, 'malformed'],
    ['a fraction', { wh: 1.5 }, 0, 'malformed'],
    ['text', { limit: '250000' }, 0, 'malformed'],
    ['minus zero', { limit: -0 }, 0, 'malformed'],
    ['2^53', { wh: 2 ** 53 }, 0, 'malformed'],
    ['NaN', { limit: Number.NaN }, 0, 'malformed'],
  ];
  for (const [name, change, already, code] of rows) {
    it(`${name}: ${code ?? 'admitted'}`, () => {
      const refusal = checkOrder({ ...good, ...change }, bounds, already);
      assert.equal(refusal?.code ?? null, code);
      if (refusal) assert.match(refusal.text, /^[a-z].*\d|must be/);
    });
  }
});

describe('checkAuction', () => {
  const order = (id: string, member: string): Order => ({ id, member, side: 'buy', wh: 1, limit: 1 });
  const auction = (orders: Order[], members?: string[]): Auction => ({
    interval: '2026-11-22T08:15Z',
    orders,
    ...(members ? { members } : {}),
  });
  const refused: readonly (readonly [name: string, auction: Auction, message: RegExp])[] = [
    ['an id twice', auction([order('1', 'a'), order('1', 'b')]), /^orders\[1\]\.id .* twice/],
    ['a member outside the roster', auction([order('1', 'z')], ['a']), /^orders\[0\]\.member .* not among the members/],
    ['a member twice in the roster', auction([], ['a', 'a']), /^members\[1\] .* twice/],
    ['an empty id', auction([order('', 'a')]), /^orders\[0\]\.id/],
    ['a lone surrogate', auction([order('1', '\ud800')]), /^orders\[0\]\.member/],
    ['an empty member in the roster', auction([], ['']), /^members\[0\]/],
  ];
  for (const [name, given, message] of refused) {
    it(`refuses ${name}`, () => assert.throws(() => checkAuction(given), { name: 'RangeError', message }));
  }

  it('takes names that are properties of every object', () => {
    checkAuction(auction([order('__proto__', 'constructor')], ['constructor', '__proto__']));
  });
});
