// What JSON from outside must be, in valibot, with messages that complete a sentence which begins with the field
// ("orders[3].wh must be ..."). Shared by the subcommands and by what they read for the simulation.
import * as v from 'valibot';
import { isInterval } from '../time/interval.ts';
import { describe } from '../units.ts';

/** Wrong use or input. The message is one sentence that names the field or option. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** A whole number that a double holds exactly; -0, 12.5, "12" and 2^53 are refused. */
export const integer = (minimum = -Number.MAX_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER) =>
  v.custom<number>(
    (value) =>
      Number.isSafeInteger(value) &&
      !Object.is(value, -0) &&
      (value as number) >= minimum &&
      (value as number) <= maximum,
    ({ input }) =>
      `must be a whole number from ${boundText(minimum)} to ${boundText(maximum)}, but is ${describe(input)}`,
  );

/** An id: not empty, without lone surrogates (those have no UTF-8 bytes to sort by). */
export const id = v.custom<string>(
  (value) => typeof value === 'string' && value.length > 0 && value.isWellFormed(),
  ({ input }) => `must be well-formed text, but is ${describe(input)}`,
);

/** Text of a fixed form. @param what such as "three capital letters" */
export const matching = (pattern: RegExp, what: string) =>
  v.custom<string>(
    (value) => typeof value === 'string' && pattern.test(value),
    ({ input }) => `must be ${what}, but is ${describe(input)}`,
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

/** A list is an object to valibot, and would be told that its fields are missing. */
const object = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ({ input }) => `must be an object, but is ${describe(input)}`,
);

/** An object with exactly these fields: for what people write, where a slip of the pen must not pass for "left out". */
export const fields = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(object, v.strictObject(entries, objectMessage(entries)));

/** An object with these fields and any others: for what programs write, which may say more from version to version. */
export const someFields = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(object, v.object(entries, objectMessage(entries)));

/** Where members hang in the feeder tree. */
export const places = list(fields({ member: id, feeder: id, substation: id }));

/** The feeder tree with its capacities and fees. */
export const areas = list(
  fields({
    id,
    parent: v.exactOptional(id),
    importWh: v.exactOptional(integer(0)),
    exportWh: v.exactOptional(integer(0)),
    fee: v.exactOptional(integer(0)),
    members: v.exactOptional(list(id)),
  }),
);

/** Whom an order wants to trade with. */
export const preference = fields({
  mode: oneOf(['only', 'first']),
  from: oneOf(['partners', 'feeder', 'renewable']),
  partners: v.exactOptional(list(id)),
});

/**
 * The value as the schema types it.
 * @param whole what the value is called where the fault is in none of its fields
 * @throws InputError naming the first wrong field
 */
export function parseInput<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  whole = 'the input',
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new InputError(`${pathOf((issue.path ?? []).map(({ key }) => key)) || whole} ${issue.message}`);
}

/** `orders[3].wh` */
export function pathOf(keys: readonly unknown[]): string {
  let path = '';
  for (const key of keys) {
    if (typeof key === 'number') path += `[${key}]`;
    else path += `${path === '' ? '' : '.'}${shortened(String(key))}`;
  }
  return path;
}

function objectMessage(entries: v.ObjectEntries) {
  const known = Object.keys(entries).join(', ');
  return ({ expected }: { readonly expected: string | null }) =>
    expected === 'never' ? `is not a known field; known are ${known}` : 'is missing';
}

/** Keys come from outside: a very long one, or one with control characters, must not break the sentence. */
function shortened(key: string): string {
  const shown = key.slice(0, 40).replace(/\p{Cc}/gu, '\ufffd');
  return key.length > 40 ? `${shown}...` : shown;
}

function boundText(bound: number): string {
  if (Math.abs(bound) < Number.MAX_SAFE_INTEGER) return String(bound);
  return bound < 0 ? '-(2^53-1)' : '2^53-1';
}

function listed(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
