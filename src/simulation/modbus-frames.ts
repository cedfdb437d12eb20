// Frames of Modbus requests and answers: the MBAP header of Modbus TCP, and the CRC of RTU.

export interface Taken {
  readonly unit: number;
  readonly pdu: Uint8Array;
  /** Bytes of the buffer it took. */
  readonly length: number;
}

export interface TakenTcp extends Taken {
  readonly transaction: number;
}

/** The first whole request in a buffer, null while it is not complete. */
export function takeTcpRequest(buffer: Uint8Array): TakenTcp | 'no-modbus' | null {
  if (buffer.length < 8) return null;
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const length = view.getUint16(4);
  if (view.getUint16(2) !== 0 || length < 2 || length > 254) return 'no-modbus';
  if (buffer.length < 6 + length) return null;
  return {
    transaction: view.getUint16(0),
    unit: view.getUint8(6),
    pdu: buffer.slice(7, 6 + length),
    length: 6 + length,
  };
}

export function tcpFrame(transaction: number, unit: number, pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(7 + pdu.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, transaction);
  view.setUint16(4, pdu.length + 1);
  frame[6] = unit;
  frame.set(pdu, 7);
  return frame;
}

/** The first request whose CRC holds; bytes before it that are none of it are taken along. */
export function takeRtuRequest(buffer: Uint8Array): Taken | null {
  for (let start = 0; start + 8 <= buffer.length; start++) {
    const end = start + rtuLength(buffer.subarray(start));
    if (end > buffer.length || crc16(buffer.subarray(start, end)) !== 0) continue;
    return { unit: buffer[start] ?? 0, pdu: buffer.slice(start + 1, end - 2), length: end };
  }
  return null;
}

/** Unit, function, two words and CRC; function 16 has its values in between. */
function rtuLength(request: Uint8Array): number {
  return request[1] === 16 ? 9 + (request[6] ?? 0) : 8;
}

export function rtuFrame(unit: number, pdu: Uint8Array): Uint8Array {
  const body = Uint8Array.of(unit, ...pdu);
  const crc = crc16(body);
  return Uint8Array.of(...body, crc & 0xff, crc >> 8);
}

/** CRC-16 of Modbus; 0 over a frame that ends in its own. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}
