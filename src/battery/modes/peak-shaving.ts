// Peak shaving: no more than so many watts come from the grid, in all and on each phase. What is needed above it, the
// battery gives; and it never charges so fast that it makes a peak of its own.
import { drawsAtMost, phaseDrawsAtMost } from '../connection.ts';
import type { Bound, Wish } from '../solve.ts';
import type { Context } from '../trust.ts';

export function peakShaving(context: Context): Bound[] {
  const { peakImportW, peakPhaseW } = context.settings;
  const bounds: Bound[] = [];
  if (peakPhaseW !== undefined) {
    const text = `should draw no more than ${peakPhaseW} W from the grid.`;
    const limit = { watts: peakPhaseW, code: 'peak-phase', text, numbers: { peakPhaseW } };
    bounds.push(...phaseDrawsAtMost(context, limit));
  }
  if (peakImportW !== undefined) {
    const text = `No more than ${peakImportW} W should come from the grid.`;
    bounds.push(drawsAtMost(context, { watts: peakImportW, code: 'peak-import', text, numbers: { peakImportW } }));
  }
  return bounds;
}

/** Between two peaks: be full again before the next one, with what the limit leaves. */
export function readyForPeaks({ seen }: Context): Wish {
  const text = 'The battery charges with what the peak limit leaves, to be ready for the next peak.';
  return {
    watts: seen.share?.watts ?? Number.NEGATIVE_INFINITY,
    reason: { code: 'peak-shaving', text, numbers: { socPerMille: seen.socPerMille } },
  };
}
