// The line that CI judges a run by must tell the truth, above all when something went wrong.
import assert from 'node:assert/strict';
import { countsOfMocha } from '../../scripts/test-counts.ts';

describe('counting the tests of a mocha run', () => {
  const cases: [name: string, output: string, code: number | null, expected: string][] = [
    ['all passed', '  x\n\n  12 passing (3s)\n\n', 0, '12/0/0'],
    ['some failed', '\n  12 passing (1m)\n  2 pending\n  3 failing\n\n  1) x:\n', 3, '12/3/2'],
    ['in colour', '\u001b[92m \u001b[0m\u001b[32m 5 passing\u001b[0m\u001b[90m (4ms)\u001b[0m\n', 0, '5/0/0'],
    ['a test printed a closing line', '  99 passing (1s)\n  7 failing\n\n  1 passing (2ms)\n', 0, '1/0/0'],
    ['all passed, but the process failed', '  4 passing (2s)\n', 1, '4/1/0'],
    ['stopped after the summary', '  4 passing (2s)\n', null, '4/1/0'],
    ['no summary', 'Error: cannot find module\n', 1, '0/1/0'],
    ['no summary, exit code 0', '', 0, '0/1/0'],
  ];
  for (const [name, output, code, expected] of cases) {
    it(name, () => {
      const { passed, failed, skipped } = countsOfMocha(output, code);
      assert.equal(`${passed}/${failed}/${skipped}`, expected);
    });
  }
});
