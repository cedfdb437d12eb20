// Reads JSON (RFC 8259) in which numbers count money and energy, and refuses what JSON.parse would pass over in silence:
// a key that stands twice in one object (the last one wins), and a whole number that is not written as one
// (1.0000000000000000001 becomes 1). A byte order mark at the head is the caller's to take away.
import { InputError, pathOf } from './fields.ts';

/** No document of this package nests a tenth as deep. */
const DEEPEST = 100;

/**
 * The value of a JSON text.
 * @throws InputError whose message completes a sentence that begins with the document's name
 */
export function parseJson(text: string): unknown {
  // Looked through first: text that nests without end costs JSON.parse many times its own size.
  const fault = findFault(text);
  if (fault?.always) throw new InputError(fault.what);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (fault) throw new InputError(fault.what);
  return value;
}

interface Fault {
  readonly what: string;
  /** Whether it counts also where the text is no JSON. */
  readonly always: boolean;
}

/** An object or list that is open. */
interface Open {
  /** Of an object, those so far; null for a list. */
  readonly keys: Set<string> | null;
  /** Where in it the text is: the key, or the position. */
  at: string | number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** The first fault of text that JSON.parse accepts; of other text it may find anything or nothing. */
function findFault(text: string): Fault | null {
  const open: Open[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      const end = endOfString(text, at);
      const inside = open.at(-1);
      if (inside?.keys && text.charCodeAt(afterSpace(text, end)) === COLON) {
        const key = keyOf(text.slice(at, end));
        if (inside.keys.has(key)) return { what: `says "${pathOf([key])}" twice in one object`, always: false };
        inside.keys.add(key);
        inside.at = key;
      }
      at = end - 1;
    } else if (character === MINUS || isDigit(character)) {
      NUMBER.lastIndex = at;
      const written = NUMBER.exec(text)?.[0];
      if (written === undefined) continue;
      if (/[.eE]/.test(written) && Number.isInteger(Number(written))) {
        const where = pathOf(open.map((part) => part.at));
        const shown = written.length > 40 ? `${written.slice(0, 40)}...` : written;
        const what = `says ${shown}${where && ` for ${where}`}, but a whole number is written in digits alone`;
        return { what, always: false };
      }
      at += written.length - 1;
    } else if (character === COMMA) {
      const inside = open.at(-1);
      if (typeof inside?.at === 'number') inside.at++;
    } else if (text[at] === '{' || text[at] === '[') {
      if (open.length === DEEPEST) return { what: `nests deeper than ${DEEPEST} lists and objects`, always: true };
      open.push(text[at] === '{' ? { keys: new Set(), at: '' } : { keys: null, at: 0 });
    } else if (text[at] === '}' || text[at] === ']') {
      open.pop();
    }
  }
  return null;
}

/** Position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text[before - 1] === '\\') before--;
    if ((end - before) % 2 === 0) return end + 1;
  }
  return text.length;
}

/** @param written with its quotes */
function keyOf(written: string): string {
  if (!written.includes('\\')) return written.slice(1, -1);
  try {
    return JSON.parse(written) as string;
  } catch {
    return written; // no JSON, as JSON.parse is about to say
  }
}

function afterSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return at;
}

function isDigit(character: number): boolean {
  return character >= 0x30 && character <= 0x39;
}
