// Export limit: no more than so many watts go into the grid. What the roof gives above it, the battery takes.
import { feedsAtMost } from '../connection.ts';
import type { Bound } from '../solve.ts';
import type { Context } from '../trust.ts';

export function exportLimit(context: Context): Bound[] {
  const { exportLimitW } = context.settings;
  if (exportLimitW === undefined) return [];
  const text = `At most ${exportLimitW} W may go into the grid, so the battery takes the rest or gives less.`;
  return [feedsAtMost(context, { watts: exportLimitW, code: 'export-limit', text, numbers: { exportLimitW } })];
}
