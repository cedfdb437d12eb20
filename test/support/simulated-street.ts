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

/** The same street as a COMMUNITY.json for every rule: on two feeders, with keys. */
export const tenOnFeeders = {
  ...streetConfig,
  areas: [
    { id: 'street' },
    { id: 'feeder-a', parent: 'street', importWh: 500, exportWh: 500, fee: 10_000 },
    { id: 'feeder-b', parent: 'street', importWh: 500, exportWh: 500, fee: 10_000 },
  ],
  allocation: {
    price: 190_000,
    keys: { kind: 'static', keys: streetConfig.members.map(({ id }) => ({ member: id, millionths: 100_000 })) },
  },
  members: streetConfig.members.map((member, index) => ({ ...member, feeder: index % 2 ? 'feeder-a' : 'feeder-b' })),
};
