// Manual: a power that the owner asked for, until it ends by itself.
import type { Wish } from '../solve.ts';
import type { Context } from '../trust.ts';

export function manual({ seen, now }: Context): Wish | null {
  const asked = seen.manual;
  if (!asked || now >= asked.until) return null;
  const { setpointW } = asked;
  const minutes = Math.ceil((asked.until - now) / 60_000);
  const what = setpointW > 0 ? `${setpointW} W out of` : setpointW < 0 ? `${-setpointW} W into` : 'nothing from';
  const text = `The owner asked for ${what} the battery, for another ${minutes} min.`;
  return { watts: setpointW, reason: { code: 'manual', text, numbers: { setpointW, endsInMinutes: minutes } } };
}
