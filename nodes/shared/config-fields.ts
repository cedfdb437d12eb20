// Fields of a node's configuration as Node-RED stores them: mostly text that a person typed. Each reads the person's
// unit and gives the domain's integer (units.ts).
import * as v from 'valibot';
import { parseDecimal } from '../../src/units.ts';

type Field<Out> = v.GenericSchema<unknown, Out>;

/** A decimal of a person's unit as an integer of 10^-digits of it: ct/kWh with 4 digits is micro-currency per kWh. */
export function decimal(name: string, digits: number, minimum: number, maximum: number): Field<number> {
  return read((value) => {
    const number = parseDecimal(value, digits, name);
    if (number < minimum || number > maximum) {
      const scale = 10 ** digits;
      throw new RangeError(`${name} must be between ${minimum / scale} and ${maximum / scale}`);
    }
    return number;
  });
}

export const whole = (name: string, minimum: number, maximum: number): Field<number> =>
  decimal(name, 0, minimum, maximum);

/** A whole number, or nothing for the value that stands for it. */
export const optionalWhole = (name: string, minimum: number, maximum: number, otherwise: number): Field<number> =>
  read((value) => {
    if (value === null || value === '') return otherwise;
    return v.parse(whole(name, minimum, maximum), value);
  });

/** Any field that may be left empty: then there is no such value. */
export const optional = <Out>(field: Field<Out>): Field<Out | undefined> =>
  read((value) => (value === null || value === '' ? undefined : v.parse(field, value)));

/** Text that may be left empty. */
export const optionalText = (name: string): Field<string> =>
  read((value) => {
    if (value === null) return '';
    if (typeof value !== 'string') throw new TypeError(`${name} must be text`);
    return value.trim();
  });

export const requiredText = (name: string): Field<string> =>
  read((value) => {
    if (typeof value !== 'string' || value.trim() === '') throw new TypeError(`${name} is missing`);
    return value.trim();
  });

/** Text that must match; `hint` says what it should look like. */
export const pattern = (name: string, expression: RegExp, hint: string): Field<string> =>
  read((value) => {
    const text = typeof value === 'string' ? value.trim() : '';
    if (!expression.test(text)) throw new TypeError(`${name} must be ${hint}`);
    return text;
  });

/** Text that a function of the domain reads; what it throws is the sentence. */
export const parsed = <Out>(parse: (text: string) => Out): Field<Out> =>
  read((value) => parse(typeof value === 'string' ? value : ''));

export const choice = <const Option extends string>(name: string, options: readonly Option[]): Field<Option> =>
  read((value) => {
    const found = options.find((option) => option === value);
    if (found === undefined) throw new TypeError(`${name} must be one of ${options.join(', ')}`);
    return found;
  });

/** Id of another node; whether it exists is checked when it is used. */
export const nodeId = (): Field<string> => read((value) => (typeof value === 'string' ? value : ''));

function read<Out>(convert: (value: unknown) => Out): Field<Out> {
  return v.pipe(
    // A field that is not there at all is read as null, so that it gets the field's own sentence too.
    v.optional(v.unknown(), null),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return convert(dataset.value);
      } catch (problem) {
        addIssue({ message: problem instanceof Error ? problem.message : String(problem) });
        return NEVER;
      }
    }),
  );
}
