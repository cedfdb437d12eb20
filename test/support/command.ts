// Runs the `microgrid` command without a process: arguments, standard input and files in, texts and exit code out.
import { runCommandLine } from '../../src/cli/commands.ts';
import type { Io } from '../../src/cli/io.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly stdin?: string | Uint8Array;
  readonly files?: Readonly<Record<string, string>>;
  /** Unix ms */
  readonly now?: number;
}

export async function runCommand(
  args: readonly string[],
  { stdin = '', files = {}, now = 0 }: Surroundings = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    stdin: (async function* () {
      yield stdin;
    })(),
    stdout: { write: (text) => void out.push(text) },
    stderr: { write: (text) => void err.push(text) },
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) {
        const message = `ENOENT: no such file or directory, open '${path}'`;
        throw Object.assign(new Error(message), { code: 'ENOENT', syscall: 'open', path });
      }
      return Buffer.from(text);
    },
    now: () => now,
    random: (count) => new Uint8Array(count),
  };
  const code = await runCommandLine(args, io);
  return { code, out: out.join(''), err: err.join('') };
}
