import { strict as assert } from 'node:assert';
import { type Header, headerText, parseHeader } from '../../src/ledger/header.ts';
import { FormatError } from '../../src/log/errors.ts';
import { FIRST, ORIGIN } from './street.ts';

const header: Header = {
  count: 3,
  first: 7,
  height: 1,
  interval: FIRST,
  ledger: ORIGIN,
  operator: 'operator',
  previous: 'a'.repeat(64),
  root: 'b'.repeat(64),
  roster: 'c'.repeat(64),
  rules: 'd'.repeat(64),
  state: 'e'.repeat(64),
  term: 1,
  time: '2026-11-22T08:10:00.000Z',
};

describe('header', () => {
  it('is two lines, and reads back', () => {
    const text = headerText(header);
    assert.match(text, /^microgrid-header\/1\n\{"count":3,"first":7,[^\n]*\}\n$/);
    assert.deepEqual(parseHeader(text), header);
    const first = { ...header, height: 0, interval: null, previous: null };
    assert.deepEqual(parseHeader(headerText(first)), first);
  });

  const text = headerText(header);
  const wrong: [string, string][] = [
    ['another first line', text.replace('header/1', 'header/2')],
    ['a line too many', `${text}\n`],
    ['no last newline', text.slice(0, -1)],
    ['white space', text.replace('":', '": ')],
    ['an unknown field', text.replace('}', ',"zero":0}')],
    ['a missing field', text.replace('"term":1,', '')],
    ['a negative count', text.replace('"count":3', '"count":-3')],
    ['a fraction', text.replace('"count":3', '"count":3.5')],
    ['a text as number', text.replace('"count":3', '"count":"3"')],
    ['a short hash', text.replace('bbbb', 'bbb')],
    ['a hash in capitals', text.replace('bbbb', 'BBBB')],
    ['an interval off the quarter', text.replace('08:15Z', '08:05Z')],
    ['a time that does not exist', text.replace('2026-11-22T08:10', '2026-11-32T08:10')],
    ['no JSON', 'microgrid-header/1\nhello\n'],
  ];
  for (const [what, bad] of wrong) {
    it(`refuses ${what}`, () => assert.throws(() => parseHeader(bad), FormatError));
  }
});
