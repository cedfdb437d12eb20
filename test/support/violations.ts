// Rules that many files must keep are reported all at once: one line per violation, and what to do about them.
import assert from 'node:assert/strict';

/** Fails with one line per violation. */
export function none(violations: readonly string[], advice = ''): void {
  if (violations.length === 0) return;
  assert.fail(`${violations.length} found${advice && ` (${advice})`}:\n  ${violations.join('\n  ')}`);
}
