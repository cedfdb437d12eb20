// Time zones by name: what the runtime knows, and nothing that only looks like it.
import assert from 'node:assert/strict';
import { isTimeZone, zoneFormat } from '../../src/time/zone.ts';

describe('time zones', () => {
  it('knows zones by name, and nothing else', () => {
    for (const zone of ['UTC', 'Europe/Paris', 'America/Argentina/Buenos_Aires', 'Asia/Kathmandu']) {
      assert.equal(isTimeZone(zone), true, zone);
    }
    for (const zone of [
      '',
      'utc',
      '+01:00',
      'Europe/Atlantis',
      ' UTC',
      'Europe/',
      'Vienna',
      'x'.repeat(100),
      '../etc',
      1,
      null,
      undefined,
      {},
    ]) {
      assert.equal(isTimeZone(zone), false, String(zone));
    }
  });

  it('show calendar and clock of the place in plain digits', () => {
    assert.equal(zoneFormat('Asia/Kathmandu').format(Date.parse('2026-11-22T18:15:07Z')), '11/23/2026, 00:00:07');
    assert.throws(() => zoneFormat('Europe/Atlantis'), RangeError);
  });
});
