import { strict as assert } from 'node:assert';
import { compareKeys, parseRosterFile } from '../../src/audit/trust.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { HOMES, keysOf, ORIGIN, Street } from '../ledger/street.ts';

describe('keys known from elsewhere', () => {
  const operator = keysOf('operator');
  let street: Street;
  let ledger: Ledger;

  before(async () => {
    street = new Street();
    ledger = await street.open();
  });

  after(async () => {
    await ledger.close();
    street.remove();
  });

  const compare = (...known: string[]) =>
    compareKeys(
      ledger.state,
      new Map(['operator', ...HOMES].map((id) => [id, new Set([keysOf(id).record.vkey])])),
      known,
    );

  it('are read one per line, with remarks', () => {
    const { vkey } = operator.record;
    assert.deepEqual(parseRosterFile(`# street\r\n\n  ${vkey}  \r\n`), [vkey]);
    assert.throws(() => parseRosterFile(`${vkey}\nhello`), /line 2 of the roster file/);
    const last = vkey.at(-1) === 'A' ? 'B' : 'A';
    assert.throws(() => parseRosterFile(vkey.slice(0, -1) + last), /line 1 of the roster file/);
  });

  it('trust a ledger only with the key of its operator', () => {
    assert.deepEqual(compare(), { trusted: false, faults: [] });
    assert.deepEqual(compare(keysOf('home-1').record.vkey), { trusted: false, faults: [] });
    assert.deepEqual(compare(operator.record.vkey), { trusted: true, faults: [] });
    assert.deepEqual(compare(operator.log(ORIGIN).vkey, keysOf('home-2').record.vkey), { trusted: true, faults: [] });
  });

  it('contradict a ledger signed by somebody else, or with another key of a member', () => {
    assert.equal(compare(keysOf('home-1').log(ORIGIN).vkey).faults.length, 1);
    const { vkey } = keysOf('home-2').record;
    const keys = new Map([['home-2', new Set([keysOf('home-3').record.vkey])]]);
    const { trusted, faults } = compareKeys(ledger.state, keys, [vkey, operator.log(ORIGIN).vkey]);
    assert.deepEqual([trusted, faults.length], [false, 1]);
  });

  it('of another community say nothing about this one', () => {
    assert.deepEqual(compare(keysOf('home-1', 'other.example').record.vkey), { trusted: false, faults: [] });
  });
});
