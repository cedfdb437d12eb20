// Schemas shared by the subcommands: what JSON from outside must be, in valibot, with messages that complete a sentence
// which begins with the field ("orders[3].wh must be ...").
import * as v from 'valibot';
import { isInterval } from '../time/interval.ts';
import { describe } from '../units.ts';
import { InputError } from './io.ts';

/** A whole number that a double holds exactly; -0, 12.5, "12" and 2^53 are refused. */
export const integer = (minimum = -Number.MAX_SAFE_INTEGER) =>
  v.custom<number>(
    (value) => Number.isSafeInteger(value) && !Object.is(value, -0) && (value as number) >= minimum,
    ({ input }) => {
      const least = minimum === -Number.MAX_SAFE_INTEGER ? '-(2^53-1)' : String(minimum);
      return `must be a whole number from ${least} to 2^53-1, but is ${describe(input)}`;
    },
  );

/** An id: not empty, without lone surrogates (those have no UTF-8 bytes to sort by). */
export const id = v.custom<string>(
  (value) => typeof value === 'string' && value.length > 0 && value.isWellFormed(),
  ({ input }) => `must be well-formed text, but is ${describe(input)}`,
);

export const interval = v.custom<string>(
  isInterval,
  ({ input }) => `must be a UTC quarter hour such as 2026-11-22T08:15Z, but is ${describe(input)}`,
);

/** One of a few words. */
export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  v.picklist(words, ({ input }) => `must be ${listed(words)}, but is ${describe(input)}`);

export const list = <Item extends v.GenericSchema>(item: Item) =>
  v.array(item, ({ input }) => `must be a list, but is ${describe(input)}`);

/** An object with exactly these fields. */
export const fields = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.strictObject(entries, (issue) => {
    if (issue.expected === 'never') return `is not a known field; known are ${Object.keys(entries).join(', ')}`;
    if (issue.expected.startsWith('"')) return 'is missing';
    return `must be an object, but is ${describe(issue.input)}`;
  });

/** Where members hang in the feeder tree. */
export const places = list(fields({ member: id, feeder: id, substation: id }));

/** The value as the schema types it. @throws InputError naming the first wrong field */
export function parseInput<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new InputError(`${pathOf(issue) || 'the input'} ${issue.message}`);
}

/** `orders[3].wh` */
function pathOf(issue: v.BaseIssue<unknown>): string {
  let path = '';
  for (const { key } of issue.path ?? []) {
    if (typeof key === 'number') path += `[${key}]`;
    else path += `${path === '' ? '' : '.'}${String(key)}`;
  }
  return path;
}

function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
