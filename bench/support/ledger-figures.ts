// Figures of the ledger that need one of another size: verification of weeks of ten homes on all cores against bare signatures, and how
// long it holds up the event loop; proofs and memory from 10,000 to 1,000,000 records; bytes on the disk and written in a day.
import { type KeyObject, verify } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { verifyDatabase } from '../../src/audit/verify.ts';
import { sha256Hex, toHex } from '../../src/log/bytes.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { importPublicKey } from '../../src/log/ed25519.ts';
import { ed25519Signer, parseNote, parseVkey, signNote } from '../../src/log/note.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LeafInput, LogStore } from '../../src/log/store.ts';
import { inclusionProof, leafHash, verifyInclusion } from '../../src/log/tree.ts';
import type { CommunityConfig } from '../../src/simulation/community-config.ts';
import { CommunityLedger } from '../../src/simulation/community-ledger.ts';
import { openProfiles } from '../../src/simulation/profile-store.ts';
import { simulate } from '../../src/simulation/simulation.ts';
import { INTERVALS_PER_DAY } from '../../src/time/interval.ts';
import { type Figure, measure } from '../harness.ts';

const PROFILE = fileURLToPath(new URL('../../../shared/data/profiles/homes-year.csv', import.meta.url));
const FROM = Date.parse('2017-04-10T00:00Z');
const DAYS = 14;
const BATTERY = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900, minSocPerMille: 0 };
const SMALL = 10_000;
const LARGE = 1_000_000;

export interface Bare {
  readonly text: Buffer;
  readonly signature: Uint8Array;
  readonly key: KeyObject;
}

/** On all threads of libuv's pool. */
export async function verifyAll(bare: readonly Bare[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let open = bare.length;
    for (const { text, key, signature } of bare) {
      verify(null, text, key, signature, (error, valid) => {
        if (error || !valid) reject(error ?? new Error('a signature does not verify'));
        open--;
        if (open === 0) resolve();
      });
    }
  });
}

/** SQLite with the settings of the ledger and a table for the bytes alone. */
export function bareDatabase(path: string): { put(note: string, body: string): void; close(): void } {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA locking_mode=EXCLUSIVE');
  database.exec('CREATE TABLE kept (note TEXT, body TEXT) STRICT');
  const insert = database.prepare('INSERT INTO kept VALUES (?, ?)');
  return { put: (note, body) => void insert.run(note, body), close: () => database.close() };
}

export async function* ledgerFigures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'microgrid-bench-'));
  try {
    if (existsSync(PROFILE)) yield* weeksOfHomes(directory);
    else console.error(`skipped, the profile of a year is missing: ${PROFILE}`);
    yield* largeLogs(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function* weeksOfHomes(directory: string): AsyncGenerator<Figure> {
  const path = join(directory, 'homes');
  const written = await makeHomes(path);
  const database = join(path, 'ledger.sqlite');
  const bare = signaturesOf(database);
  let longest = 0;
  yield await measure({
    name: `verify ${DAYS} days of ten homes, everything computed again`,
    unit: 'leaves/s',
    aim: { atLeast: 0.75 },
    runs: 5,
    warmUp: 1,
    ours: async () => {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const start = performance.now();
      const { ok, size } = await verifyDatabase(database);
      const seconds = (performance.now() - start) / 1000;
      delay.disable();
      longest = Math.max(longest, delay.max / 1e6);
      if (!ok) throw new Error('the ledger does not hold');
      return size / seconds;
    },
    against: {
      name: 'its bare signatures on all threads',
      run: async () => {
        const start = performance.now();
        await verifyAll(bare);
        return bare.length / ((performance.now() - start) / 1000);
      },
    },
  });
  const one = { runs: 1, against: null, ratio: null };
  const single = (value: number) => ({ median: value, min: value, max: value });
  yield {
    name: 'longest hold of the event loop meanwhile',
    unit: 'ms',
    ...single(round(longest)),
    ...one,
    aim: { atMost: 50 },
  };
  const { bytes, payload, records } = sizesOf(database);
  const perRecord = { ...single(round(bytes / records)), runs: 1, aim: null };
  const theirs = { name: 'its notes and bodies', ...single(round(payload / records)) };
  yield {
    name: 'bytes on the disk a record',
    unit: 'bytes',
    ...perRecord,
    against: theirs,
    ratio: round(bytes / payload),
  };
  if (written !== null) {
    const day = { ...single(round(written / DAYS / 1e6)), runs: 1, aim: null };
    const lines = { name: 'its notes and bodies', ...single(round(payload / DAYS / 1e6)) };
    yield {
      name: 'written to the disk a day, synced after each block',
      unit: 'MB',
      ...day,
      against: lines,
      ratio: round(written / payload),
    };
  }
}

/** @returns bytes that reached the disk meanwhile; null where the system does not tell */
async function makeHomes(path: string): Promise<number | null> {
  const profiles = await openProfiles(PROFILE);
  const config: CommunityConfig = {
    origin: 'sunny-street.example/ledger/1',
    currency: 'EUR',
    tariffs: { import: 300_000, feedIn: 80_000 },
    members: profiles.members.map((id) => ({ id, kind: 'home', battery: BATTERY })),
  };
  const ledger = new CommunityLedger(config, { path, seed: 'bench' });
  const before = writtenBytes();
  const intervals = DAYS * INTERVALS_PER_DAY;
  await simulate({ config, profiles, from: FROM, intervals, onInterval: (street) => ledger.interval(street) });
  await ledger.close();
  const after = writtenBytes();
  return before === null || after === null ? null : after - before;
}

function writtenBytes(): number | null {
  try {
    const found = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'));
    return found ? Number(found[1]) : null;
  } catch {
    return null;
  }
}

function* leavesOf(path: string) {
  const store = openSqliteStore(path, { readOnly: true });
  try {
    for (let from = 0; from < store.size; from += 500) yield* store.leaves(from, 500);
  } finally {
    store.close();
  }
}

function signaturesOf(path: string): Bare[] {
  const keys = new Map<string, KeyObject>();
  const bare: Bare[] = [];
  const leaves = [...leavesOf(path)];
  for (const { tags, body } of leaves) {
    if (tags.kind !== 'roster' && tags.kind !== 'term') continue;
    const { name, publicKey } = parseVkey((JSON.parse(body ?? '{}') as { key: string }).key);
    keys.set(name, importPublicKey(publicKey));
  }
  for (const { note } of leaves) {
    const { text, signatures } = parseNote(note);
    for (const { name, signature } of signatures)
      bare.push({ text: Buffer.from(text), signature, key: keys.get(name)! });
  }
  return bare;
}

function sizesOf(path: string): { bytes: number; payload: number; records: number } {
  let [payload, records] = [0, 0];
  for (const { note, body } of leavesOf(path)) {
    payload += Buffer.byteLength(note) + Buffer.byteLength(body ?? '');
    records++;
  }
  return { bytes: statSync(path).size, payload, records };
}

const origin = 'bench.example/ledger/1';
const key = ed25519Signer(origin, new Uint8Array(32).fill(7));

/** A log of synthetic leaves of the usual length, in blocks of a thousand. */
function makeLog(path: string, size: number): LogStore {
  const store = openSqliteStore(path, { durability: 'when-closed' });
  const filler = 'x'.repeat(180);
  const [line] = signNote('a\n', key).split('\n').slice(2);
  for (let at = 0; at < size; at += 1000) {
    const leaves = Array.from({ length: 1000 }, (_, i): LeafInput => {
      const body = `{"value":${at + i},"filler":"${filler}"}`;
      const text = `bench/1\n${at + i} ${filler}\n`;
      const tags = { member: `m${i % 10}`, kind: 'meter', interval: null };
      return { note: `${text}\n${line}\n`, id: sha256Hex(text), body, bodyHash: sha256Hex(body), tags };
    });
    const tree = store.tree();
    for (const { note } of leaves) tree.append(leafHash(note));
    store.append(leaves, signCheckpoint({ origin, size: tree.size, root: tree.root() }, key));
  }
  store.close();
  return openSqliteStore(path);
}

async function* largeLogs(directory: string): AsyncGenerator<Figure> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const memory: number[] = [];
  for (const size of [SMALL, LARGE]) {
    const before = held();
    const store = makeLog(join(directory, `log-${size}.sqlite`), size);
    const readNode = (level: number, index: number) => store.node(level, index);
    let next = 1;
    try {
      yield await measure({
        name: `inclusion proof from a log of ${size.toLocaleString('en')} records, of any leaf`,
        unit: 'ms',
        aim: size === LARGE ? { atMost: 5 } : null,
        ours: () => {
          next = (next * 48_271) % 2_147_483_647;
          const index = next % size;
          const start = performance.now();
          const proof = inclusionProof(index, size, readNode);
          const time = performance.now() - start;
          if (!verifyInclusion(leafHash(store.leaf(index)!.note), index, size, proof, store.root())) {
            throw new Error(`the proof of leaf ${index} does not hold: ${toHex(store.root())}`);
          }
          return time;
        },
      });
      memory.push(held() - before);
    } finally {
      store.close();
    }
  }
  const [small = 0, large = 0] = memory;
  const spread = (value: number) => ({ median: round(value), min: round(value), max: round(value) });
  yield {
    name: `JavaScript heap with a log of ${LARGE.toLocaleString('en')} records open`,
    unit: 'MB',
    ...spread(large),
    runs: 1,
    against: { name: `with ${SMALL.toLocaleString('en')}`, ...spread(small) },
    ratio: null,
    aim: null,
  };
}

const round = (value: number) => Math.round(value * 1000) / 1000;
