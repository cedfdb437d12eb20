// Verifies a ledger as a stranger would: from its database or from an exported directory, every byte, every rule, every
// auction and every bill. Gives the event loop back every few milliseconds, so it may run inside Node-RED.
import { basename, dirname, join } from 'node:path';
import { COSIGNATURES_NAME, DATABASE_NAME } from '../ledger/directory-store.ts';
import { toBase64 } from '../log/bytes.ts';
import { readCheckpoint } from '../log/checkpoint.ts';
import { FormatError, LeafError, StoreError } from '../log/errors.ts';
import { openFileStore } from '../log/file-store.ts';
import { Pace } from '../log/pace.ts';
import { type AuditStore, openAuditStore } from '../log/sqlite-audit-store.ts';
import type { LogStore, RawLog, StoredCheckpoint } from '../log/store.ts';
import { type AuditError, Auditor, type Takeover } from './auditor.ts';
import { cosignatureFile, cosignedNotes, NOT_COSIGNED } from './cosigned.ts';
import { ledgerPlace } from './place-store.ts';
import { type AuditSource, databaseFileSource, databaseSource, exportSource } from './sources.ts';
import { compareKeys } from './trust.ts';
import { WitnessedCheck, type WitnessedResult } from './witnessed.ts';

export interface VerifyOptions {
  /** Public keys known from elsewhere, as vkeys. */
  readonly keys?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly leaves: number; readonly size: number }) => void;
  /** Errors after which to stop; 100 unless told. */
  readonly mostErrors?: number;
  /** Milliseconds of a clock that does not jump; by it the work is cut into slices. The machine's unless told. */
  readonly now?: () => number;
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
  /** The newest checkpoint that a quorum of members has cosigned, as far as is at hand; null where none is. */
  readonly witnessed: WitnessedResult | null;
  /** In log order; the first names the first bad leaf. */
  readonly errors: readonly AuditError[];
}

/**
 * Verifies a ledger database that no other process has open, SQLite's own structures included.
 * @throws StoreError when it cannot be opened; `in-use` names the export beside it
 */
export function verifyDatabase(path: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  return inDatabase(path, (store) => audit(fileSource(path, store), options));
}

/** A database file, with the cosignatures beside it where it lies in the directory of a ledger. */
function fileSource(path: string, store: AuditStore): AuditSource {
  const own = basename(path) === DATABASE_NAME;
  const cosigned = own ? cosignatureFile(join(dirname(path), COSIGNATURES_NAME), store.raw) : NOT_COSIGNED;
  return databaseFileSource(store, cosigned);
}

async function inDatabase(path: string, verify: (store: AuditStore) => Promise<VerifyResult>): Promise<VerifyResult> {
  let store: AuditStore;
  try {
    store = openAuditStore(path);
  } catch (error) {
    // Ours, but its tables cannot be told: that is an answer, not a failure to answer.
    if (error instanceof StoreError && error.code === 'damaged') return unreadable('damaged', error);
    throw error;
  }
  try {
    const result = await verify(store);
    store.requireUnchanged();
    return result;
  } finally {
    store.close();
  }
}

/**
 * Verifies an open store as it stands now, also while records arrive: all but the structures of SQLite, whose check holds up the thread.
 * @param cosigned checkpoints with the cosignatures that were collected (`Ledger.cosigned`)
 * @throws StoreError when the store is closed meanwhile
 */
export function verifyStore(
  store: LogStore,
  options: VerifyOptions = {},
  cosigned: readonly StoredCheckpoint[] = [],
): Promise<VerifyResult> {
  return audit(databaseSource(store.raw, cosignedNotes(cosigned)), options);
}

/** Verifies an exported directory. @throws StoreError when there is none: no file `checkpoint` */
export async function verifyExport(directory: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  const pace = new Pace(options.now);
  let source: AuditSource;
  try {
    source = await exportSource(openFileStore(directory), pace);
  } catch (error) {
    if (error instanceof FormatError) return unreadable('checkpoint-invalid', error);
    throw error;
  }
  return audit(source, options);
}

/** The answer about something that is ours and cannot be read at all. */
function unreadable(code: string, error: Error): VerifyResult {
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
    witnessed: null,
    errors: [{ leaf: null, block: null, code, text: error.message }],
  };
}

/**
 * Verifies what stands at a path: a database, an exported directory, or a ledger's directory with both (then both).
 * @throws StoreError when it is none of them, or in use
 */
export async function verifyPath(path: string, options: VerifyOptions = {}): Promise<VerifyResult> {
  const { database, exported } = ledgerPlace(path);
  if (database === null) return verifyExport(exported ?? path, options);
  return inDatabase(database, async (store) => {
    const result = await audit(fileSource(database, store), options);
    if (exported === null || !result.ok) return result;
    return { ...result, ...(await faultsBeside(exported, store.raw, options)) };
  });
}

/** What an export says that its database, found in order, does not: it may lag behind, but only with a root that the database has had. */
async function faultsBeside(
  exported: string,
  raw: RawLog,
  options: VerifyOptions,
): Promise<Pick<VerifyResult, 'ok' | 'errors'>> {
  let errors: AuditError[];
  try {
    const beside = await verifyExport(exported, options);
    errors = beside.errors.map((error) => ({ ...error, text: `in the export: ${error.text}` }));
    const { size, root } = beside;
    const [kept] = raw.checkpoints(size, 1);
    if (errors.length === 0 && (kept?.size !== size || toBase64(readCheckpoint(kept.note).root) !== root)) {
      const text = `the export beside the database is of another log: its root over ${size} leaves is ${root}`;
      errors.push({ leaf: null, block: null, code: 'root-mismatch', text });
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.code === 'failed') throw error;
    const code = error.code === 'not-a-log' ? 'checkpoint-missing' : 'file-altered';
    errors = [{ leaf: null, block: null, code, text: `in the export: ${error.message}` }];
  }
  return { ok: errors.length === 0, errors };
}

/** Verifies any source. */
export async function audit(source: AuditSource, options: VerifyOptions = {}): Promise<VerifyResult> {
  const auditor = new Auditor(options.mostErrors);
  const { sealedSize, size, keepsCheckpoints } = source;
  const pace = new Pace(options.now);
  const breathe = async () => {
    if (!pace.due) return;
    options.onProgress?.({ leaves: auditor.size, size });
    await pace.turn();
    options.signal?.throwIfAborted();
  };
  let sealed = { root: auditor.root(), withheld: 0 };
  const witnessed = new WitnessedCheck(source.cosigned);
  try {
    options.signal?.throwIfAborted();
    for await (const leaf of source.leaves()) {
      const before = auditor.state;
      const roster = before?.roster;
      const height = before?.height ?? -1;
      auditor.leaf(leaf);
      const { state } = auditor;
      if (state !== null && state.height > height) {
        const fault = witnessed.reached(auditor.size, state, roster ?? state.roster, () => auditor.root());
        if (fault) auditor.add(fault);
      }
      const checkpoint = source.checkpoint(auditor.size);
      if (checkpoint !== null || keepsCheckpoints) auditor.checkpoint(checkpoint);
      if (auditor.size === sealedSize) sealed = { root: auditor.root(), withheld: auditor.withheld };
      if (auditor.stopped) break;
      await breathe();
    }
    if (!auditor.stopped) {
      const fault = auditor.errors.length === 0 ? unfinished(auditor, sealedSize) : null;
      if (fault) auditor.add(fault);
      for (const fault of witnessed.left(auditor.size)) auditor.add(fault);
      for await (const fault of source.faults()) {
        if (fault) auditor.add(fault);
        if (auditor.stopped) break;
        await breathe();
      }
    }
  } catch (error) {
    auditor.add(faultOf(error, auditor.size, size));
  }
  return conclude(auditor, source, { ...sealed, witnessed: witnessed.newest }, options);
}

/** What stopped an audit, as a fault of the ledger. @throws the error where it says nothing about the ledger */
function faultOf(error: unknown, leaf: number, size: number): Pick<AuditError, 'leaf' | 'code' | 'text'> {
  if (error instanceof LeafError) return { leaf: error.leaf, code: error.code, text: error.message };
  if (!(error instanceof StoreError)) throw error;
  if (error.code === 'closed') {
    const text = `the ledger was closed while leaf ${leaf} of ${size} was verified; open it and verify it again`;
    throw new StoreError('closed', text, error);
  }
  if (error.code !== 'damaged') throw error;
  return { leaf, code: 'damaged', text: error.message };
}

function conclude(
  auditor: Auditor,
  { sealedSize, size }: AuditSource,
  sealed: { root: string; withheld: number; witnessed: WitnessedResult | null },
  { keys = [] }: VerifyOptions,
): VerifyResult {
  const { state, errors } = auditor;
  const trust = state ? compareKeys(state, auditor.keysOf, keys) : { trusted: false, faults: [] };
  const claim = auditor.takeovers.find(({ leaf }) => leaf < sealedSize && leaf >= (sealed.witnessed?.size ?? 0));
  if (claim) auditor.add(unwitnessed(claim));
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
    witnessed: sealed.witnessed,
    errors: errors.map((error) => ({ ...error })),
  };
}

/** A standby may claim the ledger at any time; it is theirs once the witnesses have gone on with it. */
function unwitnessed({ leaf, term, operator }: Takeover): Pick<AuditError, 'leaf' | 'code' | 'text'> {
  const text = `${operator} takes over as term ${term}, but no checkpoint at hand with that is cosigned by enough witnesses`;
  return { leaf, code: 'unwitnessed-term', text };
}

/** What is wrong with a log in which no leaf is: there are fewer than signed, or none is signed. */
function unfinished({ size }: Auditor, sealedSize: number): Pick<AuditError, 'leaf' | 'code' | 'text'> | null {
  if (size < sealedSize) {
    const text = `${sealedSize} leaves are signed, but only ${size} are there`;
    return { leaf: size, code: 'size-mismatch', text };
  }
  if (sealedSize === 0) {
    const text = size === 0 ? 'the ledger holds no leaf' : `no checkpoint is signed over any of the ${size} leaves`;
    return { leaf: null, code: size === 0 ? 'genesis' : 'checkpoint-missing', text };
  }
  return null;
}
