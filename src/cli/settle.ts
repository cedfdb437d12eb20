// `microgrid settle` (cli.md): settles intervals from a file, without Node-RED and without a ledger.
import { parseArgs } from 'node:util';
import { moneyText } from '../market/words.ts';
import { type Correction, correct } from '../settlement/correct.ts';
import { type Estimate, withEstimates } from '../settlement/estimate.ts';
import { settle } from '../settlement/settle.ts';
import type { Settlement } from '../settlement/settlement.ts';
import { type ExitCode, type Io, oneFile, printJson, readJson, shownFile } from './io.ts';
import { readSettled, readSettleInput } from './settle-input.ts';

export const name = 'settle';
export const summary = 'settle one or more intervals';
export const help = `Use: microgrid settle [--json] [--before SETTLED] FILE

Settles traded and metered energy by settle/1 (docs/settlement.md). FILE is JSON, - is standard input:
  {"tariffs": {"import": 300000, "feedIn": 80000,                      micro-currency per kWh; the rest is optional:
               "networkFee": {"feeder": 10000, "substation": 30000, "beyond": 70000}, "levies": 20000,
               "vatBasisPoints": 1900, "feedInVatBasisPoints": 0,
               "balancing": {"rule": "penalty/1", "penalty": 20000}},  or supplier/1, pooled/1
   "intervals": [{"interval": "2026-11-22T08:15Z", "clearing": <what microgrid clear --json prints>,
                  "meters": [{"member": "a", "importWh": 1200, "exportWh": 0, "quality": "measured"}, ...]}, ...],
   "places": [{"member": "a", "feeder": "f1", "substation": "s1"}, ...]}      optional: the feeder tree, for the fee
Energy of the interval in Wh, not counters. Quality is measured, estimated or missing; a member whose energy is missing
(null, or left out) stays open in that interval. Of a clearing, price and pairs are enough (and rule, where pairs have prices
of their own; and preferred, where there is any); whatever else is there must agree with them, for a clearing that contradicts itself is refused. Clearings and meters may have further fields, the rest may not.

In the place of "tariffs" (of all, or in one of the intervals): "tariff", a document with hours, seasons and dates in a time zone,
and "prices": [{"interval", "price"}, ...] where it is dynamic. An interval without a tariff or price stays open. Besides:
  "peaks": [{"member": "a", "month": "2026-11", "wh": 900}, ...]       highest quarter hours so far, for a capacity charge
  "estimate": {"rule": "estimate/1", "afterHours": 72, "at": "2026-11-26T00:00Z"}, "history": [meters with "interval", ...]

  --before SETTLED   what --json printed before: also prints the correction, the lines that come to the difference
  --json             one JSON document: lines, accounts (nano-currency, + received, - paid), sum, open; and peaks, estimates,
                     correction where there can be any
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, before: { type: 'string' } },
  });
  const { input, estimate } = readSettleInput(await readJson(io, oneFile(positionals)));
  const { input: complete, estimates } = estimate ? withEstimates(input, estimate) : { input, estimates: null };
  const settlement = settle(complete);
  const before =
    values.before === undefined ? null : readSettled(await readJson(io, values.before), shownFile(values.before));
  const correction = before && correct(before, settlement);
  if (values.json) printJson(io, document(settlement, estimates, correction));
  else io.stdout.write(shortText(settlement, estimates ?? [], correction));
  return 0;
}

function document(
  { lines, accounts, sum, open, peaks }: Settlement,
  estimates: readonly Estimate[] | null,
  correction: Correction | null,
): object {
  return {
    lines,
    accounts,
    sum,
    open,
    ...(peaks ? { peaks } : {}),
    ...(estimates ? { estimates } : {}),
    ...(correction
      ? { correction: { lines: correction.lines, accounts: correction.accounts, sum: correction.sum } }
      : {}),
  };
}

function shortText(
  { lines, accounts, sum, open }: Settlement,
  estimates: readonly Estimate[],
  correction: Correction | null,
): string {
  const rows = [
    `${lines.length} lines; balances of the accounts (+ received, - paid), their sum is ${sum}:`,
    ...balances(accounts),
    ...open.map(({ interval, member, reason }) => `  open: ${member} in ${interval} (${reason})`),
    ...estimates.map(({ interval, member, basis }) => `  estimated: ${member} in ${interval} (from ${basis})`),
  ];
  if (correction) {
    rows.push(`the correction has ${correction.lines.length} lines; it changes, in sum ${correction.sum}:`);
    rows.push(...balances(correction.accounts));
  }
  return `${rows.join('\n')}\n`;
}

function balances(accounts: Readonly<Record<string, string>>): string[] {
  const width = Math.max(0, ...Object.keys(accounts).map((account) => account.length));
  return Object.entries(accounts).map(([account, nano]) => `  ${account.padEnd(width)} ${moneyText(BigInt(nano))}`);
}
