// What lies too far ahead of the community's clock is not believed; what a restart tells again is.
import assert from 'node:assert/strict';
import { Community } from '../../../nodes/microgrid-community/community.ts';
import { requireBidding, requireCleared, requireGateDue, requireNotAhead } from '../../../nodes/shared/plausible.ts';

/** At 06:00, with gates five minutes before delivery. */
const street = new Community(
  {
    origin: 'plausible.example',
    currency: 'EUR',
    tariffs: { import: 3, feedIn: 1 },
    gateLeadSeconds: 300,
    maxOrderWh: 1,
    maxOrdersPerMember: 1,
  },
  { mode: 'simulated', start: Date.parse('2017-07-10T06:00Z'), speed: 0.001 },
  '/nonexistent',
);

describe('plausible', () => {
  after(() => street.close());

  const cases: [string, (interval: string) => void, string[], string[]][] = [
    // The gate of 06:15 closes at 06:10, that of 06:00 closed at 05:55.
    [
      'a gate',
      (interval) => requireGateDue(street, interval),
      ['2017-07-10T06:00Z', '2017-07-09T00:00Z'],
      ['2017-07-10T06:15Z', '9999-12-31T23:45Z'],
    ],
    [
      'energy',
      (interval) => requireNotAhead(street, interval, 'meter'),
      ['2017-07-10T05:45Z', '2017-07-10T08:00Z'],
      ['2017-07-10T08:15Z', '2017-08-10T06:00Z'],
    ],
    [
      'results',
      (interval) => requireCleared(street, interval, 'result'),
      ['2017-07-10T06:00Z', '2017-07-10T08:00Z'],
      ['2017-07-10T08:15Z', '2017-08-10T06:00Z'],
    ],
    [
      'bidding',
      (interval) => requireBidding(street, interval),
      ['2017-07-10T06:00Z', '2017-07-10T06:15Z'],
      ['2017-07-10T06:30Z', '2018-07-10T06:15Z'],
    ],
  ];
  for (const [what, check, fine, ahead] of cases) {
    it(`takes ${what} of now and before, not of later`, () => {
      for (const interval of fine) check(interval);
      for (const interval of ahead) assert.throws(() => check(interval), /it is only 2017-07-10T06:00:00/, interval);
    });
  }

  it('is a code as well as a sentence for a gate', () => {
    assert.throws(() => requireGateDue(street, '2017-07-10T06:15Z'), { code: 'too-early' });
  });
});
