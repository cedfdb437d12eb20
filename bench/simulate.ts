// A year of ten homes (shared data, hourly) without ledger; and weeks of it with a ledger, against what no ledger of signed records can
// do without: one Ed25519 signature and one verification (node:crypto) of each record's text, in a loop on one thread.
// Ours is all that `microgrid simulate --ledger` does from the first interval on: four variants of the street, bids, auction, settlement,
// making and signing the records, verifying and judging them as a ledger does with any record, headers and checkpoints, the database,
// the export of all files, and one full sync of both at the end (no sync per block: a simulation can be run again). Verification runs
// on libuv's threads, so a free second core helps ours. A whole year (1.1 million records) takes minutes and comes to the same ratio.
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseNote } from '../src/log/note.ts';
import { openSqliteStore } from '../src/log/sqlite-store.ts';
import type { CommunityConfig } from '../src/simulation/community-config.ts';
import { CommunityLedger } from '../src/simulation/community-ledger.ts';
import { openProfiles } from '../src/simulation/profile-store.ts';
import { simulate } from '../src/simulation/simulation.ts';
import { INTERVALS_PER_DAY } from '../src/time/interval.ts';
import { type Figure, measure, spread } from './harness.ts';

const PROFILE = fileURLToPath(new URL('../../shared/data/profiles/homes-year.csv', import.meta.url));
/** Spring, with full books by day and by night. */
const FROM = Date.parse('2017-04-10T00:00Z');
const WEEKS = 3;
const WEEK = 7 * INTERVALS_PER_DAY;
const BATTERY = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900, minSocPerMille: 0 };

export async function* figures(): AsyncGenerator<Figure> {
  if (!existsSync(PROFILE)) throw new Error(`the profile of a year is missing: ${PROFILE}`);
  const { members } = await openProfiles(PROFILE);
  const config: CommunityConfig = {
    origin: 'sunny-street.example/ledger/1',
    currency: 'EUR',
    tariffs: { import: 300_000, feedIn: 80_000 },
    members: members.map((id) => ({ id, kind: 'home', battery: BATTERY })),
  };
  yield await measure({
    name: 'a year of ten homes, four variants, without ledger',
    unit: 's',
    aim: { atMost: 30 },
    runs: 5,
    warmUp: 0,
    ours: async () => {
      const start = performance.now();
      await simulate({ config, profiles: await openProfiles(PROFILE) });
      return (performance.now() - start) / 1000;
    },
  });
  const directory = mkdtempSync(join(tmpdir(), 'microgrid-bench-'));
  try {
    yield* withLedger(config, directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function* withLedger(config: CommunityConfig, directory: string): AsyncGenerator<Figure> {
  const first = join(directory, 'first');
  await intoLedger(config, first);
  const texts = recordTexts(join(first, 'ledger.sqlite'));
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const growth: number[] = [];
  let run = 0;
  yield await measure({
    name: `${WEEKS} weeks of ten homes with ledger and export, until all is on the disk`,
    unit: 's',
    aim: { atMost: 1.5 },
    runs: 5,
    warmUp: 0,
    ours: async () => {
      run += 1;
      const path = join(directory, String(run));
      const [seconds, laterByEarlier] = await intoLedger(config, path);
      growth.push(laterByEarlier);
      rmSync(path, { recursive: true });
      return seconds;
    },
    against: {
      name: `sign and verify its ${texts.length.toLocaleString('en')} records with node:crypto`,
      run: () => {
        const start = performance.now();
        for (const text of texts) {
          if (!verify(null, text, publicKey, sign(null, text, privateKey)))
            throw new Error('a signature does not verify');
        }
        return (performance.now() - start) / 1000;
      },
    },
  });
  yield {
    name: 'time of its last week by that of its first: 1 when the size of the log does not matter',
    unit: 'ratio',
    ...spread(growth),
    runs: growth.length,
    against: null,
    ratio: null,
    aim: null,
  };
}

/** Seconds from the first interval to the closed ledger, and how much longer the last week took than the first. */
async function intoLedger(config: CommunityConfig, path: string): Promise<[number, number]> {
  // The clock starts with the sample: the rows before it are read as history, which no ledger asks for.
  const profiles = await openProfiles(PROFILE);
  const ledger = new CommunityLedger(config, { path, seed: 'bench' });
  const weeks: number[] = [];
  let count = 0;
  await simulate({
    config,
    profiles,
    from: FROM,
    intervals: WEEKS * WEEK,
    onInterval: (street) => {
      if (count % WEEK === 0) weeks.push(performance.now());
      count += 1;
      return ledger.interval(street);
    },
  });
  weeks.push(performance.now());
  await ledger.close();
  const start = weeks[0]!;
  return [(performance.now() - start) / 1000, (weeks.at(-1)! - weeks.at(-2)!) / (weeks[1]! - start)];
}

/** What the members and the operator signed: the texts of all records, without headers. */
function recordTexts(path: string): Buffer[] {
  const store = openSqliteStore(path, { readOnly: true });
  try {
    const texts: Buffer[] = [];
    for (let from = 0; from < store.size; from += 500) {
      for (const { note, tags } of store.leaves(from, 500)) {
        if (tags.kind !== 'header') texts.push(Buffer.from(parseNote(note).text));
      }
    }
    return texts;
  } finally {
    store.close();
  }
}
