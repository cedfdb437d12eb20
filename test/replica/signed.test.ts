// A request shows who asks, a refusal what the operator did not take; neither can be made by another, nor used for something else.
import assert from 'node:assert/strict';
import { askerOf, openRefusal, signRefusal, signRequest } from '../../src/replica/signed.ts';
import { keysOf, ORIGIN, Street } from '../ledger/street.ts';

const NOW = Date.parse('2026-11-22T08:00:00Z');
const LOG = keysOf('operator').log(ORIGIN);
const refusal = { code: 'late', id: 'ab'.repeat(32), ledger: ORIGIN, text: 'the order comes too late' };

describe('notes beside the log', () => {
  it('a request is by the member who signed it, for these leaves, this ledger, this hour', async () => {
    const street = new Street();
    const ledger = await street.open();
    const { roster } = ledger.state;
    const sign = (member: string, as = member) => signRequest(keysOf(member).record, ORIGIN, as, 5, NOW);
    const who = (note: string | undefined, from = 5, now = NOW, origin = ORIGIN) =>
      askerOf(note, origin, from, roster, now);
    assert.equal(who(sign('home-1')), 'home-1');
    assert.equal(who(sign('home-1'), 5, NOW - 3_600_000), 'home-1');
    const lies: (string | null)[] = [
      who(undefined),
      who(''),
      who('x'),
      who(sign('home-1'), 6),
      who(sign('home-1'), 5, NOW + 3_600_001),
      who(sign('home-1'), 5, NOW, `${ORIGIN}2`),
      who(sign('home-2', 'home-1')),
      who(sign('home-9')),
      who(sign('home-1').replace('"from":5', '"from":05')),
      who(sign('home-1').replace('request/1', 'request/2')),
      who(signRefusal(LOG, refusal, NOW)),
    ];
    assert.deepEqual(new Set(lies), new Set([null]));
    await ledger.close();
    street.remove();
  });

  it('a refusal is by the log key, for this ledger', () => {
    const note = signRefusal(LOG, refusal, NOW);
    assert.deepEqual(openRefusal(note, LOG.vkey, ORIGIN), { ...refusal, time: '2026-11-22T08:00:00.000Z' });
    assert.equal(openRefusal(note, LOG.vkey, `${ORIGIN}2`), null);
    assert.equal(openRefusal(note, keysOf('home-1').log(ORIGIN).vkey, ORIGIN), null);
    assert.equal(openRefusal(note.replace('late', 'gone'), LOG.vkey, ORIGIN), null);
    assert.equal(openRefusal(signRequest(keysOf('home-1').record, ORIGIN, 'home-1', 5, NOW), LOG.vkey, ORIGIN), null);
  });
});
