// The model of the disk and the reader of traces, on traces written by hand.
import { strict as assert } from 'node:assert';
import { crashStates, type Operation } from './disk.ts';
import { TraceReader } from './trace.ts';

const hex = (text: string) => [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

function read(...lines: string[]): Operation[] {
  const reader = new TraceReader('/disk');
  for (const line of lines) reader.line(line.replaceAll(/'([^']*)'/g, (_, text: string) => `"${hex(text)}"`));
  return reader.operations();
}

/** What each file can hold after the last operation, as far as the drawn states tell; `-` where it is not there. */
function outcomes(operations: readonly Operation[], path: string): Set<string> {
  const found = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const last = (after: number) => after === operations.length;
    for (const { files } of crashStates('/disk', operations, seed * 1000, last))
      found.add(files.get(path)?.toString() ?? '-');
  }
  return found;
}

const CREATE = [`1 openat(AT_FDCWD, '/disk/a', O_RDWR|O_CREAT, 0600) = 5`, `1 openat(AT_FDCWD, '/disk', O_RDONLY) = 6`];

describe('power-cut/disk', () => {
  it('keeps what was synced, and the name whose directory was', () => {
    const synced = [...CREATE, `1 pwrite64(5, 'old', 3, 0) = 3`, '1 fsync(5) = 0', '1 fsync(6) = 0'];
    assert.deepEqual(outcomes(read(...synced), '/disk/a'), new Set(['old']));
    const later = read(...synced, `1 pwrite64(5, 'new', 3, 0) = 3`, `1 pwrite64(5, 'er', 2, 3) = 2`);
    assert.deepEqual(outcomes(later, '/disk/a'), new Set(['old', 'new', 'newer', 'older']));
  });

  it('may lose a name, although its file was synced, and content, although its name was', () => {
    const written = [...CREATE, `1 write(5, 'x', 1) = 1`];
    assert.deepEqual(outcomes(read(...written, '1 fsync(5) = 0'), '/disk/a'), new Set(['x', '-']));
    assert.deepEqual(outcomes(read(...written, '1 fsync(6) = 0'), '/disk/a'), new Set(['x', '']));
  });

  it('renames at once: either name, never neither, once the first was durable', () => {
    const operations = read(
      ...CREATE,
      `1 write(5, 'x', 1) = 1`,
      '1 fsync(5) = 0',
      '1 fsync(6) = 0',
      `1 rename('/disk/a', '/disk/b') = 0`,
    );
    assert.deepEqual(outcomes(operations, '/disk/a'), new Set(['x', '-']));
    assert.deepEqual(outcomes(operations, '/disk/b'), new Set(['x', '-']));
    for (const { files, after } of crashStates('/disk', operations, 1)) {
      if (after === operations.length) assert.equal(files.size, 1);
    }
  });

  it('loses all that is in a directory whose name was not synced', () => {
    const operations = read(
      `1 mkdir('/disk/d', 0777) = 0`,
      `1 openat(AT_FDCWD, '/disk/d/a', O_WRONLY|O_CREAT, 0666) = 5`,
      `1 openat(AT_FDCWD, '/disk/d', O_RDONLY) = 6`,
      '1 fsync(5) = 0',
      '1 fsync(6) = 0',
    );
    assert.deepEqual(outcomes(operations, '/disk/d/a'), new Set(['', '-']));
  });

  it('tears a write between sectors', () => {
    const [first, second] = ['1'.repeat(512), '2'.repeat(512)];
    const operations = read(...CREATE, '1 fsync(6) = 0', `1 pwrite64(5, '${first}${second}', 1024, 0) = 1024`);
    const found = outcomes(operations, '/disk/a');
    for (const state of ['', first, first + second, '\0'.repeat(512) + second]) assert.ok(found.has(state));
    assert.equal(found.size, 4);
  });
});

describe('power-cut/trace', () => {
  it('puts together what threads did at the same time; a sync covers what was there when it began', () => {
    const operations = read(
      ...CREATE,
      `1 fsync(5 <unfinished ...>`,
      `2 pwrite64(5, 'x', 1, 0) = 1`,
      '1 <... fsync resumed>) = 0',
      '2 close(5 <unfinished ...>',
      `3 openat(AT_FDCWD, '/disk/b', O_WRONLY|O_CREAT, 0666) = 5`,
      '2 <... close resumed>) = 0',
      `3 write(5, 'y', 1) = 1`,
      `1 write(1, 'done\n', 5) = 5`,
    );
    assert.deepEqual(
      operations.map(({ kind }) => kind),
      ['create', 'write', 'sync-file', 'create', 'write', 'said'],
    );
    const [, , sync, , written] = operations;
    assert.ok(sync?.kind === 'sync-file' && sync.began === 1);
    assert.ok(written?.kind === 'write' && written.file === 1);
  });

  it('passes over what failed, and what is not below the directory', () => {
    const other = [`1 openat(AT_FDCWD, '/elsewhere', O_RDWR|O_CREAT, 0600) = 7`, `1 write(7, 'x', 1) = 1`];
    assert.deepEqual(read(...other, `1 unlink('/disk/a') = -1 ENOENT (No such file or directory)`), []);
  });

  it('refuses what it does not understand', () => {
    for (const line of [
      `1 sendfile(5, 9, NULL, 10) = 10`,
      `1 symlink('/disk/a', '/disk/b') = 0`,
      '1 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 5, 0) = 0x7f0000000000',
      `1 write(5, 'x'..., 2000000) = 2000000`,
      '1 pwrite64(5, unreadable',
    ]) {
      assert.throws(() => read(...CREATE, line), Error, line);
    }
  });
});
