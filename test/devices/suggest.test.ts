// Suggestions for a unit by the SunSpec models it shows.
import assert from 'node:assert/strict';
import { catalogue } from '../../src/devices/catalogue-store.ts';
import type { Reading } from '../../src/devices/reading.ts';
import { showsMains, suggestDevices } from '../../src/devices/suggest.ts';
import { testDevice } from '../support/test-device.ts';

const unit = (models: readonly number[], vendor = 'Acme') => ({
  sunspec: { base: 40_000, vendor, model: 'X', serial: '1', models },
  identity: null,
});
const suggested = (models: readonly number[]) => suggestDevices(unit(models), catalogue()).map(({ id }) => id);

describe('suggestDevices', () => {
  it('suggests those whose models are all there, the closest first', () => {
    const generic = (ids: readonly string[]) => ids.filter((id) => id.startsWith('sunspec-'));
    const cases: [models: number[], ids: string[]][] = [
      [
        [1, 103, 120, 124],
        ['sunspec-battery-124', 'sunspec-inverter-103', 'sunspec-inverter'],
      ],
      [[1, 113], ['sunspec-inverter']],
      [[1, 203], ['sunspec-meter']],
      [
        [1, 101, 160],
        ['sunspec-strings-160', 'sunspec-inverter'],
      ],
      [[1, 124], []],
      // Some show no model 1, or not first.
      [[103], ['sunspec-inverter-103', 'sunspec-inverter']],
      [[203, 1], ['sunspec-meter']],
      [[1], []],
      [[], []],
    ];
    for (const [models, ids] of cases) assert.deepEqual(generic(suggested(models)), ids, models.join());
    assert.deepEqual(generic(suggested([1, 701, 713])).sort(), ['sunspec-der', 'sunspec-der-battery']);
  });

  it('suggests those that a unit without SunSpec names itself as, and nothing for one that says nothing', () => {
    assert.deepEqual(suggestDevices({ sunspec: null, identity: null }, catalogue()), []);
    const devices = ['sungrow-sh', 'sungrow-sh-battery'];
    const identity = { devices, shows: 0xe03, table: 'input', address: 4999, confirmed: true } as const;
    const named = suggestDevices({ sunspec: null, identity }, catalogue());
    assert.deepEqual(named.map(({ id }) => id).sort(), devices);
  });

  it("prefers the maker's own file, and never that of another maker", () => {
    const block = { name: 'm', table: 'holding', at: { model: 103 }, length: 52, points: [] } as const;
    const reading = { powerW: { block: 'm', point: 'W' } };
    const own = testDevice({ id: 'own', vendor: 'ACME', blocks: [block], reading });
    const any = testDevice({ id: 'any', vendor: 'SunSpec', blocks: [block], reading });
    const other = testDevice({ id: 'other', vendor: 'Acorn', blocks: [block], reading });
    const unconfirmed = testDevice({
      id: 'unconfirmed',
      vendor: 'SunSpec',
      confirmed: false,
      blocks: [block],
      reading,
    });
    const fixed = testDevice({ ...own, id: 'fixed', blocks: [{ ...block, at: { address: 0 } }] });
    const ids = (vendor: string) =>
      suggestDevices(unit([103], vendor), [other, unconfirmed, any, fixed, own]).map(({ id }) => id);
    assert.deepEqual(ids('Acme Solar'), ['own', 'any', 'unconfirmed']);
    assert.deepEqual(ids(''), ['any', 'unconfirmed']);
  });
});

describe('showsMains', () => {
  it('knows mains by voltage or frequency', () => {
    const reading = {
      device: 'x',
      at: 0,
      powerW: 5,
      importWh: 5,
      exportWh: null,
      quality: 'measured',
      reasons: [],
    } as const;
    const volts = (...all: (number | null)[]) => all.map((voltageV) => ({ voltageV, currentA: null, powerW: null }));
    const cases: [Partial<Reading>, boolean][] = [
      [{}, false],
      [{ frequencyHz: 0 }, false],
      [{ frequencyHz: null, phases: volts(0, null) }, false],
      [{ frequencyHz: 44.9, phases: volts(400) }, false],
      [{ frequencyHz: 49.97 }, true],
      [{ frequencyHz: 60 }, true],
      [{ phases: volts(0, 231.4, 0) }, true],
      [{ phases: volts(119) }, true],
    ];
    for (const [more, is] of cases) assert.equal(showsMains({ ...reading, ...more }), is, JSON.stringify(more));
  });
});
