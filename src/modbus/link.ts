// What a line needs from a wire: an open connection that takes one request at a time, and what a request may be.

export interface Request {
  readonly kind: 'holding' | 'input' | 'write';
  readonly unit: number;
  readonly address: number;
  readonly count: number;
  readonly values: readonly number[];
  /** Function 6 instead of 16. */
  readonly single?: boolean;
}

/** One open connection. Its promises may stay open for ever: the line guards them. */
export interface Link {
  /** Registers read, none for a write. Rejects with a ModbusError. */
  send(request: Request): Promise<number[]>;
  /** Bytes received so far: a request that timed out on a link that did receive something ends the link. */
  received(): number;
  destroy(): void;
}

/** Opens a link; `lost` is called when the peer ends it. Aborting the signal must end the attempt. */
export type OpenLink = (lost: () => void, signal: AbortSignal) => Promise<Link>;

/** A request that the protocol cannot carry is a mistake of the caller. @throws RangeError */
export function checkRequest({ kind, unit, address, count, values }: Request): void {
  const most = kind === 'write' ? 123 : 125;
  if (!Number.isInteger(unit) || unit < 0 || unit > 255)
    throw new RangeError(`a unit id lies within 0 and 255, not ${unit}`);
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new RangeError(`one request carries 1 to ${most} registers, not ${count}`);
  }
  if (!Number.isInteger(address) || address < 0 || address + count > 65_536) {
    throw new RangeError(`registers lie within 0 and 65535, not at ${address} to ${address + count - 1}`);
  }
  const wrong = values.find((value) => !Number.isInteger(value) || value < 0 || value > 65_535);
  if (wrong !== undefined) throw new RangeError(`a register holds 0 to 65535, not ${wrong}`);
}
