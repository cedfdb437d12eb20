// The verifier in Python, one process for many directories.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { VerifyResult } from '../../src/audit/verify.ts';

export const PYTHON_VERIFIER = join(import.meta.dirname, '../../scripts/microgrid_verify.py');

export class PythonVerifier {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn('python3', ['-B', PYTHON_VERIFIER, '--batch'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error when the process ended, as it does where its program failed */
  async verify(directory: string): Promise<VerifyResult> {
    this.#child.stdin.write(`${directory}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`python3 ended over ${directory}`);
    return JSON.parse(value) as VerifyResult;
  }

  close(): void {
    this.#child.stdin.end();
  }
}
