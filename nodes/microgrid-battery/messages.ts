// What the battery node takes from messages, and what it says in them.
import type { Decision, Snapshot } from '../../src/battery/state.ts';
import type { Payload } from '../shared/messages.ts';

export function alarmError(member: string, { reason }: Decision, place: string): Error {
  return new Error(`the battery of ${member} does not follow: ${reason.text} It is tried again later; check ${place}`);
}

/** Net energy bought (+) or sold (-), Wh. */
export function positionOf(fills: Payload<'clearing'>['fills'], member: string): number {
  return fills
    .filter((fill) => fill.member === member)
    .reduce((sum, fill) => sum + (fill.side === 'buy' ? fill.wh : -fill.wh), 0);
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
