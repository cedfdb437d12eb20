// Bytes: SHA-256 (FIPS 180-4), strict base64 (RFC 4648 section 4, canonical padding only), hexadecimal in lower case, strict UTF-8.
import { hash } from 'node:crypto';
import { FormatError } from './errors.ts';

const HEX = /^(?:[0-9a-f]{2})*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** SHA-256 of bytes, or of the UTF-8 form of a well-formed string. 32 bytes. */
export function sha256(data: string | Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer');
}

/** SHA-256 as 64 lower-case hexadecimal digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex');
}

export function toHex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

/** @throws FormatError unless the text is an even number of lower-case hexadecimal digits */
export function fromHex(text: string): Uint8Array {
  if (!HEX.test(text)) throw new FormatError('hex', 'expected an even number of lower-case hexadecimal digits');
  return Buffer.from(text, 'hex');
}

export function toBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64');
}

/** @throws FormatError unless the text is canonical base64: padded, no white space, unused bits zero */
export function fromBase64(text: string): Uint8Array {
  // Each byte string has exactly one accepted spelling; otherwise one signature could be written down in several ways.
  const bytes = BASE64.test(text) ? Buffer.from(text, 'base64') : null;
  if (bytes === null || (text.endsWith('=') && bytes.toString('base64') !== text)) {
    throw new FormatError('base64', 'expected canonical base64 (RFC 4648 section 4, with padding)');
  }
  return bytes;
}

/** Text of UTF-8 bytes; a byte order mark stays visible. @throws FormatError when the bytes are not UTF-8 */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new FormatError('utf-8', 'the bytes are not valid UTF-8');
  }
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
