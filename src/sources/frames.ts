// Cuts a stream of bytes (a serial line, a TCP connection) into frames. Pure: how the bytes were cut into chunks changes
// nothing in what comes out. What is held never grows beyond one frame.
import type { Reason } from '../units.ts';

/** Where a frame lies in some bytes; positions count from 0. */
export type Found =
  /** Nothing is whole yet; bytes before `from` belong to no frame. */
  | { readonly kind: 'wait'; readonly from: number }
  | { readonly kind: 'frame'; readonly from: number; readonly to: number }
  /** A frame that cannot be: the search goes on at `to`. */
  | { readonly kind: 'broken'; readonly to: number; readonly reason: Reason };

export interface Framing {
  /** What the frames are called: "P1 telegram". */
  readonly name: string;
  /** Longest frame, bytes. */
  readonly longest: number;
  /** Finds the first frame; must say the same however many bytes follow it. */
  find(bytes: Uint8Array): Found;
}

/** What is kept between chunks. */
export interface Held {
  readonly bytes: Uint8Array;
  /** Bytes since the last frame that belonged to none. */
  readonly stray: number;
}

export const nothingHeld: Held = { bytes: new Uint8Array(0), stray: 0 };

/** @returns what to hold, and in their order the frames that are whole now and the reasons why some are none */
export function feed(framing: Framing, held: Held, chunk: Uint8Array): [Held, (Uint8Array | Reason)[]] {
  let rest = new Uint8Array(held.bytes.length + chunk.length);
  rest.set(held.bytes);
  rest.set(chunk, held.bytes.length);
  let { stray } = held;
  const out: (Uint8Array | Reason)[] = [];
  const skip = (count: number) => {
    stray += count;
    for (; stray >= framing.longest; stray -= framing.longest) out.push(noFrame(framing));
  };
  for (;;) {
    const found = framing.find(rest);
    if (found.kind === 'wait') {
      skip(found.from);
      rest = rest.subarray(found.from);
      if (rest.length <= framing.longest) return [{ bytes: rest.slice(), stray }, out];
      out.push({ code: 'too-long', text: `A ${framing.name} has no end within ${framing.longest} bytes.` });
      rest = rest.subarray(framing.longest);
    } else if (found.kind === 'broken') {
      out.push(found.reason);
      rest = rest.subarray(found.to);
    } else {
      skip(found.from);
      stray = 0;
      out.push(rest.slice(found.from, found.to));
      rest = rest.subarray(found.to);
    }
  }
}

function noFrame({ name, longest }: Framing): Reason {
  const text = `There was no ${name} in ${longest} bytes; check the source, the baud rate and whether it is encrypted.`;
  return { code: 'no-frame', text, numbers: { bytes: longest } };
}

/** Where a sequence begins, or where so much of it stands at the end that it may still come; the length otherwise. */
export function mayBegin(bytes: Uint8Array, sequence: readonly number[], from: number): number {
  for (let at = from; at < bytes.length; at++) {
    let same = 0;
    while (same < sequence.length && at + same < bytes.length && bytes[at + same] === sequence[same]) same += 1;
    if (same === sequence.length || at + same === bytes.length) return at;
  }
  return bytes.length;
}
