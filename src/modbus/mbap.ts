// The envelope of Modbus TCP (MODBUS Messaging on TCP/IP V1.0b): transaction, protocol 0, length, unit, then the PDU.

export interface TcpFrame {
  readonly transaction: number;
  readonly unit: number;
  readonly pdu: Buffer;
}

const HEADER = 7;
const MOST_PDU = 253;

export function encodeTcpFrame(transaction: number, unit: number, pdu: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + pdu.length);
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt16BE(1 + pdu.length, 4);
  frame[6] = unit;
  pdu.copy(frame, HEADER);
  return frame;
}

/** Cuts a stream into frames, however the network cuts it into pieces. */
export class TcpFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** Bytes of a frame that is not complete yet. */
  get started(): boolean {
    return this.#rest.length > 0;
  }

  /** The frames that are complete with this piece. @throws Error when the stream is no Modbus: no way back into step */
  push(piece: Buffer): TcpFrame[] {
    let rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const frames: TcpFrame[] = [];
    while (rest.length >= HEADER - 1) {
      const length = rest.readUInt16BE(4);
      if (rest.readUInt16BE(2) !== 0 || length < 2 || length > 1 + MOST_PDU) {
        throw new Error(`no Modbus frame starts with ${rest.subarray(0, 8).toString('hex')}`);
      }
      const end = HEADER - 1 + length;
      if (rest.length < end) break;
      frames.push({ transaction: rest.readUInt16BE(0), unit: rest[6]!, pdu: rest.subarray(HEADER, end) });
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return frames;
  }
}
