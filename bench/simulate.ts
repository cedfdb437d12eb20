// A year of ten homes (shared data, hourly) without ledger; and some days of them with a ledger, against what no ledger of
// signed records can do without: one Ed25519 signature and one verification (node:crypto) of each record's text.
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
import { type Figure, measure } from './harness.ts';

const PROFILE = fileURLToPath(new URL('../../shared/data/profiles/homes-year.csv', import.meta.url));
/** Two days in spring, with full books by day and by night; a year takes minutes per run. */
const SAMPLE = { from: Date.parse('2017-04-10T00:00Z'), intervals: 192 };
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
  const against = {
    name: `sign and verify its ${texts.length} records with node:crypto`,
    run: () => {
      for (const text of texts) {
        if (!verify(null, text, publicKey, sign(null, text, privateKey)))
          throw new Error('a signature does not verify');
      }
      return undefined;
    },
  };
  let run = 0;
  const next = () => {
    run += 1;
    return join(directory, String(run));
  };
  yield await measure({
    name: 'two days of ten homes with ledger, every block durable',
    unit: 'ms',
    aim: { atMost: 1.5 },
    against,
    ours: async () => (await intoLedger(config, next())).sealedMs,
  });
  yield await measure({
    name: 'the same with the export of all files',
    unit: 'ms',
    runs: 5,
    warmUp: 1,
    against,
    ours: async () => (await intoLedger(config, next())).exportedMs,
  });
}

/** Times until the last block was sealed, and until the export stood beside the database too. */
async function intoLedger(config: CommunityConfig, path: string): Promise<{ sealedMs: number; exportedMs: number }> {
  // The clock starts with the sample: the rows before it are read as history, which no ledger asks for.
  const profiles = await openProfiles(PROFILE);
  const ledger = new CommunityLedger(config, { path, seed: 'bench' });
  let start = 0;
  await simulate({
    config,
    profiles,
    ...SAMPLE,
    onInterval: (street, settled) => {
      if (start === 0) start = performance.now();
      return ledger.interval(street, settled);
    },
  });
  const sealedMs = performance.now() - start;
  await ledger.close();
  return { sealedMs, exportedMs: performance.now() - start };
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
