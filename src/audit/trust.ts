// Keys that a reader knows from elsewhere (a letter, a door plate, an earlier copy). Without the operator's key an audit says
// only that a log agrees with itself; with it, that it is the operator's.

import { recordKeyName } from '../ledger/names.ts';
import type { LedgerState } from '../ledger/state.ts';
import { FormatError } from '../log/errors.ts';
import { parseVkey } from '../log/note.ts';

/**
 * Reads a roster file: one vkey per line, empty lines and lines that begin with `#` ignored. The operator's is its log key
 * (named like the ledger) or its record key; those of members are compared with the ledger's roster.
 * @throws FormatError naming the line that is not a vkey
 */
export function parseRosterFile(text: string): string[] {
  const keys: string[] = [];
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    try {
      parseVkey(line);
    } catch (error) {
      throw new FormatError(
        'vkey',
        `line ${i + 1} of the roster file: ${error instanceof Error ? error.message : 'not a vkey'}`,
      );
    }
    keys.push(line);
  }
  return keys;
}

/**
 * Compares known keys with a ledger.
 * @param keysOf every key that a member has had in the log
 * @returns whether the operator's key was among them, and one sentence for each key that contradicts the log
 */
export function compareKeys(
  state: LedgerState,
  keysOf: ReadonlyMap<string, ReadonlySet<string>>,
  known: readonly string[],
): { trusted: boolean; faults: string[] } {
  const faults: string[] = [];
  const { terms } = state.powers;
  const logKeys = new Set(terms.map(({ key }) => key));
  const operatorKeys = new Set([...logKeys, ...terms.flatMap(({ operator }) => [...(keysOf.get(operator) ?? [])])]);
  const prefix = recordKeyName(state.community, '');
  for (const vkey of known) {
    const { name } = parseVkey(vkey);
    if (name === state.origin) {
      if (!logKeys.has(vkey)) faults.push(`the log is signed by another key than the one known for ${name}`);
    } else if (name.startsWith(prefix)) {
      const keys = keysOf.get(name.slice(prefix.length));
      if (keys && !keys.has(vkey)) faults.push(`${name} has another key in the log than the one known`);
    }
  }
  return { trusted: faults.length === 0 && known.some((vkey) => operatorKeys.has(vkey)), faults };
}
