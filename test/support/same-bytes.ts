// A fixed piece of work, which test/package/same-bytes.test.ts runs under other versions of Node, time zones and languages: books
// cleared under every rule, tariffs on days on which clocks change, bills, and a street with its signed ledger, export and
// statements. Does it in each of the time zones that it is given, the first being the one it is started in, and prints one JSON
// document: where it ran, and the SHA-256 of each part. Keys, nonces, clock and chance are fixed.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { rulesPage } from '../../scripts/rules-table/page.ts';
import { rulesPicture } from '../../scripts/rules-table/picture.ts';
import { canonicalJson } from '../../src/log/canonical-json.ts';
import { KEY_KINDS, type Keys, type MemberEnergy } from '../../src/market/allocation-keys.ts';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import { explainAll } from '../../src/market/explain.ts';
import type { Auction } from '../../src/market/order.ts';
import { allocate } from '../../src/market/rules/allocation.ts';
import { CONTINUOUS } from '../../src/market/rules/continuous.ts';
import { ZONAL } from '../../src/market/rules/zonal.ts';
import { tariffResolver } from '../../src/settlement/resolve.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { TradedEnergy } from '../../src/settlement/settlement.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { SIMULATED_RULES } from '../../src/simulation/street-market.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { formatEnergy, formatPower, formatPrice } from '../../src/units.ts';
import { auctionsOf, INTERVAL, MEMBERS, withCancels } from './books.ts';
import { runCommand } from './command.ts';
import { someLimit, zonalAuctionsOf } from './feeder-trees.ts';
import { preferringAuctionsOf, preferringZonalAuctionsOf } from './preferring-books.ts';
import { tenOnFeeders } from './simulated-street.ts';
import { tariffs } from './tariffs.ts';

/** Of everything that is drawn. */
const COUNT = 20;
const SEED = 20_261_122;
/** Before the clocks of Europe and of Lord Howe change; thirty hours from each. */
const CHANGES = ['2026-03-28T23:00Z', '2026-04-04T00:00Z', '2026-10-03T00:00Z', '2026-10-24T22:00Z'];
/** Text and numbers that other languages sort, fold and write in other ways. */
const TEXTS = ['I', 'i', 'ı', 'İ', 'ß', 'SS', 'ä', 'a\u0308', 'z', 'Z', '\u{ff5e}', '\u{1f600}', 'ﬀ', '10', '9'];
const NUMBERS = [0, -1, 2 ** 53 - 1, 1e21, 1e-7, 0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 123_456.789];

const FEES: Tariffs = {
  import: 300_000,
  feedIn: 80_000,
  networkFee: { feeder: 11_111, substation: 22_222, beyond: 77_777 },
  levies: 20_501,
  vatBasisPoints: 1_917,
};

/** Of the ledger; anew in each time zone. */
let directory = '';

const parts: Record<string, () => unknown> = {
  books: () => RULE_NAMES.flatMap(books),
  ...Object.fromEntries(RULE_NAMES.map((rule) => [rule, () => books(rule).map((book) => cleared(rule, book))])),
  allocations: () => KEY_KINDS.flatMap(allocations),
  bills: () => RULE_NAMES.flatMap((rule) => books(rule).map((book) => bill(FEES, book.interval, clear(rule, book)))),
  tariffs: billsByTariff,
  json: () => canonicalJson({ texts: Object.fromEntries(TEXTS.map((text) => [text, text])), numbers: NUMBERS }),
  words: () => NUMBERS.map((n) => [formatEnergy(n), formatPower(n), formatPrice(n)]),
  simulation: () => Promise.all(SIMULATED_RULES.map((rule) => simulated(rule, '8'))),
  ledger: async () => [await simulated(ZONAL, '6', '--ledger', directory), exported()],
  statements,
  page: () => {
    const { year } = JSON.parse(readFileSync(new URL('../../docs/rules-compared.json', import.meta.url), 'utf8'));
    return [rulesPage(year), rulesPicture(year)];
  },
};

const draw = <T>(from: fc.Arbitrary<T>): T[] => fc.sample(from, { seed: SEED, numRuns: COUNT });

/** With and without preferences. */
function books(rule: string): Auction[] {
  const size = { limit: someLimit, wh: fc.integer({ min: 1, max: 5000 }) };
  if (rule === ZONAL) return [...draw(zonalAuctionsOf(size)), ...draw(preferringZonalAuctionsOf())];
  const plain = auctionsOf(size);
  return [...draw(rule === CONTINUOUS ? withCancels(plain) : plain), ...draw(preferringAuctionsOf())];
}

function cleared(rule: string, book: Auction): unknown {
  const clearing = clear(rule, book);
  return [clearing, explainAll(book, clearing)];
}

/** By meters that differ from what was traded. */
function bill(charges: Tariffs, interval: string, clearing: TradedEnergy): unknown {
  const meters = MEMBERS.map((member, index) => ({
    member,
    importWh: index % 2 ? 137 * index : 0,
    exportWh: index % 2 ? 0 : 211 * index,
    quality: 'measured' as const,
  }));
  const places = MEMBERS.map(
    (member, index) => [member, { feeder: `f${index % 3}`, substation: `s${index % 2}` }] as const,
  );
  return settle({ tariffs: charges, places: new Map(places), intervals: [{ interval, clearing, meters }] });
}

function allocations(kind: Keys['kind']): unknown[] {
  const wh = fc.nat({ max: 3000 });
  const everyone = { minLength: MEMBERS.length, maxLength: MEMBERS.length };
  return draw(fc.array(fc.tuple(wh, wh), everyone)).map((rows) => {
    const energy = rows.map(
      ([surplusWh, consumptionWh], index): MemberEnergy => ({ member: MEMBERS[index]!, surplusWh, consumptionWh }),
    );
    const shared = allocate({ interval: INTERVAL, price: 190_000, members: MEMBERS, energy, keys: keysOf(kind) });
    return [shared, bill(FEES, INTERVAL, shared)];
  });
}

function keysOf(kind: Keys['kind']): Keys {
  if (kind === 'dynamic') return { kind };
  const keys = MEMBERS.map((member, index) => ({ member, millionths: 20_000 * (index + 1) + index }));
  if (kind !== 'dynamic-full') return { kind, keys };
  return { kind, keys: MEMBERS.flatMap((producer) => keys.map((key) => ({ ...key, producer }))) };
}

/** Documents of all kinds, each in a zone of its own, over the hours in which clocks change. */
function billsByTariff(): unknown {
  const hours = CHANGES.flatMap((first) => Array.from({ length: 30 }, (_, hour) => intervalAfter(first, 4 * hour)));
  return draw(tariffs).map((document) => {
    const resolve = tariffResolver(document);
    return hours.map((interval, hour) => {
      const found = resolve(interval, hour % 5 === 0 ? undefined : 1000 * hour);
      if ('open' in found) return found;
      return [found, hour % 12 === 0 ? bill(found.tariffs, interval, { price: null, pairs: [] }) : null];
    });
  });
}

/** What a program is told, without how long it took. */
async function simulated(rule: string, intervals: string, ...more: readonly string[]): Promise<unknown> {
  const files = { 'community.json': JSON.stringify(tenOnFeeders) };
  const args = ['simulate', 'community.json', '--profiles', 'street', '--rule', rule, '--intervals', intervals];
  const out = await microgrid([...args, '--from', '2016-10-12T12:00Z', '--json', ...more], files);
  const { seconds: _, peakRssMb: __, ...document } = JSON.parse(out);
  return document;
}

async function microgrid(args: readonly string[], files: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, out, err } = await runCommand(args, { files, now: Date.parse('2016-11-22T00:00Z') });
  if (code !== 0) throw new Error(`microgrid ${args.join(' ')}: ${err}${out}`);
  return out.replaceAll(directory, '');
}

/** Every exported file, by name. */
function exported(): unknown {
  const root = join(directory, 'export');
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path.slice(root.length), readFileSync(path, 'base64')]);
}

/** Of a member and of all, as a page, as tables and exact; the ledger is verified on the way. */
async function statements(): Promise<unknown> {
  const ledger = join(directory, 'export');
  const month = ['statement', '--month', '2016-10', '--time-zone', 'Europe/Berlin', '--format'];
  const texts = [await microgrid(['verify', ledger]), await microgrid([...month, 'html', ledger])];
  for (const format of ['html', 'csv', 'totals', 'json']) {
    texts.push(await microgrid([...month, format, '--member', 'home-01', ledger]));
  }
  return texts;
}

async function runIn(zone: string): Promise<unknown> {
  process.env['TZ'] = zone;
  directory = mkdtempSync(join(tmpdir(), 'microgrid-same-bytes-'));
  const hashes: Record<string, string> = {};
  try {
    for (const [name, work] of Object.entries(parts)) {
      const text = JSON.stringify(await work());
      hashes[name] = createHash('sha256').update(text).digest('hex');
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  // What the surroundings make of a date and a number when nobody says otherwise.
  const sample = `${new Date(Date.UTC(2026, 9, 4)).toString()} ${(1234.5).toLocaleString()}`;
  return { zone, sample, hashes };
}

const runs: unknown[] = [];
for (const zone of process.argv.slice(2)) runs.push(await runIn(zone));
const { locale } = new Intl.DateTimeFormat().resolvedOptions();
console.log(JSON.stringify({ node: process.versions.node, locale, runs }));
