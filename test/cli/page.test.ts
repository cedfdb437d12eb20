// `microgrid page`: the path of the built page, or a copy of it. Needs a build before (`npm test` does that).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../support/command.ts';
import { projectRoot } from '../support/source.ts';

describe('microgrid page', () => {
  const built = join(projectRoot, 'dist/page/check.html');
  let folder = '';

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'microgrid-page-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('prints where the page lies', async () => {
    assert.deepEqual(await runCommand(['page']), { code: 0, out: `${built}\n`, err: '' });
  });

  it('writes a copy, and tells its size and hash', async () => {
    const copy = join(folder, 'check.html');
    const { code, out, err } = await runCommand(['page', '-o', copy, '--json']);
    assert.deepEqual([code, err], [0, '']);
    const content = readFileSync(built);
    assert.deepEqual(readFileSync(copy), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    assert.deepEqual(JSON.parse(out), { path: copy, bytes: content.length, sha256 });
  });

  it('says in a sentence what it cannot do', async () => {
    for (const [args, says] of [
      [['-o', join(folder, 'nowhere', 'check.html')], /^microgrid: .*cannot be written: .*\n$/],
      [['-o', folder], /^microgrid: .*cannot be written: .*\n$/],
      [['export'], /^microgrid: page takes no FILE; -o FILE says where to write a copy\n$/],
    ] as const) {
      const { code, out, err } = await runCommand(['page', ...args]);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, says);
    }
  });
});
