// The disk fails at the first call of a kind, at the second, and so on, at every one: what is refused is said, nothing that was refused
// is acknowledged, nothing that was acknowledged is lost, and once the disk is well again the ledger opens, verifies and goes on.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { needPrograms } from '../support/peers.ts';
import { projectRoot } from '../support/source.ts';

interface Totals {
  /** in which the disk failed */
  readonly runs: number;
  /** of them: the ledger was open, and refused */
  readonly refused: number;
  readonly notOpened: number;
  /** the export could not be written, the ledger went on or was refused */
  readonly exportFaults: number;
}

const { EIO, ENOSPC } = constants.errno;

describe('a ledger on a disk that fails', function () {
  this.timeout(180_000);
  let folder: string;

  before(function () {
    needPrograms(this, 'cc');
    folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'microgrid-disk-'));
    const source = join(projectRoot, 'test/support/failing-disk.c');
    const args = ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', join(folder, 'disk.so'), source, '-ldl'];
    const { status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function fail(...args: readonly string[]): Totals {
    const child = join(import.meta.dirname, 'failing-disk-child.ts');
    const directory = mkdtempSync(join(folder, 'ledgers-'));
    const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', child, directory, ...args], {
      encoding: 'utf8',
      env: { ...process.env, LD_PRELOAD: join(folder, 'disk.so') },
    });
    rmSync(directory, { recursive: true, force: true });
    assert.ok(stdout.startsWith('{'), stderr);
    return JSON.parse(stdout) as Totals;
  }

  it('acknowledges nothing after an fsync that failed with EIO, although the next one would succeed', () => {
    const { runs, refused, notOpened } = fail('fsync', String(EIO), 'once', 'ledger.sqlite');
    assert.ok(runs > 15 && refused > 8 && notOpened > 3, `${runs} runs, ${refused} refused, ${notOpened} not opened`);
  });

  it('acknowledges nothing on a full disk, and goes on once there is room', () => {
    const { runs, refused, notOpened } = fail('write', String(ENOSPC), 'always', 'ledger.sqlite');
    assert.ok(runs > 30 && refused > 20 && notOpened > 5, `${runs} runs, ${refused} refused, ${notOpened} not opened`);
  });

  it('records on when only the export cannot be written, says so, and makes up for it', () => {
    for (const [kind, code] of [
      ['fsync', EIO],
      ['write', ENOSPC],
    ] as const) {
      const { runs, refused, notOpened, exportFaults } = fail(kind, String(code), 'once', '/export/');
      assert.ok(exportFaults > 10 && exportFaults + 20 > runs, `${exportFaults} of ${runs} runs`);
      assert.equal(refused + notOpened, 0);
    }
  });
});
