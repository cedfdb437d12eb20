import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory, refuseExistingLedger } from '../../src/cli/ledger-directory.ts';

describe('the directory of a simulated ledger', () => {
  const directory = mkdtempSync(join(tmpdir(), 'microgrid-directory-'));
  const at = (...parts: string[]) => join(directory, ...parts);
  after(() => rmSync(directory, { recursive: true }));

  it('is made with those above it, and taken as it is the next time', () => {
    for (let time = 0; time < 2; time++) {
      makeDirectory(at('a', 'b', 'c'));
      assert.ok(statSync(at('a', 'b', 'c')).isDirectory());
    }
  });

  it('must hold neither a database nor an export', () => {
    refuseExistingLedger(at('nothing'));
    for (const name of ['ledger.sqlite', 'export']) {
      mkdirSync(at(`with-${name}`, name), { recursive: true });
      assert.throws(() => refuseExistingLedger(at(`with-${name}`)), {
        name: 'InputError',
        message: `${at(`with-${name}`, name)} is there already; a simulation begins a ledger of its own, so choose another --ledger`,
      });
    }
  });

  it('is refused in one sentence where there can be none', () => {
    writeFileSync(at('file'), '');
    symlinkSync('nowhere', at('dangling'));
    const table: readonly (readonly [path: string, sentence: string])[] = [
      ['', '--ledger is empty; name a directory'],
      [at('file'), `${at('file')} is no directory; choose another --ledger`],
      [
        at('file', 'x', 'y'),
        `the directory ${at('file', 'x')} cannot be made: a part of its path is a file, not a directory; choose another --ledger`,
      ],
      [
        at('dangling'),
        `the directory ${at('dangling')} cannot be made: something of that name is there already; choose another --ledger`,
      ],
      [
        at('n'.repeat(300)),
        `the directory ${at('n'.repeat(300))} cannot be made: its name is too long; choose another --ledger`,
      ],
    ];
    for (const [path, message] of table) assert.throws(() => makeDirectory(path), { name: 'InputError', message });
  });

  it('is refused where the system has no room for directories, instead of trying for ever', function () {
    if (!existsSync('/proc/self')) return this.skip();
    for (const path of ['/proc/x', '/proc/x/y']) {
      assert.throws(
        () => makeDirectory(path),
        /^InputError: the directory \/proc\/x cannot be made: .*; choose another/,
      );
    }
  });
});
