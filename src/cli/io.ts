// What a subcommand is, and all it may touch: texts in, texts out, files by name. The process itself stands behind it in
// process-port.ts, so that tests run every subcommand without a process.

import { InputError } from '../input/fields.ts';
import { parseJson } from '../input/json.ts';
import { fileProblem, shownPath, systemReason } from '../input/system-error.ts';

export { InputError };

const MEBIBYTE = 1024 * 1024;
/** Largest input that is read whole: a million orders are a quarter of it. */
const MOST_BYTES = 384 * MEBIBYTE;

export interface Writer {
  write(text: string): void;
}

export interface Io {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: Writer;
  /** One sentence per problem. */
  readonly stderr: Writer;
  /** Where a person watches: what happens, in one line that is written over; absent where nobody does. */
  readonly progress?: Writer | undefined;
  /** Whole content of a file. */
  readFile(path: string): Promise<Uint8Array>;
  /** Unix ms. */
  now(): number;
  /** Random bytes. */
  random(count: number): Uint8Array;
}

/** 0: good; 1: the thing checked does not hold; 2: wrong use or input. */
export type ExitCode = 0 | 1 | 2;

/** A file of a subcommand exports these four by name: the module itself is the subcommand. */
export interface Subcommand {
  readonly name: string;
  /** A few words for the list of subcommands. */
  readonly summary: string;
  /** Whole text of `--help`, ending in a newline. */
  readonly help: string;
  /**
   * @param args what stands after the subcommand's name, without `--help`
   * @throws InputError, or any Error whose message is a sentence: shown on stderr, exit 2
   */
  run(args: readonly string[], io: Io): Promise<ExitCode>;
}

/**
 * Text of a file, or of standard input for `-`, without the byte order mark that some editors put before it.
 * @throws InputError when it cannot be read or is not UTF-8
 */
export async function readText(io: Io, path: string): Promise<string> {
  const shown = shownFile(path);
  let bytes: Uint8Array;
  try {
    bytes = path === '-' ? await collect(io.stdin) : await io.readFile(path);
  } catch (error) {
    throw new InputError(`${shown} cannot be read: ${systemReason(error) ?? messageOf(error)}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${shown} is not UTF-8 text`);
  }
}

/** The one FILE among the positional arguments. @throws InputError when there is none, or more */
export function oneFile(
  positionals: readonly string[],
  missing = 'FILE is missing; - stands for standard input',
): string {
  const [file] = positionals;
  if (file === undefined) throw new InputError(missing);
  if (positionals.length > 1) throw new InputError(`only one FILE is taken, but there are ${positionals.length}`);
  return file;
}

/** JSON of a file, or of standard input for `-`. @throws InputError when it cannot be read, or is not JSON as parseJson wants it */
export async function readJson(io: Io, path: string): Promise<unknown> {
  const text = await readText(io, path);
  try {
    return parseJson(text);
  } catch (error) {
    throw new InputError(`${shownFile(path)} ${messageOf(error)}`);
  }
}

/** A FILE as it can stand in a sentence. */
export function shownFile(path: string): string {
  return path === '-' ? 'standard input' : shownPath(path);
}

/** One JSON document on standard output. */
export function printJson(io: Io, document: unknown): void {
  io.stdout.write(`${JSON.stringify(document)}\n`);
}

/** An error's message on one line: in words for what the system says about files, and harmless on a terminal. */
export function messageOf(error: unknown): string {
  const message = fileProblem(error) ?? (error instanceof Error ? error.message : String(error));
  return message.replaceAll(/\s*\n\s*/g, ' ').replaceAll(/\p{Cc}/gu, '\ufffd');
}

/**
 * All bytes of a stream.
 * @throws InputError beyond MOST_BYTES: a device or a wrong file must not eat the memory
 */
export async function collect(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > MOST_BYTES) throw new InputError(`it has more than ${MOST_BYTES / MEBIBYTE} MiB`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
