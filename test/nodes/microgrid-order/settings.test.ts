// The fields of each strategy: the dialog accepts what the runtime accepts, and has a sentence for all else; what belongs to another
// strategy does not matter. (The fields that every strategy has are in dialogs.test.ts.)
import assert from 'node:assert/strict';
import * as v from 'valibot';
import {
  configSchema,
  dailyNeedOf,
  migrations,
  type OrderConfig,
  preferencesOf,
  strategyOf,
  zoneOf,
} from '../../../nodes/microgrid-order/settings.ts';
import { STRATEGIES } from '../../../src/market/strategies/strategy.ts';
import { loadDefinition, newNode } from '../../support/editor.ts';

const definition = loadDefinition('microgrid-order');
const stored = Object.fromEntries(Object.entries(definition.defaults).map(([name, { value }]) => [name, value]));
const config = (fields: object): OrderConfig => v.parse(configSchema, { ...stored, ...fields });

/** What the runtime says, null where it is content. */
function complaint(fields: object): string | null {
  try {
    const read = config(fields);
    strategyOf(read);
    dailyNeedOf(read);
    if (read.strategy === 'deadline') zoneOf(read);
    preferencesOf(read, 'home-1');
    return null;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

/** Sentences of the dialog. */
function sentences(fields: object): unknown[] {
  const values = { ...stored, ...fields };
  const node = newNode('microgrid-order', definition, values);
  return Object.entries(definition.defaults)
    .filter(([, { validate }]) => validate)
    .map(([name, { validate }]) => validate?.call(node, values[name as keyof typeof values], {}))
    .filter((said) => said !== true);
}

/** Enough for each strategy to start. */
const enough: Readonly<Record<string, object>> = {
  'fixed-limit': { buyLimit: '12' },
  'demand-curve': { curve: '0.5 at 28' },
};

const PRICES = ['', '12', '12,5', '-3', '0.00001', '1001', 'dear', '12 ct', ' '];
const TIMES = ['', '07:00', '7:30', '24:00', '7', 'noon', '07:60'];
const fields: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'fixed-limit': { buyLimit: PRICES, sellLimit: PRICES },
  ramp: { rampBuy: PRICES, rampSell: PRICES, rampSteps: ['', '1', '2', '20', '21', '2.5', 'many'] },
  'stored-value': { wear: ['', '0', '2', '2,5', '-1', '1001', 'little'] },
  deadline: {
    needKWh: ['', '0', '8', '8.5', '-1', '0.0001', '1000000', '1000001'],
    needKW: ['', '0', '0.003', '0.004', '11', '1000001', 'strong'],
    needFrom: TIMES,
    needBy: TIMES,
    zone: ['', 'UTC', 'Europe/Berlin', 'Berlin', 'Mars/Base', '5'],
  },
  'demand-curve': {
    curve: [
      ...['', '0.5 at 28', '0,5 at 28,5; 1 at 18', '1 at -3', '0 at 28', '1 at', 'at 5', '1 at 5;', '1 at 5 ct'],
      ...['1 at 1001', '0.0001 at 5', '1,2,3 at 5', '1 at 5; 1 at 5', new Array(20).fill('1 at 5').join(';')],
      ...[new Array(21).fill('1 at 5').join(';'), '12345678 at 5', '1at5'],
    ],
  },
};

describe('the settings of an order node', () => {
  it('name the same strategies in dialog and runtime, the default first', () => {
    const html = [...STRATEGIES];
    for (const strategy of html) assert.deepEqual(sentences({ strategy, ...enough[strategy] }), [], strategy);
    assert.equal(stored['strategy'], STRATEGIES[0]);
    assert.equal(strategyOf(config({})).name, 'last-days');
  });

  for (const [strategy, of] of Object.entries(fields)) {
    for (const [name, texts] of Object.entries(of)) {
      it(`${strategy}: ${name} is taken by the dialog where the runtime takes it`, () => {
        for (const text of texts) {
          const values = { strategy, ...enough[strategy], [name]: text };
          const [here, there] = [sentences(values), complaint(values)];
          const given = `"${text}": the dialog says ${JSON.stringify(here)}, the runtime ${there}`;
          assert.equal(here.length === 0, there === null, given);
          for (const said of here) assert.match(String(said), /^[A-Z].*\.$/, given);
          if (there !== null) assert.match(there, /open this node and correct it$/, given);
        }
      });

      it(`${strategy}: ${name} matters to no other strategy`, () => {
        for (const other of STRATEGIES) {
          if (other === strategy) continue;
          const values = { strategy: other, ...enough[other], [name]: 'nonsense' };
          assert.deepEqual([sentences(values), complaint(values)], [[], null], other);
        }
      });
    }
  }

  it('come in the units of the domain', () => {
    assert.deepEqual(strategyOf(config({ strategy: 'fixed-limit', buyLimit: '12,5' })), {
      name: 'fixed-limit',
      buy: 125_000,
    });
    assert.deepEqual(strategyOf(config({ strategy: 'ramp', rampSell: '20' })), {
      name: 'ramp',
      steps: 4,
      sellFrom: 200_000,
    });
    assert.deepEqual(strategyOf(config({ strategy: 'stored-value' })), { name: 'stored-value', wear: 20_000 });
    assert.deepEqual(strategyOf(config({ strategy: 'demand-curve', curve: '0,5 at 28; 1 at -1.5' })), {
      name: 'demand-curve',
      steps: [
        { wh: 500, limit: 280_000 },
        { wh: 1000, limit: -15_000 },
      ],
    });
    const car = { strategy: 'deadline', needKWh: '8', needKW: '3.7', needFrom: '18:00', zone: 'Europe/Berlin' };
    assert.deepEqual(dailyNeedOf(config(car)), {
      dailyWh: 8000,
      maxW: 3700,
      from: 1080,
      by: 420,
      zone: 'Europe/Berlin',
    });
    assert.equal(dailyNeedOf(config({})), null);
  });

  it('of an empty time zone are those of the machine', () => {
    assert.equal(zoneOf(config({})), new Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  it('say who is preferred, in the form that an order takes', () => {
    const of = (values: object) => preferencesOf(config(values), 'home-1');
    assert.deepEqual(of({}), { buy: {}, sell: {} });
    assert.deepEqual(of({ renewable: 'yes' }), { buy: {}, sell: { renewable: true } });
    const feeder = { preference: { mode: 'first', from: 'feeder' } };
    assert.deepEqual(of({ preferMode: 'first', preferFrom: 'feeder' }), { buy: feeder, sell: feeder });
    const partners = { preferMode: 'only', preferFrom: 'partners', partners: 'b, a;b' };
    const preference = { mode: 'only', from: 'partners', partners: ['a', 'b'] };
    assert.deepEqual(of(partners), { buy: { preference }, sell: { preference } });
    for (const names of ['', ', ;', 'Home 1', 'home-1']) assert.throws(() => of({ ...partners, partners: names }));
  });

  it('of version 1 do what they did', () => {
    const old = { member: 'm', batteryKWh: '6.4', batteryKW: '5', efficiency: '90', minSoc: '10', maxSoc: '100' };
    const [migrate = (same: Record<string, unknown>) => same] = migrations;
    const read = v.parse(configSchema, migrate(old));
    assert.deepEqual(strategyOf(read), { name: 'last-days' });
    assert.deepEqual(preferencesOf(read, 'home-1'), { buy: {}, sell: {} });
    assert.deepEqual([read.batteryKWh, read.outside], [6400, 'no']);
  });
});
