// The running process as a subcommand sees it: its streams, the disk, the clock.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { collect, type Io } from './io.ts';

export function processIo(): Io {
  // A reader that has seen enough (`| head`) closes the pipe: no reason for a stack trace.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`microgrid: the answer cannot be written: ${error.message}\n`);
    process.exit(2);
  });
  return {
    stdin: process.stdin,
    stdout: { write: (text) => void process.stdout.write(text) },
    stderr: { write: (text) => void process.stderr.write(text) },
    readFile: (path) => collect(createReadStream(path)),
    now: Date.now,
    random: randomBytes,
  };
}
