// Evidence as bytes of a file: its text, or the same packed with gzip (RFC 1952), which a long history needs.
import { gunzipSync, gzipSync } from 'node:zlib';
import { fromUtf8 } from '../../log/bytes.ts';
import { FormatError } from '../../log/errors.ts';
import { type Evidence, evidenceText, MOST_EVIDENCE_BYTES } from './format.ts';

/** Whether bytes begin as evidence does, packed or not. */
export const mayBeEvidence = (head: Uint8Array): boolean => head[0] === 0x7b || (head[0] === 0x1f && head[1] === 0x8b);

export function packEvidence(evidence: Evidence, gzip: boolean): Uint8Array {
  const text = Buffer.from(evidenceText(evidence));
  return gzip ? gzipSync(text, { level: 9 }) : text;
}

/**
 * The text in a file.
 * @throws FormatError `evidence` when it is damaged, no UTF-8, or longer than evidence may be
 */
export function unpackEvidence(bytes: Uint8Array, most: number = MOST_EVIDENCE_BYTES): string {
  const plain = bytes[0] === 0x1f ? inflate(bytes, most) : bytes;
  if (plain.length > most) throw tooLong(most);
  return fromUtf8(plain);
}

function inflate(bytes: Uint8Array, most: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    if (error instanceof RangeError) throw tooLong(most);
    throw new FormatError('evidence', 'the file cannot be unpacked: it is cut off or damaged');
  }
}

const tooLong = (most: number) =>
  new FormatError('evidence', `evidence has at most ${most / 1024 / 1024} MiB unpacked`);
