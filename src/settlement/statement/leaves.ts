// What the leaves of a ledger say for statements: leaf by leaf, from a store or an export. Only what statements stand on is
// read; whether the ledger holds is the matter of `microgrid verify`.
import { HEADER_LINE } from '../../ledger/header.ts';
import { readNote } from '../../ledger/record.ts';
import { requireInteger } from '../../units.ts';
import type { OpenParts } from './parts.ts';
import { readSettled } from './read.ts';

/** Kinds of records that may hold lines of a settlement. */
export const SETTLING: readonly string[] = ['settlement'];

/** A leaf as a store or an export gives it. */
export interface LedgerLeaf {
  readonly index: number;
  readonly note: string;
  /** Null where it was withheld or erased. */
  readonly body: string | null;
}

export interface LeafHead {
  readonly ledger: string;
  readonly member: string;
  readonly kind: string;
  readonly interval: string | null;
  /** Unix ms. */
  readonly time: number;
}

/** Head of a record, or null for the header of a block. @throws FormatError */
export function headOf({ note }: LedgerLeaf): LeafHead | null {
  if (note.startsWith(HEADER_LINE)) return null;
  const { ledger, member, kind, interval, time } = readNote(note).head;
  return { ledger, member, kind, interval, time: Date.parse(time) };
}

/**
 * Adds what a record says about its interval.
 * @param time of the record in Unix ms; asked for settlements alone, because reading it costs more than all else
 * @throws RangeError, naming the leaf, where its body is not what its kind should have
 */
export function addLeaf(
  parts: OpenParts,
  { index, body }: Pick<LedgerLeaf, 'index' | 'body'>,
  { kind, member, time }: { readonly kind: string; readonly member: string; readonly time: () => number },
): void {
  switch (kind) {
    case 'order':
      parts.orders.push({ member, leaf: index });
      return;
    case 'clearing':
      parts.clearing ??= index;
      return;
    // A correction of a meter value: what follows from it is settled in a record of its own.
    case 'correction':
    case 'meter': {
      const reason = body === null ? null : bodyOf(index, body)['reason'];
      parts.meters.push({ member, leaf: index, reason: typeof reason === 'string' ? reason : null });
      return;
    }
    case 'battery': {
      if (body === null) return;
      const { chargeWh, dischargeWh } = bodyOf(index, body);
      parts.batteries.push({
        member,
        chargeWh: requireInteger(chargeWh, `chargeWh of leaf ${index}`, 0),
        dischargeWh: requireInteger(dischargeWh, `dischargeWh of leaf ${index}`, 0),
      });
      return;
    }
    case 'settlement': {
      if (body === null) return;
      try {
        parts.settled.push(readSettled(bodyOf(index, body), time(), index));
      } catch (problem) {
        const why = problem instanceof Error ? problem.message : String(problem);
        throw new RangeError(`leaf ${index} is no settlement that a statement can be made from: ${why}`);
      }
    }
  }
}

function bodyOf(index: number, body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new RangeError(`the body of leaf ${index} is not JSON; verify the ledger`);
}
