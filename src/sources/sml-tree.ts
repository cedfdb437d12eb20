// SML 1.04 in its binary encoding (BSI TR-03109-1, part IV b, chapter 7): a tree of lists, octet strings and numbers, each
// behind a byte that says its type and length. What a meter leaves out of a structure does not matter here, so that meters
// with known mistakes in optional fields (such as a time without its list) are read without exceptions for each of them.

export interface SmlInteger {
  readonly value: bigint;
  /** Bytes it was sent in. */
  readonly size: number;
  readonly signed: boolean;
}
export type SmlValue = Uint8Array | SmlInteger | boolean | readonly SmlValue[];

/** A message of a file with the checksum it carries, and where in the bytes what that checksum covers begins and ends. */
export interface SmlMessage {
  readonly tag: number;
  readonly body: SmlValue;
  readonly checksum: number;
  readonly from: number;
  readonly to: number;
}

const DEEPEST = 8;
const [OCTETS, BOOLEAN, SIGNED, UNSIGNED, LIST] = [0, 4, 5, 6, 7];
const notSml = (where: string) => new Error(`an SML file is malformed: ${where}`);

/** The messages of a file, without the transport's escape sequences. @throws Error where it is malformed */
export function readMessages(bytes: Uint8Array): SmlMessage[] {
  const reader = new Reader(bytes);
  const messages: SmlMessage[] = [];
  while (!reader.atEnd()) {
    // Fill bytes at the end of a file look like ends of messages.
    if (reader.skipZero()) continue;
    const from = reader.at;
    if (reader.listLength() !== 6) throw notSml('a message is no list of six');
    for (let field = 0; field < 3; field++) reader.value();
    const choice = reader.value();
    const to = reader.at;
    const checksum = numberOf(reader.value());
    if (!reader.skipZero()) throw notSml('a message has no end');
    if (!isList(choice) || choice.length !== 2 || checksum === null) throw notSml('a message has no body or checksum');
    const [tag, body] = choice;
    messages.push({ tag: numberOf(tag) ?? -1, body: body ?? [], checksum, from, to });
  }
  return messages;
}

export const isList = (value: SmlValue | undefined): value is readonly SmlValue[] => Array.isArray(value);
export const isOctets = (value: SmlValue | undefined): value is Uint8Array => value instanceof Uint8Array;
export const isInteger = (value: SmlValue | undefined): value is SmlInteger =>
  typeof value === 'object' && 'size' in value && 'signed' in value;
export const numberOf = (value: SmlValue | undefined): number | null => (isInteger(value) ? Number(value.value) : null);

class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  skipZero(): boolean {
    if (this.#bytes[this.at] !== 0) return false;
    this.at += 1;
    return true;
  }

  listLength(): number {
    const { type, length } = this.#head();
    if (type !== LIST) throw notSml(`a list is missing at byte ${this.at - 1}`);
    return length;
  }

  value(depth = 0): SmlValue {
    if (depth > DEEPEST) throw notSml('its lists lie too deep in each other');
    const start = this.at;
    const { type, length } = this.#head();
    if (type === LIST) {
      // Every element has at least one byte, so a length that cannot be is found before anything is made of it.
      if (length > this.#bytes.length - this.at) throw notSml(`a list at byte ${start} is longer than the file`);
      return Array.from({ length }, () => this.value(depth + 1));
    }
    const size = length - (this.at - start);
    const end = this.at + size;
    if (size < 0 || end > this.#bytes.length) throw notSml(`a value at byte ${start} is longer than the file`);
    const bytes = this.#bytes.subarray(this.at, end);
    this.at = end;
    if (type === OCTETS) return bytes;
    if (type === BOOLEAN && size === 1) return bytes[0] !== 0;
    if ((type === SIGNED || type === UNSIGNED) && size >= 1 && size <= 8) return integer(bytes, type === SIGNED);
    throw notSml(`a value at byte ${start} is of an unknown type`);
  }

  /** Type and length; for lists the number of elements, otherwise the bytes with those of the head. */
  #head(): { type: number; length: number } {
    const first = this.#byte();
    let length = first & 0x0f;
    let byte = first;
    for (let more = 0; byte & 0x80; more++) {
      if (more === 3) throw notSml('a length has too many digits');
      byte = this.#byte();
      length = length * 16 + (byte & 0x0f);
    }
    return { type: (first >> 4) & 0x07, length };
  }

  #byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw notSml('it ends in the middle of a message');
    this.at += 1;
    return byte;
  }
}

function integer(bytes: Uint8Array, signed: boolean): SmlInteger {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return { value: signed ? BigInt.asIntN(bytes.length * 8, value) : value, size: bytes.length, signed };
}
