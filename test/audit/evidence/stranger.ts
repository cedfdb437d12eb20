// Somebody who has never seen the ledger: a process of its own, in a directory of its own, with the command and one file.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EvidenceVerdict } from '../../../src/audit/evidence/check.ts';
import type { Evidence } from '../../../src/audit/evidence/format.ts';
import { packEvidence } from '../../../src/audit/evidence/packed.ts';

const COMMAND = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

export interface Told {
  readonly code: number | null;
  readonly err: string;
  /** Null where the command printed nothing. */
  readonly verdict: EvidenceVerdict | null;
}

/** What `microgrid verify` tells a stranger of a file with these bytes, or of this evidence. */
export function strangerVerifies(evidence: Evidence | Uint8Array, { gzip = false, keys = '' } = {}): Told {
  const directory = mkdtempSync(join(tmpdir(), 'microgrid-stranger-'));
  try {
    const file = `evidence.json${gzip ? '.gz' : ''}`;
    writeFileSync(join(directory, file), 'version' in evidence ? packEvidence(evidence, gzip) : evidence);
    if (keys) writeFileSync(join(directory, 'keys.txt'), keys);
    const before = readdirSync(directory).length;
    const args = [COMMAND, 'verify', '--json', ...(keys ? ['--roster', 'keys.txt'] : []), file];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
    if (readdirSync(directory).length !== before) throw new Error('the command left a file behind');
    return { code: status, err: stderr, verdict: stdout === '' ? null : JSON.parse(stdout) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
