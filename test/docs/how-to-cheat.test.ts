// docs/how-to-cheat.md and docs/promises.md against the tests: every row names tests, each of which exists in the file that is
// linked, with just that title. Mocha lists them, so that titles made by loops count as they run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { projectRoot } from '../support/source.ts';

interface Row {
  readonly page: string;
  readonly text: string;
  readonly codes: readonly string[];
  readonly links: readonly { readonly title: string; readonly file: string }[];
}

const LINK = /\[([^\]]+)\]\(\.\.\/(test\/[^)]+\.test\.ts)\)/g;
const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');

/** Rows of all tables, without their heads. */
function rowsOf(page: string): Row[] {
  const lines = readFileSync(join(projectRoot, 'docs', page), 'utf8').split('\n');
  return lines.flatMap((text, i) => {
    if (!text.startsWith('| ') || text.startsWith('| ---') || lines[i + 1]?.startsWith('| ---')) return [];
    const links = [...text.matchAll(LINK)].map(([, title = '', file = '']) => ({ title, file }));
    const codes = page === 'how-to-cheat.md' ? [...(text.split(' | ')[2] ?? '').matchAll(/`([a-z-]+)`/g)] : [];
    return [{ page, text, links, codes: codes.map(([, code = '']) => code) }];
  });
}

describe('docs/how-to-cheat.md and docs/promises.md', () => {
  const rows = ['how-to-cheat.md', 'promises.md'].flatMap(rowsOf);

  it('have rows, each with a test', () => {
    assert.ok(rows.length > 60, `only ${rows.length} rows`);
    for (const { page, text, links } of rows) assert.ok(links.length > 0, `${page}: ${text}`);
  });

  it('name codes that the format describes', () => {
    const format = readFileSync(join(projectRoot, 'docs/ledger-format.md'), 'utf8');
    const codes = new Set(rows.flatMap((row) => row.codes));
    assert.ok(codes.size > 20);
    for (const code of codes) assert.ok(format.includes(`\`${code}\``), `${code} is no code of docs/ledger-format.md`);
  });

  it('link to tests that exist under their titles', function () {
    this.timeout(120_000);
    const links = rows.flatMap((row) => row.links);
    const files = [...new Set(links.map(({ file }) => file))];
    for (const file of files) assert.ok(existsSync(join(projectRoot, file)), `${file} does not exist`);
    const args = [MOCHA, '--no-config', '--dry-run', '--reporter', 'json', ...files];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: projectRoot,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    assert.ok(stdout.includes('{'), stderr);
    const { tests } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
      readonly tests: readonly { readonly title: string; readonly file: string }[];
    };
    const known = new Set(tests.map(({ title, file }) => `${file} ${title}`));
    const gone = links.filter(({ title, file }) => !known.has(`${join(projectRoot, file)} ${title}`));
    assert.deepEqual(gone, []);
  });

  it('link to pages that exist', () => {
    for (const page of ['how-to-cheat.md', 'promises.md']) {
      const text = readFileSync(join(projectRoot, 'docs', page), 'utf8');
      for (const [, link = ''] of text.matchAll(/\]\(([^)#.][^)#]*\.md)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(join(projectRoot, 'docs', link)), link);
    }
  });
});
