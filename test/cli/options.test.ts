// Against what parseArgs really throws, so that a Node with other words for it is noticed.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { optionProblem } from '../../src/cli/options.ts';

const options = { rule: { type: 'string' }, json: { type: 'boolean', short: 'j' } } as const;

describe('wrong options', () => {
  const needs = '--rule needs a value (one that begins with a hyphen is written --rule=-...); see microgrid x --help';
  const table: readonly (readonly [args: string[], allowPositionals: boolean, sentence: string])[] = [
    [['--colour'], true, 'there is no option "--colour"; see microgrid x --help'],
    [['--colour=red'], false, 'there is no option "--colour"; see microgrid x --help'],
    [['-q'], true, 'there is no option "-q"; see microgrid x --help'],
    [['--rule'], true, needs],
    [['--rule', '--json'], true, needs],
    [['--rule', '-5'], true, needs],
    [['--json=1'], true, '--json takes no value; see microgrid x --help'],
    [['file.json'], false, '"file.json" is one argument too many; see microgrid x --help'],
    [['a file\nof two lines'], false, '"a file\ufffdof two lines" is one argument too many; see microgrid x --help'],
    [["it's"], false, '"it\'s" is one argument too many; see microgrid x --help'],
    [["--it's\u001b"], true, 'there is no option "--it\'s\ufffd"; see microgrid x --help'],
    [[''], false, '"" is one argument too many; see microgrid x --help'],
  ];
  for (const [args, allowPositionals, sentence] of table) {
    it(`${JSON.stringify(args)}: ${sentence}`, () => {
      try {
        parseArgs({ args, options, allowPositionals });
      } catch (error) {
        assert.equal(optionProblem(error, 'x'), sentence);
        return;
      }
      assert.fail('parseArgs has taken it');
    });
  }

  it('leaves other errors alone', () => {
    for (const error of [new Error('x'), Object.assign(new Error('x'), { code: 'ENOENT' }), 'x', null]) {
      assert.equal(optionProblem(error, 'x'), null);
    }
  });
});
