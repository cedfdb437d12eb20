// A fixed piece of work, for test/package/same-bytes.test.ts to run under other versions of Node, time zones and languages: random
// books cleared under every rule and settled, canonical JSON, a signed ledger with its export, a simulated day, a page. Prints one
// JSON line: where it ran, and the SHA-256 of each part. Keys, nonces, clock and chance are fixed.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { rulesPage } from '../../scripts/rules-table/page.ts';
import { rulesPicture } from '../../scripts/rules-table/picture.ts';
import { canonicalJson } from '../../src/log/canonical-json.ts';
import { KEY_KINDS, type Keys, type MemberEnergy } from '../../src/market/allocation-keys.ts';
import { clear, RULE_NAMES } from '../../src/market/clear.ts';
import { explainAll } from '../../src/market/explain.ts';
import type { Auction, Clearing } from '../../src/market/order.ts';
import { allocate } from '../../src/market/rules/allocation.ts';
import { CONTINUOUS } from '../../src/market/rules/continuous.ts';
import { ZONAL } from '../../src/market/rules/zonal.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { TradedEnergy } from '../../src/settlement/settlement.ts';
import { SIMULATED_RULES } from '../../src/simulation/street-market.ts';
import { formatEnergy, formatPower, formatPrice } from '../../src/units.ts';
import { Street } from '../ledger/street.ts';
import { auctionsOf, INTERVAL, MEMBERS, withCancels } from './books.ts';
import { runCommand } from './command.ts';
import { someLimit, zonalAuctionsOf } from './feeder-trees.ts';
import { tenOnFeeders } from './simulated-street.ts';

const BOOKS = 60;
const SEED = 20_261_122;

const TARIFFS = {
  import: 300_000,
  feedIn: 80_000,
  networkFee: { feeder: 11_111, substation: 22_222, beyond: 77_777 },
  levies: 20_501,
  vatBasisPoints: 1_917,
};

/** Text that other languages sort, fold and write in other ways. */
const TEXTS = ['I', 'i', 'ı', 'İ', 'ß', 'SS', 'ä', 'a\u0308', 'z', 'Z', '\u{ff5e}', '\u{1f600}', 'ﬀ', '10', '9'];
const NUMBERS = [0, -1, 2 ** 53 - 1, 1e21, 1e-7, 0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 123_456.789];

const parts: Record<string, () => unknown | Promise<unknown>> = {
  books: () => RULE_NAMES.map(booksFor),
  ...Object.fromEntries(RULE_NAMES.map((rule) => [rule, () => booksFor(rule).map((book) => cleared(rule, book))])),
  allocations: () => KEY_KINDS.map(allocations),
  settlements: () => RULE_NAMES.flatMap((rule) => booksFor(rule).map((book) => settled(clear(rule, book), book))),
  json: () => canonicalJson({ texts: Object.fromEntries(TEXTS.map((text) => [text, text])), numbers: NUMBERS }),
  words: () => NUMBERS.map((n) => [formatEnergy(n), formatPower(n), formatPrice(n)]),
  ledger: signedLedger,
  simulation: () => Promise.all(SIMULATED_RULES.map(simulatedDay)),
  page: () => {
    const { year } = JSON.parse(readFileSync(new URL('../../docs/rules-compared.json', import.meta.url), 'utf8'));
    return [rulesPage(year), rulesPicture(year)];
  },
};

function booksFor(rule: string): Auction[] {
  const size = { limit: someLimit, wh: fc.integer({ min: 1, max: 5000 }) };
  const books = rule === ZONAL ? zonalAuctionsOf(size) : auctionsOf(size);
  return fc.sample(rule === CONTINUOUS ? withCancels(books) : books, { seed: SEED, numRuns: BOOKS });
}

function cleared(rule: string, book: Auction): unknown {
  const clearing = clear(rule, book);
  return [clearing, explainAll(book, clearing)];
}

/** Meters that differ from what was traded, with places for the network fee. */
function settled(clearing: Clearing | TradedEnergy, { interval }: { readonly interval: string }): unknown {
  const meters = MEMBERS.map((member, index) => ({
    member,
    importWh: index % 2 ? 137 * index : 0,
    exportWh: index % 2 ? 0 : 211 * index,
    quality: 'measured' as const,
  }));
  const places = new Map(
    MEMBERS.map((member, index) => [member, { feeder: `f${index % 3}`, substation: `s${index % 2}` }]),
  );
  return settle({ tariffs: TARIFFS, places, intervals: [{ interval, clearing, meters }] });
}

function allocations(kind: Keys['kind']): unknown {
  const energies = fc.array(fc.tuple(fc.nat({ max: 3000 }), fc.nat({ max: 3000 })), {
    minLength: MEMBERS.length,
    maxLength: MEMBERS.length,
  });
  return fc.sample(energies, { seed: SEED, numRuns: BOOKS }).map((rows) => {
    const energy = rows.map(
      ([surplusWh, consumptionWh], index): MemberEnergy => ({ member: MEMBERS[index]!, surplusWh, consumptionWh }),
    );
    const allocation = allocate({ interval: INTERVAL, price: 190_000, members: MEMBERS, energy, keys: keysOf(kind) });
    return [allocation, settled(allocation, { interval: INTERVAL })];
  });
}

function keysOf(kind: Keys['kind']): Keys {
  if (kind === 'dynamic') return { kind };
  const keys = MEMBERS.map((member, index) => ({ member, millionths: 20_000 * (index + 1) + index }));
  if (kind !== 'dynamic-full') return { kind, keys };
  return { kind, keys: MEMBERS.flatMap((producer) => keys.map((key) => ({ ...key, producer }))) };
}

/** Every leaf and every exported file, by name. */
async function signedLedger(): Promise<unknown> {
  const street = new Street();
  try {
    const ledger = await street.open();
    await street.gates(ledger, 4);
    await ledger.close();
    return readdirSync(street.exported, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(street.exported.length), readFileSync(path, 'base64')]);
  } finally {
    street.remove();
  }
}

/** What a person and a program are told, without what a machine takes for it. */
async function simulatedDay(rule: string): Promise<unknown> {
  const files = { 'community.json': JSON.stringify(tenOnFeeders) };
  const args = ['simulate', 'community.json', '--profiles', 'street', '--rule', rule];
  const day = [...args, '--from', '2017-04-20T00:00Z', '--intervals', '48'];
  const told = await runCommand(day, { files });
  const { seconds: _, peakRssMb: __, ...document } = JSON.parse((await runCommand([...day, '--json'], { files })).out);
  return [told, document];
}

const hashes: Record<string, string> = {};
for (const [name, work] of Object.entries(parts)) {
  hashes[name] = createHash('sha256')
    .update(JSON.stringify(await work()))
    .digest('hex');
}
const { timeZone, locale } = new Intl.DateTimeFormat().resolvedOptions();
// How the surroundings write: they must differ, or they were not what the test asked for.
const sample = `${new Date(Date.UTC(2026, 9, 4)).toString()} ${'I'.toLocaleLowerCase()} ${(1234.5).toLocaleString()}`;
console.log(JSON.stringify({ node: process.versions.node, timeZone, locale, sample, hashes }));
