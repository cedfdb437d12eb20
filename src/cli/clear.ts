// `microgrid clear` (cli.md): clears one auction from a file, without Node-RED and without a ledger.
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { areas, fields, id, integer, interval, list, oneOf, parseInput, places, preference } from '../input/fields.ts';
import { clear, RULE_NAMES } from '../market/clear.ts';
import { explainAll } from '../market/explain.ts';
import type { Auction, Clearing, Order, Pair, Place } from '../market/order.ts';
import { type Known, unknownIn } from '../market/preference.ts';
import { compareBytes } from '../market/rotation.ts';
import { ALLOCATION } from '../market/rules/allocation.ts';
import { CONTINUOUS } from '../market/rules/continuous.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { type AreaClearing, isZonal, ZONAL } from '../market/rules/zonal.ts';
import { energyText, priceText } from '../market/words.ts';
import { describe, type Reason } from '../units.ts';
import { allocationHelp, clearAllocation } from './clear-allocation.ts';
import { type ExitCode, InputError, type Io, oneFile, printJson, readJson } from './io.ts';
import { placesByMember } from './places.ts';

export const name = 'clear';
export const summary = 'clear one auction';
export const help = `Use: microgrid clear [--rule ${UNIFORM_PRICE}] [--json] FILE

Clears the auction of one delivery interval. FILE is JSON, - is standard input:
  {"interval": "2026-11-22T08:15Z",
   "members": ["a", "b"],               roster for the rotation; default: the members with orders
   "orders": [{"id": "o1", "member": "a", "side": "buy", "wh": 1500, "limit": 250000}, ...],
   "places": [{"member": "a", "feeder": "f1", "substation": "s1"}, ...],     optional: the feeder tree, for the pairs
   "areas": [{"id": "street"},          optional, for zonal/1: the feeder tree with what its lines can carry
             {"id": "f1", "parent": "street", "importWh": 9000, "exportWh": 6000, "fee": 10000, "members": ["a"]}, ...]}
An order may say whom it wants to trade with: "preference": {"mode": "only" or "first", "from": "partners", "partners": ["b"]};
or "from": "feeder" (needs its member in "places", or in "areas"), or on a buy "from": "renewable", which sells with
"renewable": true declare. What trades by preference does so before the rule, midway between the two limits.
The line of an area to its parent carries importWh and exportWh per interval (left out: no limit) for a fee per kWh.
Energy in Wh, limits in micro-currency per kWh (0.25 EUR/kWh = 250000). Under ${CONTINUOUS} the order of "orders" is that of
the log, and "cancels": [{"order": "o1", "after": 3}] may stand beside them: o1 is taken back after the first 3 orders.

  --rule NAME   market rule: ${[...RULE_NAMES, ALLOCATION].join(', ')}
                (docs/market.md)
  --json        one JSON document: rule, interval, volumeWh, price, priceLow, priceHigh, fills (sorted by id), pairs (each
                with its price where there is no one price; with sellerPrice where the seller gets less, the rest is the fund's,
                but for a networkFee); with ${ZONAL} also areas: id, parent, price, priceLow, priceHigh, flowWh (into the
                area), fee, rent; where orders met by preference also preferred: buy and sell (places in fills),
                buyer, seller, wh, price

${allocationHelp}`;

const auctionSchema = fields({
  interval,
  members: v.optional(list(id)),
  orders: list(
    fields({
      id,
      member: id,
      side: oneOf(['buy', 'sell']),
      wh: integer(1),
      limit: integer(),
      renewable: v.exactOptional(v.literal(true, ({ input }) => `must be true or left out, but is ${describe(input)}`)),
      preference: v.exactOptional(preference),
    }),
  ),
  places: v.optional(places),
  areas: v.optional(areas),
  cancels: v.optional(list(fields({ order: id, after: integer(1) }))),
});

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rule: { type: 'string', default: UNIFORM_PRICE }, json: { type: 'boolean', default: false } },
  });
  const input = await readJson(io, oneFile(positionals));
  if (values.rule === ALLOCATION) return clearAllocation(input, io, values.json);
  const auction = readAuction(input);
  checkKnown(auction, values.rule);
  const clearing = clear(values.rule, auction);
  const reasons = explainAll(auction, clearing);
  if (values.json) printJson(io, document(clearing, reasons));
  else io.stdout.write(shortText(auction.orders, clearing, reasons));
  return 0;
}

function readAuction(value: unknown): Auction {
  const { interval, members, orders, places, areas, cancels } = parseInput(auctionSchema, value);
  return {
    interval,
    orders,
    ...(members ? { members } : {}),
    ...(places ? { places: placesByMember(places) } : {}),
    ...(areas ? { areas } : {}),
    ...(cancels ? { cancels } : {}),
  };
}

/** A partner who is in no roster, or a feeder that is in no tree, is a slip of the pen in a file. */
function checkKnown({ orders, members, places, areas }: Auction, rule: string): void {
  const inAreas = rule === ZONAL && areas && areas.length > 0;
  const known: Known = {
    ...(members ? { members: new Set(members) } : {}),
    places: inAreas ? new Set(areas.flatMap((area) => area.members ?? [])) : (places ?? new Map<string, Place>()),
  };
  for (const [index, order] of orders.entries()) {
    const fault = unknownIn(order, known);
    if (fault) throw new InputError(`orders[${index}].${fault.text}`);
  }
}

/** Fills sorted by id (bytes): so the order in which orders were handed in changes no byte. */
function document({ preferred, ...clearing }: Clearing, reasons: readonly Reason[]) {
  const sorted = [...clearing.fills.keys()].sort((a, b) => compareBytes(clearing.fills[a]!.id, clearing.fills[b]!.id));
  const placeOf = new Map(sorted.map((index, place) => [index, place]));
  return {
    ...clearing,
    fills: sorted.map((index) => ({ ...clearing.fills[index]!, reason: reasons[index]! })),
    ...(preferred
      ? { preferred: preferred.map((met) => ({ ...met, buy: placeOf.get(met.buy)!, sell: placeOf.get(met.sell)! })) }
      : {}),
  };
}

function shortText(orders: readonly Order[], clearing: Clearing, reasons: readonly Reason[]) {
  const { interval, volumeWh, price, pairs, preferred = [] } = clearing;
  const preferredWh = preferred.reduce((sum, { wh }) => sum + wh, 0);
  const areas = isZonal(clearing) ? clearing.areas : [];
  const at = price === null || areas.length > 0 ? '' : ` at ${priceText(price)} EUR/kWh`;
  const first = preferredWh === 0 ? '' : `${energyText(preferredWh)} traded by preference, then `;
  const lines = [
    `${interval}: ${first}${volumeWh === 0 ? 'nothing' : energyText(volumeWh)} traded${at}`,
    ...areas.map(areaText),
    ...orders.map(({ id, member, side }, index) => `  ${id} (${member}, ${side}): ${reasons[index]!.text}`),
    ...preferred.map((met) => `  ${pairText(met)}, by preference`),
    ...pairs.map((pair) => `  ${pairText(pair)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function areaText({ id, parent, price, flowWh, fee, rent }: AreaClearing): string {
  const priced = price === null ? 'no price' : `${priceText(price)} EUR/kWh`;
  if (flowWh === 0) return `  ${id}: ${priced}`;
  const way = `${energyText(Math.abs(flowWh))} ${flowWh > 0 ? 'in from' : 'out to'} ${parent}`;
  return `  ${id}: ${priced}; ${way}, fee ${priceText(fee)}${rent > 0 ? `, line full ${priceText(rent)}` : ''}`;
}

function pairText({ buyer, seller, wh, price, sellerPrice }: Pair): string {
  const supplied = `${seller} supplies ${buyer} with ${energyText(wh)}`;
  if (price === undefined) return supplied;
  const gets =
    sellerPrice === undefined || sellerPrice === price ? '' : `, of which ${seller} gets ${priceText(sellerPrice)}`;
  return `${supplied} at ${priceText(price)} EUR/kWh${gets}`;
}
