import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import type { BodyFields, RecordKind } from '../../src/ledger/kinds.ts';
import { cosignRecord, makeRecord, readNote, readRecord } from '../../src/ledger/record.ts';
import { sha256Hex } from '../../src/log/bytes.ts';
import { canonicalJson } from '../../src/log/canonical-json.ts';
import { FormatError } from '../../src/log/errors.ts';
import { FIRST, keysOf, ORIGIN, RULES, seedOf } from './street.ts';

const { record: signer } = keysOf('home-1');
const time = '2026-11-22T08:00:00.000Z';
const head = { ledger: ORIGIN, member: 'home-1', kind: 'order', interval: FIRST, time } as const;
const random = (bytes: number) => seedOf('nonce').slice(0, bytes);
const order = { side: 'buy', wh: 1500, limit: 250_000 } as const;

/** What reaches a ledger from elsewhere: the bytes alone. */
const copy = ({ note, body }: { note: string; body: string }) => ({ note, body });

/** A record with any text in place of its head, signed. */
const withHead = (line: string) => {
  const text = `microgrid-record/1\n${line}\n`;
  return `${text}\n${signer.sign(text)}`;
};

describe('record', () => {
  it('is a signed note of two lines, and a canonical body under its hash', () => {
    const record = makeRecord(signer, head, order, random);
    assert.equal(
      record.body,
      canonicalJson({ ...order, version: 'order/1', nonce: Buffer.from(random(16)).toString('hex') }),
    );
    const [first, second, blank, signature] = record.note.split('\n');
    assert.equal(first, 'microgrid-record/1');
    assert.equal(second, canonicalJson({ ...head, bodyHash: sha256Hex(record.body) }));
    assert.equal(blank, '');
    assert.ok(signature?.startsWith('\u2014 sunny-street.example/member/home-1 '));
    assert.equal(record.id, sha256Hex(`${first}\n${second}\n`));
  });

  it('reads back what was made, from the object and from the bytes', () => {
    const record = makeRecord(signer, head, order, random);
    assert.deepEqual(readRecord(copy(record)), readRecord(record));
    assert.deepEqual(readRecord(copy(record)).head, { ...head, bodyHash: sha256Hex(record.body) });
  });

  it('cannot be changed after it was made', () => {
    const record = makeRecord(signer, head, order, random);
    assert.throws(() => Object.assign(record, { body: '{}' }), TypeError);
    assert.throws(() => readRecord({ ...record, body: '{}' }), /not the one that was signed/);
  });

  it('keeps its id when somebody cosigns it', () => {
    const record = makeRecord(signer, head, order, random);
    const cosigned = cosignRecord(record, keysOf('home-2').record);
    assert.equal(cosigned.id, record.id);
    assert.equal(readNote(cosigned.note).signatures.length, 2);
  });

  const line = JSON.stringify({
    bodyHash: 'a'.repeat(64),
    interval: FIRST,
    kind: 'order',
    ledger: ORIGIN,
    member: 'home-1',
    time,
  });
  const heads: [string, string][] = [
    ['keys in another order', line.replace('{"bodyHash":"', '{"interval":null,"bodyHash":"')],
    ['white space', line.replace(':', ': ')],
    ['an unknown field', line.replace('}', ',"x":1}')],
    ['a duplicate key', line.replace('}', `,"time":"${time}"}`)],
    ['a field too few', line.replace(`,"time":"${time}"`, '')],
    ['an unknown kind', line.replace('"order"', '"__proto__"')],
    ['a kind of Object.prototype', line.replace('"order"', '"constructor"')],
    ['no interval', line.replace(`"${FIRST}"`, 'null')],
    ['an interval off the quarter', line.replace('08:15Z', '08:16Z')],
    ['a day that does not exist', line.replaceAll('2026-11-22T08:00', '2026-02-30T08:00')],
    ['a member in capitals', line.replace('home-1', 'Home-1')],
    ['a member with a look-alike letter', line.replace('home-1', 'h\u043eme-1')],
    ['a ledger that climbs', line.replace(ORIGIN, '../ledger/1')],
    ['a ledger with a topic wildcard', line.replace(ORIGIN, 'a/#/ledger/1')],
    ['an escaped letter', line.replace('home-1', 'hom\\u0065-1')],
    ['a body hash in capitals', line.replace('a'.repeat(64), 'A'.repeat(64))],
  ];
  for (const [what, bad] of heads) {
    it(`refuses a head with ${what}`, () => {
      assert.throws(() => readNote(withHead(bad)), FormatError);
    });
  }

  it('takes the head that the bad ones were made from', () => {
    assert.equal(readNote(withHead(line)).head.member, 'home-1');
  });

  const bodies: [string, string | Buffer][] = [
    ['white space', '{ "a":1}'],
    ['a byte order mark', '\ufeff{}'],
    ['-0', '{"limit":-0}'],
    ['an exponent', '{"limit":1e3}'],
    ['1e400', '{"limit":1e400}'],
    ['2^53', '{"limit":9007199254740992}'],
    ['a fraction', '{"limit":12.5}'],
    ['a lone surrogate', '{"text":"\\ud800"}'],
    ['a decomposed letter', '{"text":"e\u0301"}'],
    ['a control character', '{"text":"\\u0007"}'],
    ['200,000 levels', '['.repeat(200_000)],
    ['no JSON', 'hello'],
  ];
  for (const [what, body] of bodies) {
    it(`refuses a body with ${what}, whatever its hash says`, () => {
      const text = line.replace('a'.repeat(64), sha256Hex(String(body)));
      assert.throws(() => readRecord({ note: withHead(text), body: String(body) }), FormatError);
    });
  }

  it('refuses notes and bodies that are too large', () => {
    const record = makeRecord(signer, head, order, random);
    assert.throws(() => readNote(record.note + '\u2014 x AAAA\n'.repeat(9000)), /larger than/);
    assert.throws(() => readRecord({ note: record.note, body: 'x'.repeat(4 * 1024 * 1024 + 1) }), /4 MiB/);
  });

  const fields: [RecordKind, object][] = [
    ['order', { ...order, wh: 0 }],
    ['order', { ...order, wh: 12.5 }],
    ['order', { ...order, wh: '12' }],
    ['order', { ...order, wh: Number.NaN }],
    ['order', { ...order, wh: 2 ** 53 }],
    ['order', { ...order, limit: -0 }],
    ['order', { ...order, limit: Number.POSITIVE_INFINITY }],
    ['order', { ...order, side: 'give' }],
    ['order', { ...order, extra: 1 }],
    ['order', { side: 'buy', wh: 1 }],
    [
      'meter',
      { importWh: -1, exportWh: 0, importCounterWh: null, exportCounterWh: null, quality: 'measured', reason: null },
    ],
    [
      'meter',
      { importWh: null, exportWh: 0, importCounterWh: null, exportCounterWh: null, quality: 'measured', reason: null },
    ],
    [
      'meter',
      { importWh: 1, exportWh: 0, importCounterWh: null, exportCounterWh: null, quality: 'missing', reason: null },
    ],
    ['cancel', { order: 'o1' }],
    ['note', { text: '' }],
    ['note', { text: 'a\nb' }],
    ['note', { text: 'e\u0301' }],
    ['note', { text: '\ud800' }],
    ['note', { text: 'x'.repeat(4001) }],
    ['rules', { ...RULES, limits: { min: 2, max: 1 } }],
    ['rules', { ...RULES, intervalMinutes: 30 }],
    ['rules', { ...RULES, currency: 'eur' }],
    ['battery', { chargeWh: 1, dischargeWh: 0, socPerMille: 1001, setpoints: [], reasons: [] }],
    [
      'settlement',
      {
        tariffs: RULES.tariffs,
        lines: [{ account: 'bank', counterAccount: 'supplier', wh: 1, price: 1, amount: 1, code: 'x' }],
        statements: [],
      },
    ],
  ];
  for (const [kind, wrong] of fields) {
    it(`makes no ${kind} of ${JSON.stringify(wrong).slice(0, 60)}`, () => {
      const interval = kind === 'rules' || kind === 'note' ? null : FIRST;
      assert.throws(
        () => makeRecord(signer, { ...head, kind, interval }, wrong as unknown as BodyFields<RecordKind>, random),
        /the body of a \w+ record does not fit/,
      );
    });
  }

  it('makes from any order only what it reads back', () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.maxSafeInteger());
    const anyOrder = fc.record(
      { side: fc.constantFrom('buy', 'sell'), wh: number, limit: number },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(anyOrder, (value) => {
        let record: ReturnType<typeof makeRecord>;
        try {
          record = makeRecord(signer, head, value as BodyFields<'order'>, random);
        } catch (error) {
          return error instanceof FormatError;
        }
        const { version: _v, nonce: _n, ...body } = readRecord(copy(record)).body as Record<string, unknown>;
        assert.deepEqual(body, value);
        return true;
      }),
    );
  });

  it('makes from any text only what it reads back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const noted = { ...head, kind: 'note', interval: null } as const;
        let record: ReturnType<typeof makeRecord>;
        try {
          record = makeRecord(signer, noted, { text }, random);
        } catch (error) {
          return error instanceof FormatError;
        }
        assert.equal((readRecord(copy(record)).body as { text: string }).text, text);
        return true;
      }),
      { numRuns: 500 },
    );
  });
});
