// What a preference must be: every fault is one sentence that begins with the field.
import assert from 'node:assert/strict';
import { MOST_PARTNERS, type PreferringOrder, preferenceFault } from '../../src/market/preference.ts';

const fault = (preference: unknown, more: object = {}) =>
  preferenceFault({ member: 'm', side: 'buy', preference, ...more } as PreferringOrder);
const partners = (...names: unknown[]) => ({ mode: 'first', from: 'partners', partners: names });
const many = (count: number) => Array.from({ length: count }, (_, i) => `n${String(i).padStart(3, '0')}`);

describe('preferenceFault', () => {
  const good: readonly (readonly [name: string, preference: unknown, more?: object])[] = [
    ['none', undefined],
    ['partners', partners('a', 'b', 'z')],
    ['as many as may be', partners(...many(MOST_PARTNERS))],
    ['sorted by bytes, not by UTF-16 units', partners('\u{ff5e}', '\u{1f600}')],
    ['names that are properties of every object', partners('__proto__', 'constructor')],
    ['the feeder, on a sell', { mode: 'only', from: 'feeder' }, { side: 'sell' }],
    ['renewable, on a buy', { mode: 'only', from: 'renewable' }],
    ['a renewable sell to partners', partners('a'), { side: 'sell', renewable: true }],
  ];
  for (const [name, preference, more] of good) it(`takes ${name}`, () => assert.equal(fault(preference, more), null));

  const bad: readonly (readonly [name: string, preference: unknown, fault: RegExp, more?: object])[] = [
    ['null', null, /^preference must be an object with mode and from, but is null$/],
    ['text', 'partners', /^preference must be an object with mode and from, but is the text/],
    ['a list', ['a'], /^preference must be an object .* but is a list$/],
    ['no mode', { from: 'feeder' }, /^preference\.mode must be "only" or "first", but is undefined$/],
    ['another mode', { mode: 'last', from: 'feeder' }, /^preference\.mode must be .* "last"$/],
    ['no source', { mode: 'only' }, /^preference\.from must be "partners", "feeder" or "renewable", but is undefined$/],
    ['another source', { mode: 'only', from: 'street' }, /^preference\.from must be .* "street"$/],
    [
      'a field too many',
      { mode: 'only', from: 'feeder', price: 5 },
      /^preference has the field "price"; known are mode/,
    ],
    [
      'partners beside the feeder',
      { mode: 'only', from: 'feeder', partners: ['a'] },
      /^preference\.partners belongs to/,
    ],
    [
      'no partners',
      { mode: 'only', from: 'partners' },
      /^preference\.partners must be a list of members, but is undefined$/,
    ],
    [
      'partners that are text',
      { mode: 'only', from: 'partners', partners: 'a' },
      /^preference\.partners must be a list/,
    ],
    ['nobody', partners(), /^preference\.partners must name 1 to 100 members, but names 0$/],
    [
      'too many',
      partners(...many(MOST_PARTNERS + 1)),
      /^preference\.partners must name 1 to 100 members, but names 101$/,
    ],
    ['a number', partners('a', 5), /^preference\.partners\[1\] must be well-formed text, but is 5$/],
    ['an empty name', partners(''), /^preference\.partners\[0\] must be well-formed text/],
    ['a lone surrogate', partners('\ud800'), /^preference\.partners\[0\] must be well-formed text/],
    ['itself', partners('a', 'm'), /^preference\.partners\[1\] is "m" itself; nobody trades with itself$/],
    ['a name twice', partners('a', 'b', 'b'), /^preference\.partners\[2\] "b" stands twice$/],
    [
      'names out of order',
      partners('b', 'a'),
      /^preference\.partners\[1\] "a" must stand before "b"; partners are sorted/,
    ],
    [
      'names in the order of UTF-16 units',
      partners('\u{1f600}', '\u{ff5e}'),
      /^preference\.partners\[1\] .* sorted by bytes$/,
    ],
    [
      'renewable, on a sell',
      { mode: 'only', from: 'renewable' },
      /^preference\.from is "renewable", which only a buy/,
      { side: 'sell' },
    ],
    ['a renewable buy', undefined, /^renewable is what a sell says of its energy/, { renewable: true }],
    [
      'renewable: false',
      undefined,
      /^renewable must be true or left out, but is false$/,
      { side: 'sell', renewable: false },
    ],
    ['renewable: 1', undefined, /^renewable must be true or left out, but is 1$/, { side: 'sell', renewable: 1 }],
  ];
  for (const [name, preference, expected, more] of bad) {
    it(`refuses ${name}`, () => assert.match(fault(preference, more) ?? 'none', expected));
  }
});
