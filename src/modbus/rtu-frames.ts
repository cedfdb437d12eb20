// The envelope of Modbus RTU (MODBUS over Serial Line V1.02): unit, PDU, CRC with its low byte first. A frame has no length
// and no number, so what a piece of line means is judged against the one request that waits.
import type { Request } from './link.ts';
import { decodeAnswer, encodeRequest, FUNCTIONS, REFUSED } from './pdu.ts';
import { ModbusError } from './port.ts';

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});

export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  return crc;
}

export function encodeRtuFrame(unit: number, pdu: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(pdu.length + 3);
  frame[0] = unit;
  frame.set(pdu, 1);
  frame.writeUInt16LE(crc16(frame.subarray(0, -2)), frame.length - 2);
  return frame;
}

/** Silence that ends a frame, ms: 3.5 characters of 11 bits, fixed above 19200 baud. */
export function frameSilence(baud: number): number {
  return baud > 19_200 ? 1.75 : (3.5 * 11 * 1000) / baud;
}

/** Length of the answer that begins here by its function code; null for another code, Infinity before it can be told. */
function answerLength(bytes: Buffer): number | null {
  const code = bytes[1];
  if (code === undefined) return Number.POSITIVE_INFINITY;
  if (code & REFUSED) return 5;
  if (code === FUNCTIONS.write || code === FUNCTIONS['write-one']) return 8;
  if (code !== FUNCTIONS.holding && code !== FUNCTIONS.input) return null;
  return bytes[2] === undefined ? Number.POSITIVE_INFINITY : 5 + bytes[2];
}

/** The intact frame that the bytes begin with; null for anything else. */
export function firstFrame(bytes: Buffer): Buffer | null {
  const length = answerLength(bytes);
  if (length === null || bytes.length < length) return null;
  const frame = bytes.subarray(0, length);
  return crc16(frame.subarray(0, -2)) === frame.readUInt16LE(length - 2) ? frame : null;
}

/** The intact answer to a request within what came in, also behind noise; null while there is none. */
export function findAnswer(bytes: Buffer, request: Request): Buffer | null {
  const code = FUNCTIONS[request.kind];
  for (let start = 0; start + 5 <= bytes.length; start++) {
    if (bytes[start] !== request.unit || ((bytes[start + 1] ?? 0) & ~REFUSED) !== code) continue;
    const frame = firstFrame(bytes.subarray(start));
    if (frame && fits(frame, request)) return frame;
  }
  return null;
}

/** The PDU between unit and CRC. */
export const pduOf = (frame: Buffer): Buffer => frame.subarray(1, -2);

function fits(frame: Buffer, request: Request): boolean {
  if ((frame[1] ?? 0) & REFUSED) return true;
  if (request.kind === 'holding' || request.kind === 'input') return frame[2] === 2 * request.count;
  return frame.subarray(1, 6).equals(encodeRequest(request).subarray(0, 5));
}

/** Whether the bytes begin as the answer does, without being an intact frame. */
export function isBroken(bytes: Buffer, request: Request): boolean {
  return bytes.length >= 3 && beginsLike(bytes, request) && !firstFrame(bytes);
}

const beginsLike = (bytes: Buffer, { unit, kind }: Request) =>
  bytes[0] === unit && ((bytes[1] ?? 0) & ~REFUSED) === FUNCTIONS[kind];

/** What was wrong with bytes in which no answer was found, for a person at the line. `name` is the line's. */
export function diagnose(bytes: Buffer, request: Request, name: string): ModbusError {
  const who = `unit ${request.unit} at ${name}`;
  return new ModbusError('garbage', problemOf(bytes, request, who));
}

function problemOf(bytes: Buffer, request: Request, who: string): string {
  const frame = firstFrame(bytes);
  if (frame && frame[0] !== request.unit) {
    return `unit ${frame[0]} answered in place of ${who}: check that no two devices share a unit id`;
  }
  if (frame) {
    try {
      decodeAnswer(request, pduOf(frame), who);
    } catch (error) {
      return (error as Error).message;
    }
  }
  if (!isBroken(bytes, request)) {
    const came = bytes.length === 1 ? '1 byte that is' : `${bytes.length} bytes that are`;
    return `${came} no answer of ${who} came in: check baud rate and parity, and that no other master is on the line`;
  }
  const length = answerLength(bytes) ?? 0;
  return bytes.length < length
    ? `the answer of ${who} broke off after ${bytes.length} of ${length} bytes: check the wiring`
    : `the answer of ${who} was damaged on the line (its CRC is wrong): check wiring, termination and parity`;
}
