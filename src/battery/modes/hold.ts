// Hold: the battery rests, unless a limit or a wish of higher priority needs it.
import type { Wish } from '../solve.ts';
import type { Context } from '../trust.ts';

export function hold({ seen }: Context): Wish {
  const text = 'Nothing is asked of the battery, so it rests.';
  return { watts: seen.share?.watts ?? 0, reason: { code: 'hold', text } };
}
