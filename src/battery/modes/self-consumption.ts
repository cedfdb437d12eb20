// Self-consumption: the connection should neither draw nor feed. What the grid carries now, the battery takes over.
import type { Trusted } from '../envelope.ts';
import type { Wish } from '../solve.ts';

/** Wishes that the grid meter shows 0 W. */
export function selfConsumption({ gridW, batteryW }: Trusted): Wish {
  const watts = Math.round(batteryW + gridW);
  const grid = Math.round(gridW);
  const text =
    watts > 0
      ? `The house needs ${watts} W more than its roof gives.`
      : watts < 0
        ? `The roof gives ${-watts} W more than the house needs.`
        : 'The house needs what its roof gives.';
  return {
    watts: watts === 0 ? 0 : watts,
    reason: { code: 'self-consumption', text, numbers: { gridW: grid, batteryW: Math.round(batteryW) } },
  };
}
