// What a line needs from a wire: an open connection that takes one request at a time, and what a request may be.
import type { ModbusError } from './port.ts';

export interface Request {
  readonly kind: 'holding' | 'input' | 'write' | 'write-one';
  readonly unit: number;
  readonly address: number;
  readonly count: number;
  readonly values: readonly number[];
}

/** One open connection. Its promises may stay open for ever: the line guards them. */
export interface Link {
  /** Registers read, none for a write. Rejects with a ModbusError. */
  send(request: Request): Promise<number[]>;
  /**
   * The line waits no longer for the answer to what was sent last; it may still come and then is nobody's.
   * Returns what came in instead, where that explains more than a timeout.
   */
  abandon(): ModbusError | null;
  /** How long until the request may go, ms: a serial line must be silent first. 0 for now. */
  wait(request: Request): number;
  /** Whether the answer to an earlier request may still come and could be taken for the answer to this one. */
  owes(request: Request): boolean;
  /** Bytes received so far. */
  received(): number;
  /** Whether it finds back into step after an answer that does not fit; otherwise only a new connection does. */
  readonly resynchronises: boolean;
  /** Whether silence may mean that the connection is dead, so that a new one could help. */
  readonly diesSilently: boolean;
  /** Frees the wire; resolves when another may have it. */
  destroy(): Promise<void>;
}

/** Opens a link; `lost` is called when the peer ends it. Aborting the signal must end the attempt. */
export type OpenLink = (lost: () => void, signal: AbortSignal) => Promise<Link>;

/** What is wrong with a request that the protocol cannot carry, null for nothing. */
export function requestError({ kind, unit, address, count, values }: Request): string | null {
  const most = kind === 'write' ? 123 : 125;
  if (!Number.isInteger(unit) || unit < 0 || unit > 255) return `a unit id lies within 0 and 255, not ${unit}`;
  if (!Number.isInteger(count) || count < 1 || count > most) {
    return `one request carries 1 to ${most} registers, not ${count}`;
  }
  if (!Number.isInteger(address) || address < 0 || address + count > 65_536) {
    return `registers lie within 0 and 65535, not at ${address} to ${address + count - 1}`;
  }
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > 65_535);
  return wrong === undefined ? null : `a register holds 0 to 65535, not ${wrong}`;
}

export const isWrite = ({ kind }: Request): boolean => kind === 'write' || kind === 'write-one';
