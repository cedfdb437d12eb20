// docs/conventions.md against the code: every code of a refusal is explained, and none that does not exist.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFUSAL_CODES } from '../../src/ledger/judge.ts';
import { projectRoot, readSources } from '../support/source.ts';

const text = readFileSync(join(projectRoot, 'docs/conventions.md'), 'utf8');

describe('docs/conventions.md', () => {
  const table = /^### Refusals$([\s\S]*?)^## /m.exec(text)?.[1] ?? '';
  const explained = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map((match) => match[1] ?? '');
  // Nodes and the open book make refusals of their own, always with the code as a text in place.
  const sources = readSources('nodes', 'src/market');
  const own = sources.flatMap((source) =>
    [...source.text.matchAll(/new Refusal\(\s*'([a-z-]+)'/g)].map((match) => match[1] ?? ''),
  );

  it('explains every code of a refusal', () => {
    for (const code of [...REFUSAL_CODES, ...own]) assert.ok(explained.includes(code), code);
  });

  it('explains no code that nothing gives', () => {
    for (const code of explained) {
      const given =
        [...REFUSAL_CODES].some((each) => each === code) || sources.some(({ text }) => text.includes(`'${code}'`));
      assert.ok(given, code);
    }
  });

  it('links to pages that exist', () => {
    for (const name of ['messages.md', 'conventions.md']) {
      const page = readFileSync(join(projectRoot, 'docs', name), 'utf8');
      for (const [, link = ''] of page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        readFileSync(join(projectRoot, 'docs', link));
      }
    }
  });
});
