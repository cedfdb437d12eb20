// The audit of a ledger, whatever it is read from: every byte, every rule, every auction and every bill. It touches no disk, so that it
// runs wherever JavaScript does, also in the page that members open without a server. Gives the event loop back every few milliseconds.
import { FormatError, LeafError, StoreError } from '../log/errors.ts';
import type { FileStore } from '../log/file-store.ts';
import { Pace } from '../log/pace.ts';
import { type AuditError, type AuditedLeaf, Auditor, type Takeover } from './auditor.ts';
import type { ReadAhead } from './read-ahead.ts';
import { type AuditSource, exportSource } from './sources.ts';
import { compareKeys } from './trust.ts';
import { WitnessedCheck, type WitnessedResult } from './witnessed.ts';

export interface VerifyOptions {
  /** Public keys known from elsewhere, as vkeys. */
  readonly keys?: readonly string[];
  readonly signal?: AbortSignal;
  /** Verifies signatures before their turn, where there are other threads for it. */
  readonly readAhead?: ReadAhead;
  /** Told each leaf before it is judged. */
  readonly onLeaf?: (leaf: AuditedLeaf) => void;
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

/** Verifies the files of an export. @throws StoreError when there is no file `checkpoint` */
export async function verifyFiles(files: FileStore, options: VerifyOptions = {}): Promise<VerifyResult> {
  let source: AuditSource;
  try {
    source = await exportSource(files, new Pace(options.now));
  } catch (error) {
    if (error instanceof FormatError) return unreadable('checkpoint-invalid', error);
    throw error;
  }
  return audit(source, options);
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
    const leaves = source.leaves();
    for await (const leaf of options.readAhead?.(leaves, () => auditor.state) ?? leaves) {
      options.onLeaf?.(leaf);
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

/** The answer about something that is ours and cannot be read at all. */
export function unreadable(code: string, error: Error): VerifyResult {
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
