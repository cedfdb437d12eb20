// Records in words: amounts exact to the last digit, each kind a sentence, whatever stands in a body.
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  energyText,
  fieldsOf,
  intervalText,
  moneyText,
  priceText,
  sentenceOf,
  timeText,
} from '../../page/worker/words.ts';
import { RECORD_KINDS } from '../../src/ledger/kinds.ts';

describe('page: words', () => {
  it('write energy, prices and money exactly', () => {
    assert.deepEqual([0, 999, 1000, 1250, -1001].map(energyText), [
      '0 Wh',
      '999 Wh',
      '1 kWh',
      '1.25 kWh',
      '-1.001 kWh',
    ]);
    assert.deepEqual([200_000, 5, -80_001].map(priceText), ['20.0 ct/kWh', '0.0005 ct/kWh', '-8.0001 ct/kWh']);
    assert.equal(moneyText(140_000_000, 'EUR'), '0.14 EUR');
    assert.equal(moneyText('-9007199254740993', 'EUR'), '-9007199.254740993 EUR');
    assert.equal(moneyText(0, ''), '0.00');
  });

  it('write quarter hours and times in UTC, also over midnight', () => {
    assert.equal(intervalText('2026-11-22T23:45Z'), '22 Nov 2026, 23:45 to 00:00 UTC');
    assert.equal(timeText('2026-01-02T03:04:05.678Z'), '2 Jan 2026, 03:04:05 UTC');
  });

  it('make a sentence of each kind', () => {
    const of = (kind: string, body: object | null) =>
      sentenceOf(kind, 'home-1', '2026-11-22T08:15Z', body as Readonly<Record<string, unknown>> | null);
    const when = ' for 22 Nov 2026, 08:15 to 08:30 UTC';
    const order = { side: 'buy', wh: 1500, limit: 250_000 };
    assert.equal(of('order', order), `home-1 buys up to 1.5 kWh at most 25.0 ct/kWh${when}`);
    assert.equal(of('order', { ...order, side: 'sell' }), `home-1 sells up to 1.5 kWh at least 25.0 ct/kWh${when}`);
    assert.equal(of('meter', null), `Meter value of home-1${when}; its content is withheld or erased`);
    assert.equal(of('meter', { quality: 'missing', importWh: null }), `home-1's meter${when}: no value`);
    assert.equal(
      of('correction', { quality: 'estimated', importWh: 5, exportWh: 0 }),
      `home-1 corrects its meter${when}: 5 Wh in, 0 Wh out, estimated`,
    );
    assert.equal(of('clearing', { orders: 1, volumeWh: 0, price: null }), `The auction${when}: 1 order, no trade`);
    assert.equal(of('settlement', { number: 1, lines: [1, 2] }), `A correction of the bill${when}: 2 lines`);
    assert.equal(of('approval', { record: 'ab' }), `Approval of home-1${when}`);
    assert.equal(of('a-later-kind', {}), `A-later-kind of home-1${when}`);
  });

  it('take names of JavaScript itself for names like any other', () => {
    for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty', 'valueOf']) {
      const body = JSON.parse(`{"${name}":[[1]],"x":{"${name}":null}}`) as Readonly<Record<string, unknown>>;
      assert.deepEqual(
        fieldsOf(body, 'EUR').map((field) => typeof field.name),
        ['string', 'string'],
      );
      assert.equal(sentenceOf(name, 'home-1', null, {}).includes('[native code]'), false);
    }
  });

  it('fail at worst with an error that can be shown, whatever a forged body holds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RECORD_KINDS, 'other'), fc.json(), (kind, json) => {
        const body = JSON.parse(json) as Readonly<Record<string, unknown>> | null;
        try {
          assert.equal(typeof sentenceOf(kind, 'home-1', null, body), 'string');
          for (const { name } of body === null ? [] : fieldsOf(body, 'EUR')) assert.equal(typeof name, 'string');
        } catch (error) {
          assert.ok(
            error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError,
            String(error),
          );
        }
      }),
    );
  });
});
