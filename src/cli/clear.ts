// `microgrid clear` (cli.md): clears one auction from a file, without Node-RED and without a ledger.
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { areas, fields, id, integer, interval, list, oneOf, parseInput, places } from '../input/fields.ts';
import { clear, RULE_NAMES } from '../market/clear.ts';
import { explainAll } from '../market/explain.ts';
import type { Auction, Clearing, Order, Pair } from '../market/order.ts';
import { compareBytes } from '../market/rotation.ts';
import { ALLOCATION } from '../market/rules/allocation.ts';
import { CONTINUOUS } from '../market/rules/continuous.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { type AreaClearing, isZonal, ZONAL } from '../market/rules/zonal.ts';
import { energyText, priceText } from '../market/words.ts';
import type { Reason } from '../units.ts';
import { allocationHelp, clearAllocation } from './clear-allocation.ts';
import { type ExitCode, type Io, oneFile, printJson, readJson } from './io.ts';
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
The line of an area to its parent carries importWh and exportWh per interval (left out: no limit) for a fee per kWh.
Energy in Wh, limits in micro-currency per kWh (0.25 EUR/kWh = 250000). Under ${CONTINUOUS} the order of "orders" is that of
the log, and "cancels": [{"order": "o1", "after": 3}] may stand beside them: o1 is taken back after the first 3 orders.

  --rule NAME   market rule: ${[...RULE_NAMES, ALLOCATION].join(', ')}
                (docs/market.md)
  --json        one JSON document: rule, interval, volumeWh, price, priceLow, priceHigh, fills (sorted by id), pairs (each
                with its price where there is no one price; with sellerPrice where the seller gets less, the rest is the fund's,
                but for a networkFee); with ${ZONAL} also areas: id, parent, price, priceLow, priceHigh, flowWh (into the
                area), fee, rent

${allocationHelp}`;

const auctionSchema = fields({
  interval,
  members: v.optional(list(id)),
  orders: list(fields({ id, member: id, side: oneOf(['buy', 'sell']), wh: integer(1), limit: integer() })),
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

/** Fills sorted by id (bytes): so the order in which orders were handed in changes no byte. */
function document(clearing: Clearing, reasons: readonly Reason[]) {
  const fills = clearing.fills
    .map((fill, index) => ({ ...fill, reason: reasons[index]! }))
    .sort((a, b) => compareBytes(a.id, b.id));
  return { ...clearing, fills };
}

function shortText(orders: readonly Order[], clearing: Clearing, reasons: readonly Reason[]) {
  const { interval, volumeWh, price, pairs } = clearing;
  const areas = isZonal(clearing) ? clearing.areas : [];
  const at = price === null || areas.length > 0 ? '' : ` at ${priceText(price)} EUR/kWh`;
  const lines = [
    volumeWh === 0 ? `${interval}: nothing traded` : `${interval}: ${energyText(volumeWh)} traded${at}`,
    ...areas.map(areaText),
    ...orders.map(({ id, member, side }, index) => `  ${id} (${member}, ${side}): ${reasons[index]!.text}`),
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
