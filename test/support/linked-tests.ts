// Pages that link to tests (`[title](../test/....test.ts)`): the rows of their tables, and which of the links lead to no test of that
// title. Mocha lists the tests, so that titles made by loops count as they run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { projectRoot } from './source.ts';

export interface TestLink {
  readonly title: string;
  /** from the root of the project */
  readonly file: string;
}

export interface LinkingRow {
  readonly page: string;
  readonly text: string;
  readonly links: readonly TestLink[];
}

const LINK = /\[([^\]]+)\]\(\.\.\/(test\/[^)]+\.test\.ts)\)/g;
const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');

/** Rows of all tables of a page of docs/, without their heads. */
export function linkingRows(page: string): LinkingRow[] {
  const lines = readFileSync(join(projectRoot, 'docs', page), 'utf8').split('\n');
  return lines.flatMap((text, i) => {
    if (!text.startsWith('| ') || text.startsWith('| ---') || lines[i + 1]?.startsWith('| ---')) return [];
    const links = [...text.matchAll(LINK)].map(([, title = '', file = '']) => ({ title, file }));
    return [{ page, text, links }];
  });
}

/** Links to tests that do not exist in their file under just that title. */
export function brokenLinks(links: readonly TestLink[]): TestLink[] {
  const files = [...new Set(links.map(({ file }) => file))];
  const there = files.filter((file) => existsSync(join(projectRoot, file)));
  const args = [MOCHA, '--no-config', '--dry-run', '--reporter', 'json', ...there];
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
  return links.filter(({ title, file }) => !known.has(`${join(projectRoot, file)} ${title}`));
}
