// Against the real errors of the real file system, as far as it can be made to give them.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fileProblem, shownPath, systemReason } from '../../src/input/system-error.ts';

const here = fileURLToPath(import.meta.url);
const errorOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return assert.fail('no error came');
};

describe('input/system-error', () => {
  const table: readonly (readonly [name: string, action: () => unknown, sentence: string | null])[] = [
    [
      'a file that is not there',
      () => readFileSync('no/such'),
      'no/such cannot be opened: there is no such file or directory',
    ],
    [
      'a file as a directory',
      () => readdirSync(here),
      `${here} cannot be read: a part of its path is a file, not a directory`,
    ],
    [
      'a directory that is there',
      () => mkdirSync(here),
      `${here} cannot be made: something of that name is there already`,
    ],
    [
      'an error without words of its own',
      () => rmdirSync('no/such'),
      'no/such cannot be used: there is no such file or directory',
    ],
    ['no error of the system', () => readFileSync({} as string), null],
  ];
  for (const [name, action, sentence] of table) {
    it(name, () => assert.equal(fileProblem(errorOf(action)), sentence));
  }

  it('names the code of an error that it has no words for', () => {
    const error = Object.assign(new Error('EWHAT: what'), { code: 'EWHAT', syscall: 'read' });
    assert.deepEqual([systemReason(error), fileProblem(error)], ['the system says EWHAT', null]);
    assert.deepEqual([systemReason(new Error('x')), systemReason('x'), systemReason(null)], [null, null, null]);
  });

  it('a path stands on one line', () => {
    assert.equal(shownPath('a\nb\u001b[31m'), 'a\ufffdb\ufffd[31m');
    assert.equal(shownPath(''), 'the empty path');
  });
});
