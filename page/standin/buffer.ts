// As much of Node's Buffer as the audit uses, for browsers. Bundled only into the page; test/page/buffer.test.ts holds it against the real one.

const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_VALUES = new Map([...BASE64].map((letter, value) => [letter.charCodeAt(0), value]));
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

type Encoding = 'utf8' | 'hex' | 'base64';

class PageBuffer extends Uint8Array {
  static override from(
    source: string | ArrayBuffer | ArrayLike<unknown> | Iterable<unknown>,
    second?: unknown,
    length?: number,
  ): PageBuffer {
    if (typeof source === 'string') return fromText(source, (second as Encoding | undefined) ?? 'utf8');
    if (source instanceof ArrayBuffer) return new PageBuffer(source, second as number | undefined, length);
    return new PageBuffer(source as ArrayLike<number>);
  }

  static alloc(size: number, fill = 0): PageBuffer {
    return new PageBuffer(size).fill(fill);
  }

  static allocUnsafe(size: number): PageBuffer {
    return new PageBuffer(size);
  }

  static concat(parts: readonly Uint8Array[]): PageBuffer {
    const whole = new PageBuffer(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  static compare(a: Uint8Array, b: Uint8Array): number {
    for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
    return Math.sign(a.length - b.length);
  }

  static isBuffer(value: unknown): value is PageBuffer {
    return value instanceof PageBuffer;
  }

  static byteLength(text: string): number {
    return encoder.encode(text).length;
  }

  equals(other: Uint8Array): boolean {
    return PageBuffer.compare(this, other) === 0;
  }

  readUInt16BE(at: number): number {
    return this[at]! * 256 + this[at + 1]!;
  }

  writeUInt16BE(value: number, at = 0): number {
    this[at] = value >> 8;
    this[at + 1] = value & 0xff;
    return at + 2;
  }

  write(text: string, encoding: Encoding): number {
    const bytes = fromText(text, encoding);
    this.set(bytes);
    return bytes.length;
  }

  override toString(encoding: Encoding = 'utf8'): string {
    if (encoding === 'hex') {
      let text = '';
      for (const byte of this) text += HEX[byte];
      return text;
    }
    return encoding === 'base64' ? toBase64(this) : utf8.decode(this);
  }
}

function fromText(text: string, encoding: Encoding): PageBuffer {
  if (encoding === 'utf8') return new PageBuffer(encoder.encode(text));
  if (encoding === 'base64') return fromBase64(text);
  const bytes = new PageBuffer(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const word = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const left = bytes.length - at;
    text += BASE64[word >> 18]! + BASE64[(word >> 12) & 63];
    text += (left > 1 ? BASE64[(word >> 6) & 63]! : '=') + (left > 2 ? BASE64[word & 63]! : '=');
  }
  return text;
}

/** Of a text that is made of the 64 letters and of padding. */
function fromBase64(text: string): PageBuffer {
  const letters = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  const bytes = new PageBuffer(Math.floor((letters * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < letters; i++) {
    word = ((word << 6) | BASE64_VALUES.get(text.charCodeAt(i))!) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (word >> bits) & 0xff;
  }
  return bytes;
}

export { PageBuffer as Buffer };
