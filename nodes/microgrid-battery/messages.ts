// What the battery node takes from messages, and what it says in them.
import type { Decision, Snapshot } from '../../src/battery/state.ts';
import type { Payload } from '../shared/messages.ts';

export function alarmError(member: string, { reason }: Decision, place: string): Error {
  return new Error(`the battery of ${member} does not follow: ${reason.text} It is tried again later; check ${place}`);
}

/** Net energy bought (+) or sold (-), Wh. */
export function positionOf({ fills, preferred = [] }: Payload<'clearing' | 'fills'>, member: string): number {
  let wh = 0;
  for (const fill of fills) if (fill.member === member) wh += fill.side === 'buy' ? fill.wh : -fill.wh;
  // Traded by preference, before the rule.
  for (const { seller, buyer, wh: met } of preferred)
    wh += (buyer === member ? met : 0) - (seller === member ? met : 0);
  return wh;
}

/** The powers of all three phases, or null. */
export function phasesOf({ phases, quality }: Payload<'reading'>): readonly [number, number, number] | null {
  const [a, b, c] = (phases ?? []).map(({ powerW }) => powerW);
  return quality === 'missing' || a == null || b == null || c == null ? null : [a, b, c];
}

export function batteryReading(member: string, device: string, snapshot: Snapshot): Payload<'reading'> {
  return {
    type: 'reading',
    member,
    role: 'battery',
    device,
    at: snapshot.batteryAt ?? 0,
    powerW: snapshot.batteryW,
    importWh: null,
    exportWh: null,
    socPerMille: snapshot.socPerMille,
    quality: 'measured',
    reasons: [],
  };
}
