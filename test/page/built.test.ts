// The built page stands alone: its policy lets the browser run what stands in it and nothing else, and it names nothing outside.
// Looks at dist/, so it needs a build before (`npm test` does that).
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPacked } from '../support/pack.ts';
import { projectRoot } from '../support/source.ts';

describe('page: as it is built', () => {
  const html = readFileSync(join(projectRoot, 'dist/page/check.html'), 'utf8');
  const parts = (pattern: RegExp) => [...html.matchAll(pattern)].map((match) => match[1]!);
  const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

  it('has a policy before all else, which allows its own script and style alone', () => {
    const [policy = ''] = parts(/<meta http-equiv="Content-Security-Policy" content="([^"]+)">/g);
    const [script = ''] = parts(/<script>([\s\S]*?)<\/script>/g);
    const [style = ''] = parts(/<style>([\s\S]*?)<\/style>/g);
    assert.ok(script.length > 1000 && style.length > 1000);
    assert.deepEqual(policy.split('; '), [
      "default-src 'none'",
      `script-src ${hashOf(script)}`,
      `style-src ${hashOf(style)}`,
      'worker-src blob:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    assert.ok(html.indexOf('Content-Security-Policy') < html.search(/<(?:script|style|link|img)\b/));
  });

  it('loads nothing, and no handler or style stands in an attribute', () => {
    const markup = html.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<style>[\s\S]*?<\/style>/g, '');
    assert.doesNotMatch(markup, /\b(?:src|href|style|on\w+)=/);
    assert.doesNotMatch(html.match(/<style>([\s\S]*?)<\/style>/)![1]!, /url\(|@import/);
    assert.doesNotMatch(html, /\beval\(|new Function\b|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|innerHTML/);
  });

  it('has everything filled in, and is small enough to send by mail', () => {
    assert.doesNotMatch(html, /\{\{\w+\}\}/);
    assert.ok(html.length < 600 * 1024, `${html.length} bytes`);
  });

  it('is in the package', async function () {
    this.timeout(60_000);
    const { files } = await listPacked();
    assert.ok(files.some(({ path }) => path === 'dist/page/check.html'));
  });
});
