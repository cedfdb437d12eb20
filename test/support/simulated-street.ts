// The street of the demo as a community to simulate: eight homes with the batteries of the study, a bakery, an office.
import type { CommunityConfig } from '../../src/simulation/community-config.ts';

export const homeBattery = {
  capacityWh: 6400,
  maxChargeW: 5000,
  maxDischargeW: 5000,
  roundTripPerMille: 900,
  minSocPerMille: 0,
};

export const streetConfig: CommunityConfig = {
  origin: 'sunny-street.example/ledger/1',
  currency: 'EUR',
  tariffs: { import: 300_000, feedIn: 80_000 },
  members: [
    ...Array.from({ length: 8 }, (_, n) => ({ id: `home-0${n + 1}`, kind: 'home' as const, battery: homeBattery })),
    { id: 'bakery', kind: 'business' },
    { id: 'office', kind: 'business' },
  ],
};
