// docs/faults.md against the tests: every row names tests, each of which exists in the file that is linked, with just that title.
import assert from 'node:assert/strict';
import { brokenLinks, linkingRows } from '../support/linked-tests.ts';

describe('docs/faults.md', () => {
  const rows = linkingRows('faults.md');

  it('has rows, each with a test', () => {
    assert.ok(rows.length > 25, `only ${rows.length} rows`);
    for (const { text, links } of rows) assert.ok(links.length > 0, text);
  });

  it('links to tests that exist under their titles', function () {
    this.timeout(120_000);
    assert.deepEqual(brokenLinks(rows.flatMap(({ links }) => links)), []);
  });
});
