// The running process as a subcommand sees it: its streams, the disk, the clock.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { systemReason } from '../input/system-error.ts';
import { collect, type Io, messageOf } from './io.ts';

export function processIo(): Io {
  // A reader that has seen enough (`| head`) closes the pipe: no reason for a stack trace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`microgrid: the answer cannot be written: ${systemReason(error) ?? messageOf(error)}\n`);
    process.exit(2);
  });
  // Where problems cannot be told, the exit code still tells that there was one.
  process.stderr.on('error', () => {});
  return {
    stdin: process.stdin,
    stdout: { write: (text) => void process.stdout.write(text) },
    stderr: { write: (text) => void process.stderr.write(text) },
    progress: process.stderr.isTTY ? { write: (text) => void process.stderr.write(text) } : undefined,
    readFile: (path) => collect(createReadStream(path)),
    now: Date.now,
    random: randomBytes,
  };
}
