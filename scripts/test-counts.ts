// Reads how many tests passed from the closing lines of mocha's `spec` reporter ("12 passing (3s)", "1 failing", "2 pending").
import { stripVTControlCharacters } from 'node:util';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * The counts of one mocha run.
 * @param output all that mocha printed
 * @param code its exit code; null when it was stopped. Whenever it is not 0, at least one failure is counted.
 */
export function countsOfMocha(output: string, code: number | null): Counts {
  const lines = stripVTControlCharacters(output).split(/\r?\n/);
  const last = lines.findLastIndex((line) => /^ {2}\d+ passing \(.*\)$/.test(line));
  if (last === -1) return { passed: 0, failed: 1, skipped: 0 };
  // Tests may print what looks like a closing line, so only what follows the last "passing" counts.
  const closing = lines.slice(last);
  const count = (word: string) => {
    const line = closing.find((candidate) => new RegExp(`^ {2}\\d+ ${word}\\b`).test(candidate));
    return line ? Number.parseInt(line, 10) : 0;
  };
  const failed = count('failing');
  return {
    passed: count('passing'),
    failed: code === 0 ? failed : Math.max(1, failed),
    skipped: count('pending'),
  };
}
