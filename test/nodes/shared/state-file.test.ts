// A node's memory on disk: replaced whole or not at all, and a damaged one is told and left aside.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { stateFile } from '../../../nodes/shared/state-file.ts';
import { newUserDir, removeUserDirs } from '../../support/flow.ts';

const schema = v.object({ epoch: v.number() });

describe('state file', () => {
  const problems: string[] = [];
  const open = (directory: string, ...name: string[]) =>
    stateFile(directory, 'sites', name.length > 0 ? name : ['sunny-street.example', 'home-01'], schema, (sentence) =>
      problems.push(sentence),
    );
  beforeEach(() => {
    problems.length = 0;
  });
  after(removeUserDirs);

  it('keeps what was written, and only that', () => {
    const directory = newUserDir();
    const file = open(directory);
    assert.equal(file.read(), null);
    file.write({ epoch: 1 });
    file.write({ epoch: 2 });
    assert.deepEqual(open(directory).read(), { epoch: 2 });
    assert.deepEqual(readdirSync(join(directory, 'microgrid', 'sites')), ['sunny-street.example_home-01.json']);
    file.clear();
    assert.equal(file.read(), null);
    file.clear();
    assert.deepEqual(problems, []);
  });

  it('starts afresh from a damaged file, and says which', () => {
    const directory = newUserDir();
    open(directory).write({ epoch: 1 });
    const path = join(directory, 'microgrid', 'sites', 'sunny-street.example_home-01.json');
    for (const text of ['', '{"epoch":', '{"epoch":"1"}', 'null', '[]', '\0\0\0']) {
      writeFileSync(path, text);
      assert.equal(open(directory).read(), null, text);
      assert.equal(problems.at(-1), `the saved state in ${path} is damaged and is left aside; this node starts afresh`);
    }
    open(directory).write({ epoch: 3 });
    assert.deepEqual(open(directory).read(), { epoch: 3 });
  });

  it('says so when it cannot be read at all', () => {
    const directory = newUserDir();
    const path = join(directory, 'microgrid', 'sites', 'home.json');
    mkdirSync(path, { recursive: true });
    assert.equal(open(directory, 'home').read(), null);
    assert.deepEqual(problems, [`the saved state in ${path} cannot be read (EISDIR); this node starts afresh`]);
  });

  it('leaves the old state when the new one cannot be written', () => {
    const directory = newUserDir();
    const file = open(directory);
    file.write({ epoch: 1 });
    mkdirSync(join(directory, 'microgrid', 'sites', 'sunny-street.example_home-01.json.new'));
    assert.throws(
      () => file.write({ epoch: 2 }),
      /^Error: the state of this node cannot be saved \(EISDIR: .*\); make room/,
    );
    assert.deepEqual(file.read(), { epoch: 1 });
  });

  it('leaves the old state when the new one ends half written', () => {
    const directory = newUserDir();
    const file = open(directory);
    file.write({ epoch: 1 });
    const path = join(directory, 'microgrid', 'sites', 'sunny-street.example_home-01.json');
    writeFileSync(`${path}.new`, '{"epo');
    assert.deepEqual(file.read(), { epoch: 1 });
    file.write({ epoch: 2 });
    assert.equal(readFileSync(path, 'utf8'), '{"epoch":2}');
    assert.ok(!existsSync(`${path}.new`));
  });

  it('never leaves its folder, whatever a member is called', () => {
    const directory = newUserDir();
    open(directory, '../../../evil/\0name').write({ epoch: 1 });
    assert.deepEqual(readdirSync(join(directory, 'microgrid', 'sites')), ['..%2f..%2f..%2fevil%2f%00name.json']);
  });

  it('keeps apart whatever is called differently, also on a disk that ignores capitals', () => {
    const directory = newUserDir();
    const names = [
      ['x', 'a-b'],
      ['x-a', 'b'],
      ['x', 'a', 'b'],
      ['x', 'a_b'],
      ['x', 'a/b'],
      ['x', 'a%2fb'],
      ['x', 'A', 'b'],
      ['x', 'ä'],
      ['x', 'ö'],
      ['x'],
      ['x', ''],
    ];
    for (const [epoch, name] of names.entries()) open(directory, ...name).write({ epoch });
    for (const [epoch, name] of names.entries())
      assert.deepEqual(open(directory, ...name).read(), { epoch }, `${name}`);
    const files = readdirSync(join(directory, 'microgrid', 'sites'));
    assert.equal(new Set(files.map((file) => file.toLowerCase())).size, names.length);
  });
});
