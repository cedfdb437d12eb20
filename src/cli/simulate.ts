// `microgrid simulate` (cli.md): a whole community on a simulated clock, without Node-RED, optionally into a ledger.
import { parseArgs } from 'node:util';
import { ALLOCATION } from '../market/rules/allocation.ts';
import { UNIFORM_PRICE } from '../market/rules/uniform-price.ts';
import { energyText, moneyText } from '../market/words.ts';
import type { CommunityConfig } from '../simulation/community-config.ts';
import { readCommunity } from '../simulation/community-config.ts';
import { CommunityLedger, type LedgerSummary } from '../simulation/community-ledger.ts';
import type { Figures } from '../simulation/figures.ts';
import { bundledProfiles, openProfiles, openStream } from '../simulation/profile-store.ts';
import type { Profiles } from '../simulation/profiles.ts';
import { type SimulationResult, simulate } from '../simulation/simulation.ts';
import { SIMULATED_RULES } from '../simulation/street-market.ts';
import { intervalStart, isInterval } from '../time/interval.ts';
import { describe, quote } from '../units.ts';
import { type ExitCode, InputError, type Io, oneFile, printJson, readJson } from './io.ts';
import { makeDirectory, refuseExistingLedger } from './ledger-directory.ts';

const DEFAULT_SEED = 'microgrid';

export const name = 'simulate';
export const summary = 'run a whole community on a simulated clock';
export const help = `Use: microgrid simulate COMMUNITY.json --profiles FILE.csv [options]

Runs meters, batteries, orders, auction and settlement of a community, interval by interval, and adds the figures up; beside
them the same figures without trading, without batteries and without both. COMMUNITY.json (- is standard input):
  {"origin": "sunny-street.example/ledger/1", "currency": "EUR",
   "tariffs": {"import": 300000, "feedIn": 80000},                                     micro-currency per kWh
   "members": [{"id": "home-01", "kind": "home",                                       home, business or storage
                "battery": {"capacityWh": 6400, "maxChargeW": 5000, "maxDischargeW": 5000,
                            "roundTripPerMille": 900, "minSocPerMille": 0},            the battery may be left out
                "strategy": {"name": "stored-value", "wear": 20000}},                      how it bids; by its last days if left out
               ...]}
Strategies: last-days; fixed-limit with "buy" and/or "sell"; price-taker; stored-value with "wear" (docs/strategies.md).
Some rules need more; under the others it may stand there all the same:
  zonal/1       "areas": [{"id": "street"},                                            lines with what they carry, Wh per
                          {"id": "feeder-a", "parent": "street", "importWh": 500,      interval, and cost per kWh;
                           "exportWh": 500, "fee": 10000}, ...]                        a member names its "feeder"
  allocation/1  "allocation": {"price": 190000, "keys": {"kind": "static",             what members pay each other; kinds
                 "keys": [{"member": "home-01", "millionths": 100000}, ...]}}          static, static-redistributed, dynamic

  --profiles FILE   CSV: start (UTC), <member>.load, <member>.pv in Wh per row of 15, 30 or 60 minutes; - is standard input,
                    or the name of a profile of this package: ${bundledProfiles().join(', ')}. How long a row is, is the shortest
                    distance between two rows; a single row is a quarter hour
  --rule NAME       market rule (default ${UNIFORM_PRICE}):
                    ${SIMULATED_RULES.join(', ')}
  --from T          first interval, such as 2017-07-10T06:00Z; rows before it are the members' history
  --intervals N     how many intervals at most; missing rows make no intervals
  --ledger DIR      writes the ledger to DIR/ledger.sqlite and DIR/export/, all records signed; DIR must not hold one yet, and is
                    safe from a power cut once the command has ended; not with ${ALLOCATION}, which has no orders to record
  --seed S          where keys and nonces come from (default "${DEFAULT_SEED}"): same seed, same ledger; for simulations only
  --json            one JSON document: rule, intervals, members, energy in Wh, shares in per mille (rounded half up; null without
                    load or PV), costNano, fundNano, networkNano, without, bills, ledger (with --ledger), seconds, peakRssMb
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const started = io.now();
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      profiles: { type: 'string' },
      rule: { type: 'string', default: UNIFORM_PRICE },
      from: { type: 'string' },
      intervals: { type: 'string' },
      ledger: { type: 'string' },
      seed: { type: 'string', default: DEFAULT_SEED },
      json: { type: 'boolean', default: false },
    },
  });
  const file = oneFile(positionals);
  if (values.profiles === undefined) {
    throw new InputError('--profiles FILE is missing; the package itself has "street"');
  }
  if (file === '-' && values.profiles === '-') throw new InputError('only one of the two inputs can be standard input');
  const time = { ...readFrom(values.from), ...readCount(values.intervals) };
  const { rule, ledger: path } = values;
  if (!SIMULATED_RULES.includes(rule)) {
    throw new InputError(`there is no market rule ${quote(rule)}; known are ${SIMULATED_RULES.join(', ')}`);
  }
  if (path !== undefined && rule === ALLOCATION) {
    throw new InputError(`${ALLOCATION} has no orders that a ledger could record; leave --ledger out`);
  }
  const config = readCommunity(await readJson(io, file), rule);
  if (path !== undefined) refuseExistingLedger(path);
  const profiles = await (values.profiles === '-'
    ? openStream(io.stdin, 'standard input')
    : openProfiles(values.profiles, 'streams'));
  const ledger = path === undefined ? null : { path, book: new CommunityLedger(config, { path, seed: values.seed }) };
  const [result, summary] = await runSimulation(config, profiles, time, ledger);
  const document = {
    rule,
    ...result,
    ...(summary ? { ledger: summary } : {}),
    seconds: Math.round((io.now() - started) / 10) / 100,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
  if (values.json) printJson(io, document);
  else io.stdout.write(shortText(rule, result, summary, config.currency));
  return 0;
}

async function runSimulation(
  config: CommunityConfig,
  profiles: Profiles,
  time: { from?: number; intervals?: number },
  ledger: { readonly path: string; readonly book: CommunityLedger } | null,
): Promise<[SimulationResult, LedgerSummary | null]> {
  if (!ledger) return [await simulate({ config, profiles, ...time }), null];
  const { path, book } = ledger;
  let made = false;
  try {
    const result = await simulate({
      config,
      profiles,
      ...time,
      onInterval: (street) => {
        // Not before the first interval is known: a simulation that is refused leaves nothing behind.
        if (!made) makeDirectory(path);
        made = true;
        return book.interval(street);
      },
    });
    return [result, await book.close()];
  } catch (error) {
    await book.abandon();
    throw error;
  }
}

function readFrom(from: string | undefined): { from?: number } {
  if (from === undefined) return {};
  if (!isInterval(from)) {
    throw new InputError(`--from must be a UTC quarter hour such as 2017-07-10T06:00Z, but is ${describe(from)}`);
  }
  return { from: intervalStart(from) };
}

function readCount(intervals: string | undefined): { intervals?: number } {
  if (intervals === undefined) return {};
  if (!/^[1-9]\d{0,8}$/.test(intervals)) {
    throw new InputError(`--intervals must be a whole number from 1 to 999999999, but is ${describe(intervals)}`);
  }
  return { intervals: Number(intervals) };
}

function shortText(rule: string, result: SimulationResult, ledger: LedgerSummary | null, currency: string): string {
  const { intervals, members, without } = result;
  const row = (label: string, figures: Figures) =>
    [
      `  ${label.padEnd(18)}`,
      energyText(figures.boundaryImportWh).padStart(14),
      energyText(figures.tradedWh).padStart(14),
      share(figures.selfSufficiencyPerMille).padStart(12),
      share(figures.selfConsumptionPerMille).padStart(12),
      `${moneyText(BigInt(figures.costNano))} ${currency}`.padStart(24),
    ].join('');
  const lines = [
    `${intervals} intervals, ${members} members, ${rule}: load ${energyText(result.loadWh)}, PV ${energyText(result.pvWh)}`,
    `  ${''.padEnd(18)}${['from the grid', 'traded', 'self-suff.', 'self-cons.'].map((head, i) => head.padStart(i < 2 ? 14 : 12)).join('')}${'cost'.padStart(24)}`,
    row('as it is', result),
    row('without trading', without.trading),
    row('without batteries', without.battery),
    row('without both', without.both),
    ...(ledger
      ? [`ledger: ${ledger.records} records in ${ledger.blocks} blocks, ${ledger.size} leaves, root ${ledger.root}`]
      : []),
  ];
  return `${lines.join('\n')}\n`;
}

function share(perMille: number | null): string {
  return perMille === null ? '-' : `${(perMille / 10).toFixed(1)} %`;
}
