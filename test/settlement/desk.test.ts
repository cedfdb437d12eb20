// An interval is complete with its clearing and a value of every meter that counts; until then the desk knows who is missing.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type MeterValue, SettlementDesk } from '../../src/settlement/desk.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import type { Quality } from '../../src/units.ts';

const FIRST = '2017-07-10T06:15Z';
const SECOND = '2017-07-10T06:30Z';
const MEMBERS = ['b', 'a'];

const meter = (
  member: string,
  importWh: number | null = 1,
  interval = FIRST,
  quality: Quality = 'measured',
): MeterValue => ({
  member,
  interval,
  importWh,
  exportWh: importWh === null ? null : 0,
  quality: importWh === null ? 'missing' : quality,
});
const clearing = (interval = FIRST, pairs: { buyer: string; seller: string }[] = []) => ({ interval, pairs });
const deskOf = (members: () => readonly string[] = () => MEMBERS) =>
  new SettlementDesk<ReturnType<typeof clearing>>(members);

describe('SettlementDesk', () => {
  it('is complete with the last part, in whatever order they come, meters sorted by member', () => {
    const parts = ['clearing', 'a', 'b'] as const;
    fc.assert(
      fc.property(fc.shuffledSubarray([...parts], { minLength: 3 }), (order) => {
        const desk = deskOf();
        const results = order.map((part) =>
          part === 'clearing' ? desk.clearing(clearing()) : desk.meter(meter(part)),
        );
        assert.deepEqual(results.slice(0, 2), [null, null]);
        assert.deepEqual(results[2], { interval: FIRST, clearing: clearing(), meters: [meter('a'), meter('b')] });
      }),
    );
  });

  it('is complete again at every further part until it is marked as settled', () => {
    const desk = deskOf();
    desk.clearing(clearing());
    desk.meter(meter('a'));
    assert.ok(desk.meter(meter('b')));
    assert.ok(desk.meter(meter('b')), 'a bill that failed can be tried again');
    desk.settled(FIRST);
    assert.deepEqual([desk.meter(meter('b')), desk.clearing(clearing()), desk.open()], [null, null, []]);
  });

  it('lets a value take the place of a missing one, and nothing take the place of a value', () => {
    const desk = deskOf(() => ['a']);
    desk.clearing(clearing());
    assert.equal(desk.meter(meter('a', null)), null);
    assert.deepEqual(desk.missing(FIRST), ['a']);
    assert.deepEqual(desk.meter(meter('a', 5, FIRST, 'estimated'))?.meters, [meter('a', 5, FIRST, 'estimated')]);
    assert.deepEqual(desk.meter(meter('a', 9))?.meters, [meter('a', 5, FIRST, 'estimated')]);
    assert.deepEqual(desk.meter(meter('a', null))?.meters, [meter('a', 5, FIRST, 'estimated')]);
  });

  it('waits for whoever traded, also after leaving', () => {
    const desk = deskOf(() => ['a']);
    desk.meter(meter('a'));
    assert.equal(desk.clearing(clearing(FIRST, [{ buyer: 'gone', seller: 'a' }])), null);
    assert.deepEqual(desk.missing(FIRST), ['gone']);
    assert.deepEqual(
      desk.meter(meter('gone'))?.meters.map(({ member }) => member),
      ['a', 'gone'],
    );
  });

  it('asks for the members of now', () => {
    let members: string[] = ['a'];
    const desk = deskOf(() => members);
    desk.clearing(clearing());
    members = ['a', 'b'];
    assert.equal(desk.meter(meter('a')), null);
    assert.deepEqual(desk.missing(FIRST), ['b']);
  });

  it('tells the open intervals, oldest first: those that are cleared', () => {
    const desk = deskOf();
    desk.clearing(clearing(SECOND));
    desk.clearing(clearing(FIRST));
    desk.meter(meter('a', 1, intervalAfter(SECOND)));
    assert.deepEqual(desk.open(), [FIRST, SECOND]);
    assert.deepEqual(desk.missing(SECOND), ['a', 'b']);
    assert.deepEqual(desk.missing('2030-01-01T00:00Z'), ['a', 'b']);
  });

  it('keeps a cleared interval however many meters of other times come', () => {
    const desk = deskOf();
    desk.clearing(clearing());
    desk.meter(meter('a'));
    for (let i = 1; i < 5000; i++) desk.meter(meter('a', 1, intervalAfter(FIRST, i)));
    assert.deepEqual(desk.open(), [FIRST]);
    assert.ok(desk.meter(meter('b')));
  });

  it('remembers a week of cleared intervals and no more', () => {
    const desk = deskOf();
    for (let i = 0; i < 1000; i++) desk.clearing(clearing(intervalAfter(FIRST, i)));
    const open = desk.open();
    assert.deepEqual([open.length, open[0]], [7 * 96, intervalAfter(FIRST, 1000 - 7 * 96)]);
  });

  it('waits for whoever traded by preference too, also after leaving', () => {
    const desk = new SettlementDesk<ReturnType<typeof clearing> & { preferred?: { buyer: string; seller: string }[] }>(
      () => MEMBERS,
    );
    desk.clearing({ ...clearing(), preferred: [{ buyer: 'a', seller: 'y' }] });
    assert.deepEqual(desk.missing(FIRST), ['a', 'b', 'y']);
  });
});
