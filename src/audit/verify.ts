// Verifies a ledger as a stranger would: from its database or from an exported directory, every byte, every rule, every
// auction and every bill. Gives the event loop back every few milliseconds, so it may run inside Node-RED.
import { setImmediate as turn } from 'node:timers/promises';
import { toBase64 } from '../log/bytes.ts';
import { FormatError, StoreError } from '../log/errors.ts';
import { openFileStore } from '../log/file-store.ts';
import { openSqliteStore } from '../log/sqlite-store.ts';
import type { LogStore } from '../log/store.ts';
import { type AuditError, Auditor } from './auditor.ts';
import { ledgerPlace } from './place-store.ts';
import { type AuditSource, databaseSource, exportSource } from './sources.ts';
import { compareKeys } from './trust.ts';

export interface VerifyOptions {
  /** Public keys known from elsewhere, as vkeys. */
  readonly keys?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly leaves: number; readonly size: number }) => void;
  /** Errors after which to stop; 100 unless told. */
  readonly mostErrors?: number;
}

export interface VerifyResult {
  readonly ok: boolean;
  /** Whether the operator's key was among the known ones, and is the one that signs. */
  readonly trusted: boolean;
  /** The log key, as a vkey; null where block 0 could not be read. */
  readonly operator: string | null;
  /** Leaves under the newest checkpoint. */
  readonly size: number;
  /** Root over them, base64. */
  readonly root: string;
  readonly blocks: number;
  /** Sealed leaves that are no headers. */
  readonly records: number;
  /** Acknowledged leaves after the newest checkpoint; only a database has them. */
  readonly unsealed: number;
  /** Sealed records whose body is withheld or erased: not an error. */
  readonly withheld: number;
  /** Clearings and settlements that could not be recomputed for want of a body. */
  readonly unchecked: number;
  /** In log order; the first names the first bad leaf. */
  readonly errors: readonly AuditError[];
}

/** Leaves between two turns of the event loop: some milliseconds, because a signature takes a tenth of one. */
const LEAVES_PER_TURN = 16;

/**
 * Verifies a ledger database that no other process has open.
 * @throws StoreError when it cannot be opened; `in-use` names the export beside it
 */
export function verifyDatabase(path: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  return reading(path, (store) => verifyStore(store, options));
}

async function reading(path: string, verify: (store: LogStore) => Promise<VerifyResult>): Promise<VerifyResult> {
  let store: LogStore;
  try {
    store = openSqliteStore(path, { readOnly: true });
  } catch (error) {
    // Ours, but it contradicts itself: that is an answer, not a failure to answer.
    if (error instanceof StoreError && error.code === 'damaged') return unreadable(error);
    throw error;
  }
  try {
    return await verify(store);
  } finally {
    store.close();
  }
}

/** Verifies an open store as it stands now, also while records arrive. */
export function verifyStore(store: LogStore, options: VerifyOptions = {}): Promise<VerifyResult> {
  return audit(databaseSource(store), options);
}

/** Verifies an exported directory. @throws StoreError when there is none: no file `checkpoint` */
export async function verifyExport(directory: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  let source: AuditSource;
  try {
    source = await exportSource(openFileStore(directory));
  } catch (error) {
    if (error instanceof FormatError) return unreadable(error);
    throw error;
  }
  return audit(source, options);
}

/** The answer about something that is ours and cannot be read at all. */
function unreadable(error: FormatError | StoreError): VerifyResult {
  const code = error instanceof StoreError ? 'damaged' : 'checkpoint-invalid';
  return {
    ok: false,
    trusted: false,
    operator: null,
    size: 0,
    root: new Auditor().root(),
    blocks: 0,
    records: 0,
    unsealed: 0,
    withheld: 0,
    unchecked: 0,
    errors: [{ leaf: leafNamedIn(error.message), block: null, code, text: error.message }],
  };
}

/** The store names the leaf at which it gave up in its sentence. */
function leafNamedIn(text: string): number | null {
  const index = /\bleaf (\d{1,15})\b/.exec(text)?.[1];
  return index === undefined ? null : Number(index);
}

/**
 * Verifies what stands at a path: a database, an exported directory, or a ledger's directory with both (then both).
 * @throws StoreError when it is none of them, or in use
 */
export async function verifyPath(path: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  const { database, exported } = ledgerPlace(path);
  if (database === null) return verifyExport(exported ?? path, options);
  return reading(database, async (store) => {
    const result = await verifyStore(store, options);
    if (exported === null || !result.ok) return result;
    return { ...result, ...faultsOf(await verifyExport(exported, options), store) };
  });
}

/** What an export says that its database does not: it may lag behind, but its root must be one that the database has had. */
function faultsOf(beside: VerifyResult, store: LogStore): Pick<VerifyResult, 'ok' | 'errors'> {
  const errors = beside.errors.map((error) => ({ ...error, text: `in the export: ${error.text}` }));
  const { size, root } = beside;
  if (errors.length === 0 && (size > store.size || toBase64(store.rootAt(size)) !== root)) {
    const text = `the export beside the database is of another log: its root over ${size} leaves is ${root}`;
    errors.push({ leaf: null, block: null, code: 'root-mismatch', text });
  }
  return { ok: errors.length === 0, errors };
}

/** Verifies any source. */
export async function audit(source: AuditSource, options: VerifyOptions = {}): Promise<VerifyResult> {
  const auditor = new Auditor(options.mostErrors);
  const { sealedSize, size } = source;
  let sealed = { root: auditor.root(), withheld: 0 };
  try {
    for await (const leaf of source.leaves()) {
      auditor.leaf(leaf);
      const checkpoint = source.checkpoint(auditor.size);
      if (checkpoint !== null && auditor.state) auditor.checkpoint(checkpoint);
      if (auditor.size === sealedSize) sealed = { root: auditor.root(), withheld: auditor.withheld };
      if (auditor.stopped) break;
      if (auditor.size % LEAVES_PER_TURN === 0) await breathe(options, auditor.size, size);
    }
    if (!auditor.stopped) await checkFiles(source, auditor, options);
  } catch (error) {
    if (!(error instanceof StoreError || error instanceof FormatError)) throw error;
    auditor.add({ leaf: auditor.size, code: 'leaf-missing', text: error.message });
  }
  return conclude(auditor, source, sealed, options);
}

function conclude(
  auditor: Auditor,
  { sealedSize, size }: AuditSource,
  sealed: { root: string; withheld: number },
  { keys = [] }: VerifyOptions,
): VerifyResult {
  const { state, errors } = auditor;
  if (errors.length === 0 && (!state || auditor.size < sealedSize || sealedSize === 0)) {
    auditor.add({
      leaf: auditor.size,
      code: 'size-mismatch',
      text: `${sealedSize} leaves are signed, but only ${auditor.size} are there`,
    });
  }
  const trust = state ? compareKeys(state, auditor.keysOf, keys) : { trusted: false, faults: [] };
  for (const text of trust.faults) auditor.add({ leaf: null, code: 'unknown-key', text });
  return {
    ok: errors.length === 0,
    trusted: trust.trusted,
    operator: state?.term.key ?? null,
    size: sealedSize,
    root: sealed.root,
    blocks: state ? state.height + 1 : 0,
    records: auditor.records,
    unsealed: size - sealedSize,
    withheld: sealed.withheld,
    unchecked: auditor.unchecked,
    errors: errors.map((error) => ({ ...error })),
  };
}

async function checkFiles(source: AuditSource, auditor: Auditor, options: VerifyOptions): Promise<void> {
  if (!source.files) return;
  for await (const fault of source.files()) {
    if (fault) auditor.add(fault);
    if (auditor.stopped) return;
    options.signal?.throwIfAborted();
  }
}

async function breathe({ signal, onProgress }: VerifyOptions, leaves: number, size: number): Promise<void> {
  onProgress?.({ leaves, size });
  await turn();
  signal?.throwIfAborted();
}
