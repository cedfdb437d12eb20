// A small piece of a node's memory that must survive a restart: one JSON file, replaced whole or not at all.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as v from 'valibot';

export interface StateFile<State> {
  /** The stored state; null when there is none yet, or when it cannot be read (then `onProblem` is told why). */
  read(): State | null;
  write(state: State): void;
  clear(): void;
}

/** @param name words joined to a file name; anything but letters, digits, dot and hyphen becomes a hyphen */
export function stateFile<State>(
  directory: string,
  folder: string,
  name: string,
  schema: v.GenericSchema<unknown, State>,
  onProblem: (sentence: string) => void,
): StateFile<State> {
  const file = join(directory, 'microgrid', folder, `${name.replace(/[^A-Za-z0-9.-]/g, '-')}.json`);
  return {
    read() {
      let text: string;
      try {
        text = readFileSync(file, 'utf8');
      } catch (problem) {
        const code = problem instanceof Error && 'code' in problem ? problem.code : problem;
        if (code !== 'ENOENT')
          onProblem(`the saved state in ${file} cannot be read (${code}); this node starts afresh`);
        return null;
      }
      try {
        return v.parse(schema, JSON.parse(text));
      } catch {
        onProblem(`the saved state in ${file} is damaged and is left aside; this node starts afresh`);
        return null;
      }
    },
    write(state) {
      mkdirSync(dirname(file), { recursive: true });
      const descriptor = openSync(`${file}.new`, 'w');
      try {
        writeFileSync(descriptor, JSON.stringify(state));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(`${file}.new`, file);
    },
    clear() {
      rmSync(file, { force: true });
    },
  };
}
