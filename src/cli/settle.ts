// `microgrid settle` (cli.md): settles intervals from a file, without Node-RED and without a ledger.
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { fields, id, integer, interval, list, oneOf, parseInput, places, someFields } from '../input/fields.ts';
import { moneyText } from '../market/words.ts';
import { SETTLED_RULES } from '../settlement/check.ts';
import { settle } from '../settlement/settle.ts';
import type { Settlement, SettlementInput } from '../settlement/settlement.ts';
import { type ExitCode, InputError, type Io, oneFile, printJson, readJson } from './io.ts';
import { placesByMember } from './places.ts';

export const name = 'settle';
export const summary = 'settle one or more intervals';
export const help = `Use: microgrid settle [--json] FILE

Settles traded and metered energy by settle/1. FILE is JSON, - is standard input:
  {"tariffs": {"import": 300000, "feedIn": 80000,                      micro-currency per kWh; the rest is optional:
               "networkFee": {"feeder": 10000, "substation": 30000, "beyond": 70000}, "levies": 20000,
               "vatBasisPoints": 1900},
   "intervals": [{"interval": "2026-11-22T08:15Z", "clearing": <what microgrid clear --json prints>,
                  "meters": [{"member": "a", "importWh": 1200, "exportWh": 0, "quality": "measured"}, ...]}, ...],
   "places": [{"member": "a", "feeder": "f1", "substation": "s1"}, ...]}      optional: the feeder tree, for the fee
Energy of the interval in Wh, not counters. Quality is measured, estimated or missing; a member whose energy is missing
(null, or left out) stays open in that interval. Of a clearing, price and pairs are enough (and rule, where pairs have prices
of their own; and preferred, where there is any); whatever else is there must agree with them, for a clearing that contradicts itself is refused. Clearings and meters may have further fields, the rest may not.

  --json        one JSON document: lines, accounts (nano-currency, + received, - paid), sum, open
`;

const price = integer();
const bound = v.exactOptional(v.nullable(price));
const energy = v.optional(v.nullable(integer(0)), null);
/** Asked for first: a clearing of another rule may lack what these have. */
const rule = oneOf(SETTLED_RULES);

const clearing = someFields({
  rule: v.exactOptional(rule),
  interval: v.exactOptional(interval),
  volumeWh: v.exactOptional(integer(0)),
  price: v.nullable(price),
  priceLow: bound,
  priceHigh: bound,
  fills: v.exactOptional(list(someFields({ id, member: id, side: oneOf(['buy', 'sell']), wh: integer(0) }))),
  pairs: list(
    someFields({
      buyer: id,
      seller: id,
      wh: integer(1),
      price: v.exactOptional(price),
      sellerPrice: v.exactOptional(price),
      networkFee: v.exactOptional(integer(0)),
    }),
  ),
  preferred: v.exactOptional(
    list(
      someFields({
        buy: v.exactOptional(integer(0)),
        sell: v.exactOptional(integer(0)),
        buyer: id,
        seller: id,
        wh: integer(1),
        price,
      }),
    ),
  ),
});

const meter = someFields({
  interval: v.exactOptional(interval),
  member: id,
  importWh: energy,
  exportWh: energy,
  quality: oneOf(['measured', 'estimated', 'missing']),
});

const fees = { feeder: v.optional(price, 0), substation: v.optional(price, 0), beyond: v.optional(price, 0) };

const inputSchema = fields({
  tariffs: fields({
    import: price,
    feedIn: price,
    networkFee: v.optional(fields(fees), {}),
    levies: v.optional(price, 0),
    vatBasisPoints: v.optional(integer(0), 0),
  }),
  intervals: list(fields({ interval, clearing, meters: list(meter) })),
  places: v.optional(places, []),
});

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const settlement = settle(readInput(await readJson(io, oneFile(positionals))));
  if (values.json) {
    const { lines, accounts, sum, open } = settlement;
    printJson(io, { lines, accounts, sum, open });
  } else {
    io.stdout.write(shortText(settlement));
  }
  return 0;
}

function readInput(value: unknown): SettlementInput {
  const { tariffs, intervals, places } = parseInput(inputSchema, value);
  for (const [index, part] of intervals.entries()) checkRows(part, `intervals[${index}]`);
  return { tariffs, intervals, places: placesByMember(places) };
}

/** Meters that say more than the settlement asks for must not say something else. */
function checkRows({ interval, meters }: v.InferOutput<typeof inputSchema>['intervals'][number], at: string) {
  for (const [index, meter] of meters.entries()) {
    if (meter.interval !== undefined && meter.interval !== interval) {
      throw new InputError(`${at}.meters[${index}].interval is ${meter.interval}, but the interval is ${interval}`);
    }
  }
}

function shortText({ lines, accounts, sum, open }: Settlement): string {
  const width = Math.max(0, ...Object.keys(accounts).map((account) => account.length));
  const rows = [
    `${lines.length} lines; balances of the accounts (+ received, - paid), their sum is ${sum}:`,
    ...Object.entries(accounts).map(([account, nano]) => `  ${account.padEnd(width)} ${moneyText(BigInt(nano))}`),
    ...open.map(({ interval, member, reason }) => `  open: ${member} in ${interval} (${reason})`),
  ];
  return `${rows.join('\n')}\n`;
}
