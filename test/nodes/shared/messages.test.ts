// The edge of every node: a payload is one of the named types and whole, or there is a sentence that names the field.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type PayloadType, readPayload, schemas } from '../../../nodes/shared/messages.ts';

const reading = {
  type: 'reading',
  member: 'home-01',
  role: 'grid',
  device: 'eastron-sdm630',
  at: 1_499_666_400_000,
  powerW: -1840.5,
  importWh: 5,
  exportWh: null,
  quality: 'measured',
  reasons: [],
};

describe('messages', () => {
  it('are taken as they are, without what the schema does not know', () => {
    assert.deepEqual(readPayload({ ...reading, colour: 'red' }, 'meter', 'reading'), reading);
  });

  it('of another type, or none, are refused with the types that are wanted', () => {
    const wanted = 'this node expects msg.payload.type to be "meter" or "order", but it is ';
    const cases: [unknown, string][] = [
      [{ type: 'reading' }, 'the text "reading"'],
      [{ type: 'x'.repeat(500) }, `the text "${'x'.repeat(40)}..."`],
      [{ type: 5 }, '5'],
      [{ type: null }, 'null'],
      [{ type: ['meter'] }, 'a list'],
      [{}, 'undefined'],
      [undefined, 'undefined'],
      [null, 'undefined'],
      ['meter', 'undefined'],
      [[], 'undefined'],
      [{ type: '__proto__' }, 'the text "__proto__"'],
    ];
    for (const [payload, is] of cases) {
      assert.throws(() => readPayload(payload, 'meter', 'order'), { message: wanted + is });
    }
  });

  it('with one field wrong are refused with its name', () => {
    const cases: [object, string][] = [
      [{ member: 'Home 1' }, 'member must be a member id: small letters, digits and hyphens, at most 63'],
      [{ member: undefined }, 'member must be text'],
      [{ role: 'roof' }, 'role must be grid, pv, battery or load'],
      [{ at: 1.5 }, 'at must be a whole number, but is 1.5'],
      [{ powerW: Number.NaN }, 'powerW must be a number, but is NaN'],
      [{ powerW: '5' }, 'powerW must be a number, but is the text "5"'],
      [{ importWh: -1 }, 'importWh must be a whole number of at least 0, but is -1'],
      [{ importWh: -0 }, 'importWh must be a whole number of at least 0, but is -0'],
      [{ importWh: 2 ** 53 }, 'importWh must be a whole number of at least 0, but is 9007199254740992'],
      [{ importWh: 5n }, 'importWh must be a whole number of at least 0, but is 5'],
      [{ quality: 'good' }, 'quality must be measured, estimated or missing'],
      [{ reasons: [{ code: 'a', text: 5 }] }, 'reasons.0.text: text must be text'],
    ];
    for (const [change, sentence] of cases) {
      assert.throws(() => readPayload({ ...reading, ...change }, 'reading'), {
        message: `the reading is malformed: ${sentence}`,
      });
    }
  });

  it('that lack a field say that it is missing', () => {
    for (const field of Object.keys(reading)) {
      if (field === 'type') continue;
      const lacking = Object.fromEntries(Object.entries(reading).filter(([name]) => name !== field));
      assert.throws(() => readPayload(lacking, 'reading'), {
        message: `the reading is malformed: ${field} is missing`,
      });
    }
  });

  it('of an interval that is none are refused', () => {
    for (const interval of ['2017-07-10T06:10Z', '2017-02-30T06:00Z', 5, null]) {
      assert.throws(
        () => readPayload({ type: 'interval', event: 'end', interval }, 'interval'),
        /the interval is malformed: interval must be a UTC quarter hour such as 2026-11-22T08:15Z, but is/,
      );
    }
  });

  it('never get further than a sentence, whatever they hold', () => {
    const types = Object.keys(schemas) as PayloadType[];
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.object({ maxDepth: 2, withBigInt: true, withNullPrototype: true }),
        (type, junk) => {
          try {
            readPayload({ ...junk, type }, type);
          } catch (error) {
            assert.ok(error instanceof Error);
            assert.match(error.message, new RegExp(`^the ${type} is malformed: .{3,}`, 's'));
            assert.doesNotMatch(error.message, /\[object /);
          }
        },
      ),
    );
  });

  describe('orders with preferences', () => {
    const order = {
      type: 'order',
      member: 'home-1',
      interval: '2026-11-22T08:15Z',
      side: 'buy',
      wh: 5,
      limit: 200_000,
    };
    const sell = { ...order, side: 'sell' };
    const partners = { mode: 'only', from: 'partners', partners: ['bakery', 'home-2'] };

    it('are taken as they are', () => {
      for (const good of [
        { ...order, preference: partners },
        { ...sell, preference: { ...partners, mode: 'first' }, renewable: true },
        { ...order, preference: { mode: 'first', from: 'feeder' } },
        { ...order, preference: { mode: 'only', from: 'renewable' } },
        { ...sell, renewable: true },
      ]) {
        assert.deepEqual(readPayload(good, 'order'), good);
      }
    });

    it('of any other shape are refused with a sentence', () => {
      const of = (change: object) => ({ ...order, preference: { ...partners, ...change } });
      const cases: [object, RegExp][] = [
        [of({ mode: 'never' }), /preference\.mode must be "only" or "first"/],
        [of({ from: 'friends' }), /preference\.from must be "partners", "feeder" or "renewable"/],
        [of({ partners: [] }), /preference\.partners must name 1 to 100 members/],
        [of({ partners: ['home-2', 'bakery'] }), /partners are sorted by bytes/],
        [of({ partners: ['bakery', 'bakery'] }), /stands twice/],
        [of({ partners: ['home-1'] }), /nobody trades with itself/],
        [of({ partners: [5] }), /preference\.partners\[0\] must be well-formed text/],
        [of({ partners: 'bakery' }), /preference\.partners must be a list/],
        [of({ from: 'feeder' }), /preference\.partners belongs to "from": "partners"/],
        [of({ colour: 'red' }), /preference has the field "colour"/],
        [{ ...order, preference: { mode: 'only', from: 'partners' } }, /preference\.partners must be a list/],
        [{ ...order, preference: 'bakery' }, /preference must be an object/],
        [{ ...order, preference: null }, /preference must be an object/],
        [{ ...sell, preference: { mode: 'only', from: 'renewable' } }, /which only a buy can ask for/],
        [{ ...order, renewable: true }, /renewable is what a sell says/],
        [{ ...sell, renewable: false }, /renewable must be true or left out/],
        [{ ...sell, renewable: 'yes' }, /renewable must be true or left out/],
      ];
      for (const [payload, sentence] of cases) {
        assert.throws(() => readPayload(payload, 'order'), { message: sentence }, JSON.stringify(payload));
      }
    });
  });
});
