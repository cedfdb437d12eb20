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

/** @param name what the state belongs to, such as community, member and node: other words make another file name */
export function stateFile<State>(
  directory: string,
  folder: string,
  name: readonly string[],
  schema: v.GenericSchema<unknown, State>,
  onProblem: (sentence: string) => void,
): StateFile<State> {
  const file = join(directory, 'microgrid', folder, `${name.map(plain).join('_')}.json`);
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
      try {
        replaceFile(file, JSON.stringify(state));
      } catch (problem) {
        const why = problem instanceof Error ? problem.message : String(problem);
        throw new Error(
          `the state of this node cannot be saved (${why}); make room or give the right to write, or a restart goes on from older state`,
          { cause: problem },
        );
      }
    },
    clear() {
      rmSync(file, { force: true });
    },
  };
}

/** Written aside, made durable, then put in its place: a crash leaves the old file or the new one. */
function replaceFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(`${file}.new`, 'w');
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(`${file}.new`, file);
}

/** Small letters, digits, dot and hyphen stay; the rest becomes %hex, so that no two words look alike on any disk. */
function plain(word: string): string {
  const escaped = (part: string) => [...Buffer.from(part)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`);
  return word.replace(/[^a-z0-9.-]+/g, (part) => escaped(part).join(''));
}
