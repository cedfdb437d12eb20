// Durable verified appends per second, on all cores, against bare Ed25519 verification of the same texts (node:crypto, KeyObjects) on
// as many threads. Ours: records as they arrive from members, two strings each (note and body), signed beforehand; a call of `append`
// with a batch and the wait for its answers and receipts, one call after the other: strict reading, signature, judgement by rules and roster,
// leaf and tree, a commit that a power cut cannot undo (SQLite, WAL, synchronous=FULL), a signed receipt. Not in it: making the
// records, sealing (one block per run), export. The peer: `crypto.verify` on libuv's threads, all at once, texts and signatures already
// apart, nothing read, judged or stored. The rest of the figures: support/ledger-figures.ts.
import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type MemberKeys, memberKeys } from '../src/ledger/keys.ts';
import { type Ledger, type LedgerOptions, openLedger } from '../src/ledger/ledger.ts';
import { makeRecord, type SignedRecord } from '../src/ledger/record.ts';
import { parseNote, parseVkey } from '../src/log/note.ts';
import { INTERVAL_MS, intervalAt } from '../src/time/interval.ts';
import { type Aim, type Figure, measure } from './harness.ts';
import { bareDatabase, ledgerFigures, verifyAll } from './support/ledger-figures.ts';

const COMMUNITY = 'sunny-street.example';
const ORIGIN = `${COMMUNITY}/ledger/1`;
const MEMBERS = 100;
const RECORDS_PER_RUN = 4000;
const RUNS = 7;
const WARM_UP = 2;
/** Between the two looks at the memory. */
const RECORDS_FOR_MEMORY = 10_000;
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** One run's records, and what the peer verifies of them. */
interface Arrived {
  readonly records: readonly SignedRecord[];
  readonly bare: readonly { readonly text: Buffer; readonly signature: Uint8Array; readonly key: KeyObject }[];
}

export async function* figures(): AsyncGenerator<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'microgrid-bench-'));
  const street = new Members(directory);
  let ledger = await street.open();
  try {
    for (const batch of [100, 1000]) {
      const append = (records: readonly SignedRecord[]) => inBatches(ledger, records, batch);
      const aim = batch === 1000 ? { atLeast: 0.7 } : null;
      yield await appends(ledger, street, { how: `${batch} at a time`, append, aim });
    }
    const one = (record: SignedRecord) => ledger.append([record]);
    const append = async (records: readonly SignedRecord[]) => {
      for (let from = 0; from < records.length; from += MEMBERS) {
        requireAll((await Promise.all(records.slice(from, from + MEMBERS).map(one))).flat());
      }
    };
    yield await appends(ledger, street, { how: `one each from ${MEMBERS} members at once`, append, aim: null });
    yield await single(ledger, street);
    yield await sealing(ledger, street);
    yield await memory(ledger, street);
    yield await measure({
      name: `open it again with ${ledger.size.toLocaleString('en')} leaves`,
      unit: 'ms',
      runs: 5,
      warmUp: 1,
      ours: async () => {
        await ledger.close();
        const start = performance.now();
        ledger = await street.open();
        return performance.now() - start;
      },
    });
  } finally {
    await ledger.close();
    rmSync(directory, { recursive: true });
  }
  yield* ledgerFigures();
}

function appends(
  ledger: Ledger,
  street: Members,
  { how, append, aim }: { how: string; append: (records: readonly SignedRecord[]) => Promise<void>; aim: Aim },
): Promise<Figure> {
  const sets = Array.from({ length: RUNS + WARM_UP }, () => street.records(RECORDS_PER_RUN));
  const ours = [...sets];
  const theirs = [...sets];
  return measure({
    name: `durable verified appends, ${how}`,
    unit: 'records/s',
    aim,
    runs: RUNS,
    warmUp: WARM_UP,
    ours: async () => {
      const { records } = ours.shift()!;
      const start = performance.now();
      await append(records);
      const seconds = (performance.now() - start) / 1000;
      await ledger.seal();
      return records.length / seconds;
    },
    against: {
      name: 'crypto.verify of the same texts on all threads',
      run: async () => {
        const { bare } = theirs.shift()!;
        const start = performance.now();
        await verifyAll(bare);
        return bare.length / ((performance.now() - start) / 1000);
      },
    },
  });
}

async function inBatches(ledger: Ledger, records: readonly SignedRecord[], batch: number): Promise<void> {
  for (let from = 0; from < records.length; from += batch) {
    requireAll(await ledger.append(records.slice(from, from + batch)));
  }
}

/** Each with its receipt. */
function requireAll(results: Awaited<ReturnType<Ledger['append']>>): void {
  for (const result of results) {
    if (!result.ok) throw new Error(result.refusal.text);
    if (result.receipt === null) throw new Error('a record has no receipt');
  }
}

/** One record and the wait for its answer, against one commit of the same bytes by SQLite alone, as durable. */
async function single(ledger: Ledger, street: Members): Promise<Figure> {
  const directory = mkdtempSync(join(tmpdir(), 'microgrid-bench-'));
  const bare = bareDatabase(join(directory, 'bare.sqlite'));
  const { records } = street.records(200);
  let next = 0;
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  try {
    return await measure({
      name: 'one record, from arriving to its answer with receipt (median of 20)',
      unit: 'ms',
      aim: { atMost: 2 },
      runs: 7,
      warmUp: 2,
      ours: async () => {
        const times: number[] = [];
        for (let i = 0; i < 20; i++) {
          const record = street.records(1).records[0]!;
          const start = performance.now();
          requireAll(await ledger.append([record]));
          times.push(performance.now() - start);
        }
        return median(times);
      },
      against: {
        name: 'a commit of the same bytes (WAL, synchronous=FULL)',
        run: () => {
          const times: number[] = [];
          for (let i = 0; i < 20; i++) {
            const { note, body } = records[next++ % records.length]!;
            const start = performance.now();
            bare.put(note, body);
            times.push(performance.now() - start);
          }
          return median(times);
        },
      },
    });
  } finally {
    bare.close();
    rmSync(directory, { recursive: true });
  }
}

function sealing(ledger: Ledger, street: Members): Promise<Figure> {
  return measure({
    name: 'sealing a block of 10,000 records',
    unit: 'ms',
    runs: 5,
    warmUp: 1,
    ours: async () => {
      for (let done = 0; done < 10_000; done += 1000) await inBatches(ledger, street.records(1000).records, 1000);
      const start = performance.now();
      await ledger.seal();
      return performance.now() - start;
    },
  });
}

/** What the heap holds on to after a forced collection, before and after many more records. */
async function memory(ledger: Ledger, street: Members): Promise<Figure> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const held = () => {
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  return measure({
    name: `JavaScript heap after another ${RECORDS_FOR_MEMORY.toLocaleString('en')} records, more than before`,
    unit: 'MB',
    runs: 5,
    warmUp: 1,
    ours: async () => {
      const before = held();
      for (let done = 0; done < RECORDS_FOR_MEMORY; done += 1000) {
        await inBatches(ledger, street.records(1000).records, 100);
        await ledger.seal();
      }
      return held() - before;
    },
  });
}

/** A hundred homes that send a meter reading for each interval, with keys and a clock of their own. */
class Members {
  readonly #directory: string;
  readonly #operator = keysOf('operator');
  readonly #homes = Array.from({ length: MEMBERS }, (_, i) => keysOf(`home-${i + 1}`));
  readonly #publicKeys = this.#homes.map(({ record }) => publicKeyOf(record.vkey));
  #start = Date.parse('2026-11-22T00:00Z');
  #next = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  open(): Promise<Ledger> {
    const options: LedgerOptions = {
      path: this.#directory,
      origin: ORIGIN,
      operator: this.#operator,
      genesis: {
        rules: {
          currency: 'EUR',
          intervalMinutes: 15,
          market: 'uniform-price/1',
          settlement: 'settle/1',
          tariffs: { import: 300_000, feedIn: 80_000 },
          limits: { min: 80_000, max: 300_000 },
          maxOrderWh: 10_000,
          maxOrdersPerMember: 4,
          gateLeadSeconds: 60,
          simulated: false,
        },
        members: [
          { id: 'operator', kind: 'operator', roles: [], keys: this.#operator },
          ...this.#homes.map((keys) => ({ id: keys.member, kind: 'home' as const, keys })),
        ],
      },
      now: () => this.#start,
      random: (count) => randomBytes(count),
      exportEvery: 0,
    };
    return openLedger(options);
  }

  /** The next records, each as the two strings that its member would send. */
  records(count: number): Arrived {
    const records: SignedRecord[] = [];
    const bare: Arrived['bare'][number][] = [];
    for (let i = 0; i < count; i++) {
      const { note, body } = this.#record();
      records.push(JSON.parse(JSON.stringify({ note, body })) as SignedRecord);
      const { text, signatures } = parseNote(note);
      const key = this.#publicKeys[(this.#next - 1) % MEMBERS]!;
      bare.push({ text: Buffer.from(text), signature: signatures[0]!.signature, key });
    }
    return { records, bare };
  }

  #record(): SignedRecord {
    const number = this.#next++;
    const keys = this.#homes[number % MEMBERS]!;
    if (number % MEMBERS === 0) this.#start += INTERVAL_MS;
    const head = {
      ledger: ORIGIN,
      member: keys.member,
      kind: 'meter' as const,
      interval: intervalAt(this.#start - INTERVAL_MS),
      time: new Date(this.#start + (number % 1000)).toISOString(),
    };
    const importWh = 37 + (number % 400);
    const body = {
      importWh,
      exportWh: 0,
      importCounterWh: 4_000_000 + number * 10,
      exportCounterWh: 1_250_000,
      quality: 'measured' as const,
      reason: null,
    };
    return makeRecord(keys.record, head, body, (bytes) => randomBytes(bytes));
  }
}

function keysOf(member: string): MemberKeys {
  return memberKeys(COMMUNITY, member, randomBytes(32));
}

function publicKeyOf(vkey: string): KeyObject {
  const { publicKey } = parseVkey(vkey);
  return createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' });
}
