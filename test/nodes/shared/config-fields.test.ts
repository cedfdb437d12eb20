// Fields of a configuration: what a person types becomes the domain's integer, and what makes no sense gets a sentence.
import assert from 'node:assert/strict';
import * as v from 'valibot';
import {
  choice,
  decimal,
  nodeId,
  optionalText,
  optionalWhole,
  pattern,
  requiredText,
  whole,
} from '../../../nodes/shared/config-fields.ts';

type Field = v.GenericSchema<unknown, unknown>;

/** What becomes of a field, read as part of a whole configuration; `undefined` leaves it out. */
function read(field: Field, value: unknown): unknown {
  const result = v.safeParse(v.object({ field }), value === undefined ? {} : { field: value });
  return result.success ? (result.output as { field: unknown }).field : result.issues[0].message;
}

const cases: readonly [string, Field, readonly [unknown, unknown][]][] = [
  [
    'decimal',
    decimal('the price (ct/kWh)', 4, -10_000, 300_000),
    [
      ['8.25', 82_500],
      ['8,25', 82_500],
      [' 30 ', 300_000],
      ['-0.0001', -1],
      ['-0', 0],
      [7, 70_000],
      ['30.0001', 'the price (ct/kWh) must be between -1 and 30'],
      ['-1.5', 'the price (ct/kWh) must be between -1 and 30'],
      ['0.00001', 'the price (ct/kWh) must be a number with at most 4 decimals, but is the text "0.00001"'],
      ['1e3', 'the price (ct/kWh) must be a number with at most 4 decimals, but is the text "1e3"'],
      ['', 'the price (ct/kWh) must be a number with at most 4 decimals, but is the text ""'],
      [undefined, 'the price (ct/kWh) must be a number with at most 4 decimals, but is null'],
      [{}, 'the price (ct/kWh) must be a number with at most 4 decimals, but is an object'],
      [Number.NaN, 'the price (ct/kWh) must be a number with at most 4 decimals, but is NaN'],
    ],
  ],
  [
    'whole',
    whole('the port', 1, 65_535),
    [
      ['502', 502],
      ['0', 'the port must be between 1 and 65535'],
      ['5.5', 'the port must be a number with at most 0 decimals, but is the text "5.5"'],
    ],
  ],
  [
    'optionalWhole',
    optionalWhole('the ramp', 1, 100, 999),
    [
      ['', 999],
      [undefined, 999],
      ['7', 7],
      ['0', 'the ramp must be between 1 and 100'],
      ['x', 'the ramp must be a number with at most 0 decimals, but is the text "x"'],
    ],
  ],
  [
    'optionalText',
    optionalText('the column'),
    [
      ['', ''],
      [undefined, ''],
      [null, ''],
      [' a ', 'a'],
      [5, 'the column must be text'],
    ],
  ],
  [
    'requiredText',
    requiredText('the host'),
    [
      [' a ', 'a'],
      [' ', 'the host is missing'],
      [undefined, 'the host is missing'],
      [5, 'the host is missing'],
    ],
  ],
  [
    'pattern',
    pattern('the currency', /^[A-Z]{3}$/, 'three capital letters, such as EUR'),
    [
      ['EUR', 'EUR'],
      ['EUR ', 'EUR'],
      ['eur', 'the currency must be three capital letters, such as EUR'],
      [undefined, 'the currency must be three capital letters, such as EUR'],
      [['EUR'], 'the currency must be three capital letters, such as EUR'],
    ],
  ],
  [
    'choice',
    choice('the role', ['grid', 'pv']),
    [
      ['pv', 'pv'],
      ['load', 'the role must be one of grid, pv'],
      [undefined, 'the role must be one of grid, pv'],
    ],
  ],
  [
    'nodeId',
    nodeId(),
    [
      ['a1', 'a1'],
      [undefined, ''],
      [5, ''],
    ],
  ],
];

describe('configuration fields', () => {
  for (const [name, field, values] of cases) {
    it(name, () => {
      for (const [value, expected] of values) assert.equal(read(field, value), expected, String(value));
    });
  }
});
