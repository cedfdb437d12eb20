// `microgrid clear --rule allocation/1`: shares the surplus of an interval by keys. No orders, so an input of its own; what
// comes out can be settled as any clearing can.
import * as v from 'valibot';
import { fields, id, integer, interval, list, oneOf, parseInput, places } from '../input/fields.ts';
import { type Allocation, KEY_KINDS, type Keys } from '../market/allocation-keys.ts';
import { explainShare } from '../market/explain/allocation.ts';
import { allocate } from '../market/rules/allocation.ts';
import { energyText, priceText } from '../market/words.ts';
import { type ExitCode, type Io, printJson } from './io.ts';
import { placesByMember } from './places.ts';

export const allocationHelp = `allocation/1 has no orders. Its FILE:
  {"interval": "2026-11-22T08:15Z", "price": 150000,       what members pay each other per kWh
   "energy": [{"member": "a", "surplusWh": 0, "consumptionWh": 800}, ...],
   "keys": {"kind": "static", "keys": [{"member": "a", "millionths": 250000}, ...]},
   "members": [...], "places": [...]}                       optional, as above
Kinds: static, static-redistributed, dynamic-simple; dynamic (by consumption, no "keys"); dynamic-full (each key with the
"producer" whose surplus it shares). Out: rule, interval, volumeWh, price, shares (per consumer, with its reason), left
(per producer, for the supplier), pairs.
`;

const key = { member: id, millionths: integer(0, 1_000_000) };
const keysSchemas = {
  static: fields({ kind: v.literal('static'), keys: list(fields(key)) }),
  'static-redistributed': fields({ kind: v.literal('static-redistributed'), keys: list(fields(key)) }),
  dynamic: fields({ kind: v.literal('dynamic') }),
  'dynamic-simple': fields({ kind: v.literal('dynamic-simple'), keys: list(fields(key)) }),
  'dynamic-full': fields({ kind: v.literal('dynamic-full'), keys: list(fields({ ...key, producer: id })) }),
} as const;

const inputSchema = fields({
  interval,
  price: integer(),
  members: v.optional(list(id)),
  energy: list(fields({ member: id, surplusWh: integer(0), consumptionWh: integer(0) })),
  keys: v.looseObject({ kind: oneOf(KEY_KINDS) }, 'must be an object with a kind'),
  places: v.optional(places),
});

export function clearAllocation(input: unknown, io: Io, json: boolean): ExitCode {
  const { keys, members, places, ...rest } = parseInput(inputSchema, input);
  const allocation = allocate({
    ...rest,
    keys: readKeys(keys),
    ...(members ? { members } : {}),
    ...(places ? { places: placesByMember(places) } : {}),
  });
  if (json)
    printJson(io, {
      ...allocation,
      shares: allocation.shares.map((share) => ({ ...share, reason: explainShare(share) })),
    });
  else io.stdout.write(shortText(allocation));
  return 0;
}

/** Which fields keys have depends on their kind; named as they stand in the file. */
function readKeys(keys: { readonly kind: Keys['kind'] }): Keys {
  const schema: v.GenericSchema<unknown, Keys> = keysSchemas[keys.kind];
  return parseInput(fields({ keys: schema }), { keys }).keys;
}

function shortText({ interval, volumeWh, price, shares, left, pairs }: Allocation): string {
  const lines = [
    price === null
      ? `${interval}: nothing shared`
      : `${interval}: ${energyText(volumeWh)} shared at ${priceText(price)} EUR/kWh`,
    ...shares.map((share) => `  ${share.member}: ${explainShare(share).text}`),
    ...left.map(({ member, wh }) => `  ${member} has ${energyText(wh)} left for the supplier`),
    ...pairs.map(({ buyer, seller, wh }) => `  ${seller} supplies ${buyer} with ${energyText(wh)}`),
  ];
  return `${lines.join('\n')}\n`;
}
