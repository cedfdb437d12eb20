import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { canonicalJson, parseStrictJson } from '../../src/log/canonical-json.ts';
import { needSharedData } from '../support/shared-data.ts';

describe('log/canonical-json', () => {
  it('gives the published RFC 8785 text, byte for byte', function () {
    const folder = needSharedData(this, 'ledger/jcs');
    const names = readdirSync(`${folder}/input`);
    assert.equal(names.length, 6);
    for (const name of names) {
      const value: unknown = JSON.parse(readFileSync(`${folder}/input/${name}`, 'utf8'));
      assert.equal(canonicalJson(value), readFileSync(`${folder}/output/${name}`, 'utf8'), name);
      const hex = readFileSync(`${folder}/outhex/${name.replace('.json', '.txt')}`, 'utf8').replace(/\s/g, '');
      assert.equal(Buffer.from(canonicalJson(value)).toString('hex'), hex, name);
    }
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  const impossible: [string, unknown][] = [
    ['NaN', Number.NaN],
    ['Infinity', [Number.POSITIVE_INFINITY]],
    ['undefined', undefined],
    ['a member that is undefined', { a: undefined }],
    ['a gap in a list', new Array(2)],
    ['a bigint', 1n],
    ['a symbol', Symbol('x')],
    ['a function', () => 1],
    ['half of a surrogate pair', '\ud800'],
    ['half of a surrogate pair in a key', { '\udc00': 1 }],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['a cycle', cycle],
  ];
  for (const [name, value] of impossible) {
    it(`refuses ${name}`, () => assert.throws(() => canonicalJson(value), { name: 'FormatError' }));
  }

  it('writes -0 as 0 (RFC 8785 3.2.2.3)', () => assert.equal(canonicalJson([-0]), '[0]'));
});

describe('log/canonical-json: the strict profile', () => {
  const accepted = [
    '{}',
    '[]',
    'null',
    'true',
    '0',
    '-1',
    '9007199254740991',
    '-9007199254740991',
    '"\u20ac"',
    '"a\\"b\\\\"',
    '{"a":1,"b":[true,null]}',
    '{"":0,"A":0,"a":0}',
    '[[[[[[]]]]]]',
    '"\ud83d\ude00"',
    '{"__proto__":1}',
    '"[[[[[[[[[["',
    '"\\"[[[[[[[[[["',
  ];
  for (const text of accepted) {
    it(`accepts ${text}`, () => assert.equal(canonicalJson(parseStrictJson(text)), text));
  }

  const refused: [text: string, code: string][] = [
    ['', 'syntax'],
    ['{', 'syntax'],
    ['{"a":1}x', 'syntax'],
    ['\ufeff{}', 'syntax'],
    ['NaN', 'syntax'],
    ['01', 'syntax'],
    ['1e400', 'number'],
    ['12.5', 'number'],
    ['-0', 'number'],
    ['9007199254740992', 'number'],
    ['9007199254740993', 'number'],
    ['-9007199254740992', 'number'],
    ['12.0', 'not-canonical'],
    ['1e3', 'not-canonical'],
    [' {}', 'not-canonical'],
    ['{}\n', 'not-canonical'],
    ['{"b":1,"a":2}', 'not-canonical'],
    ['{"a":1,"a":1}', 'not-canonical'],
    ['{"a":1,"a":2}', 'not-canonical'],
    ['{"a": 1}', 'not-canonical'],
    ['"\\u0041"', 'not-canonical'],
    ['"\\/"', 'not-canonical'],
    ['"\\n"', 'string'],
    ['"\\u0000"', 'string'],
    ['"\\u001f"', 'string'],
    ['"\u007f"', 'string'],
    ['"\u0085"', 'string'],
    ['"e\u0301"', 'string'],
    ['{"e\u0301":1}', 'string'],
    ['"\\ud800"', 'surrogate'],
    ['"\ud800"', 'surrogate'],
    ['[[[[[[[]]]]]]]', 'depth'],
    ['{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}', 'depth'],
  ];
  for (const [text, code] of refused) {
    it(`refuses ${JSON.stringify(text)}: ${code}`, () =>
      assert.throws(() => parseStrictJson(text), { name: 'FormatError', code }));
  }

  it('refuses 200 000 levels without exhausting the stack', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const levels = 200_000;
      assert.throws(() => parseStrictJson(`${open.repeat(levels)}1${close.repeat(levels)}`), { code: 'depth' });
      assert.throws(() => parseStrictJson(open.repeat(levels)), { code: 'syntax' });
    }
  });

  it('refuses a text longer than the limit, counted in bytes', () => {
    assert.throws(() => parseStrictJson('"\u20ac\u20ac"', { maxBytes: 7 }), { code: 'size' });
    assert.equal(parseStrictJson('"\u20ac\u20ac"', { maxBytes: 8 }), '\u20ac\u20ac');
    assert.throws(() => parseStrictJson('1'.repeat(5 * 1024 * 1024)), { code: 'size' });
  });

  it('does not touch prototypes', () => {
    parseStrictJson('{"__proto__":{"polluted":1}}');
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  });

  it('accepts exactly the canonical text of a value of the profile', () => {
    const leaf = fc.oneof(
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.stringMatching(/^[a-z\u00e4\u20ac]{0,6}$/),
    );
    const value = fc.dictionary(
      fc.stringMatching(/^[a-zA-Z0-9]{0,5}$/),
      fc.oneof(leaf, fc.array(leaf, { maxLength: 4 })),
    );
    fc.assert(
      fc.property(value, (object) => {
        const text = canonicalJson(object);
        assert.equal(canonicalJson(parseStrictJson(text)), text);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(object)));
        const spaced = JSON.stringify(JSON.parse(text), null, 1);
        if (spaced !== text) assert.throws(() => parseStrictJson(spaced), { name: 'FormatError' });
      }),
    );
  });
});
