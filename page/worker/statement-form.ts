// Reads a statement (docs/statement.md) as far as it can be checked. What a statement has beyond that is left aside.
import * as v from 'valibot';
import { isMonth } from '../../src/settlement/statement/period.ts';
import { isAccount } from '../../src/settlement/statement/read.ts';
import { isInterval } from '../../src/time/interval.ts';
import { isTimeZone } from '../../src/time/zone.ts';
import { Problem } from './problem.ts';

const whole = v.pipe(v.number(), v.safeInteger());
const leaf = v.nullable(v.pipe(whole, v.minValue(0)));
const nano = v.pipe(v.string(), v.regex(/^(?:0|-?[1-9]\d{0,40})$/));
const instant = v.pipe(v.string(), v.isoTimestamp());

const schema = v.object({
  format: v.literal('microgrid-statement/1'),
  community: v.string(),
  ledger: v.nullable(v.string()),
  currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/)),
  account: v.custom<string>((value) => value === 'community' || isAccount(value)),
  month: v.custom<string>(isMonth),
  timeZone: v.custom<string>((value) => typeof value === 'string' && isTimeZone(value)),
  from: instant,
  until: instant,
  closes: instant,
  state: v.picklist(['preliminary', 'final']),
  balance: v.object({ opening: nano, total: nano, closing: nano }),
  positions: v.array(
    v.object({
      section: v.string(),
      code: v.string(),
      counterAccount: v.string(),
      wh: whole,
      amount: nano,
      lines: whole,
    }),
  ),
  payments: v.array(v.object({ id: v.string(), amount: whole, leaf })),
  days: v.array(v.object({ date: v.string(), amount: nano })),
  proof: v.nullable(v.object({ checkpoint: v.nullable(v.string()), size: whole, root: v.string() })),
  lines: v.array(
    v.object({
      interval: v.custom<string>(isInterval),
      local: v.string(),
      section: v.string(),
      code: v.string(),
      counterAccount: v.string(),
      wh: whole,
      price: whole,
      amount: whole,
      proof: v.object({ settlement: leaf, clearing: leaf, meter: leaf, orders: v.array(v.pipe(whole, v.minValue(0))) }),
    }),
  ),
});

export type StatementForm = v.InferOutput<typeof schema>;

/** @throws Problem naming the field that does not fit */
export function readStatement(value: object): StatementForm {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const path = v.getDotPath(result.issues[0]);
  throw new Problem(`This statement is not whole: ${path ?? 'a field'} is missing or is not what it should be.`);
}
