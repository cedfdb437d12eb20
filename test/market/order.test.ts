import assert from 'node:assert/strict';
import { type Auction, checkAuction, type Order } from '../../src/market/order.ts';

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
    [
      'a preference, which a rule would not heed',
      auction([{ ...order('1', 'a'), preference: { mode: 'only', from: 'feeder' } }]),
      /^orders\[0\]\.preference is resolved before the rule runs/,
    ],
  ];
  for (const [name, given, message] of refused) {
    it(`refuses ${name}`, () => assert.throws(() => checkAuction(given), { name: 'RangeError', message }));
  }

  it('takes names that are properties of every object', () => {
    checkAuction(auction([order('__proto__', 'constructor')], ['constructor', '__proto__']));
  });
});
