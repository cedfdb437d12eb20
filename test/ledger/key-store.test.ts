import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyInUse, openMemberKeys, readMemberSeed, restoreMemberSeed } from '../../src/ledger/key-store.ts';
import { memberKeys } from '../../src/ledger/keys.ts';
import { COMMUNITY } from './street.ts';

describe('key store', () => {
  let directory: string;

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'microgrid-keys-')), 'keys');
  });

  afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

  const open = (member = 'home-1') => openMemberKeys(directory, COMMUNITY, member, randomBytes);
  const windows = process.platform === 'win32';

  it('makes a seed at first use and keeps it', () => {
    const first = open();
    assert.equal(open().record.vkey, first.record.vkey);
    assert.notEqual(open('home-2').record.vkey, first.record.vkey);
    const text = readFileSync(join(directory, 'home-1'), 'utf8');
    assert.match(text, /^[0-9a-f]{64}\n$/);
    assert.equal(memberKeys(COMMUNITY, 'home-1', Buffer.from(text.trim(), 'hex')).record.vkey, first.record.vkey);
    assert.deepEqual(readdirSync(directory).sort(), ['home-1', 'home-2']);
  });

  it('gives nobody else the right to read it', function () {
    if (windows) this.skip();
    open();
    assert.equal(statSync(join(directory, 'home-1')).mode & 0o777, 0o600);
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    chmodSync(join(directory, 'home-1'), 0o644);
    assert.throws(() => open(), /other users may read .*chmod 600/);
  });

  it('never makes a new key in place of a file that it cannot read', () => {
    for (const content of ['', 'no key', `${'0'.repeat(63)}\n`, `${'G'.repeat(64)}\n`, `${'0'.repeat(64)}\n\n`]) {
      open();
      writeFileSync(join(directory, 'home-1'), content);
      assert.throws(() => open(), /does not hold 64 hexadecimal digits; put back its backup/);
      assert.equal(readFileSync(join(directory, 'home-1'), 'utf8'), content);
      rmSync(join(directory, 'home-1'));
    }
  });

  it('follows no link and leaves no directory through a name', function () {
    if (windows) this.skip();
    open();
    symlinkSync(join(directory, 'home-1'), join(directory, 'home-2'));
    assert.throws(() => open('home-2'), /cannot be read/);
    assert.throws(() => open('../home-1'), /not a member id/);
    assert.throws(() => open(''), /not a member id/);
  });

  it('tells no secret in its errors', () => {
    open();
    const seed = readFileSync(join(directory, 'home-1'), 'utf8').trim();
    writeFileSync(join(directory, 'home-1'), `${seed}00\n`);
    assert.throws(
      () => open(),
      (error) => error instanceof Error && !error.message.includes(seed.slice(0, 16)),
    );
  });

  describe('restoring', () => {
    const seed = new Uint8Array(32).fill(7);
    const restore = (replace: boolean, member = 'home-1') =>
      restoreMemberSeed(directory, member, seed, { replace, random: randomBytes });
    const own = memberKeys(COMMUNITY, 'home-1', seed).record.vkey;

    it('puts a seed where none is, for its user alone', () => {
      assert.equal(restore(false), true);
      assert.equal(open().record.vkey, own);
      assert.deepEqual(new Uint8Array(readMemberSeed(directory, 'home-1')), seed);
      if (!windows) assert.equal(statSync(join(directory, 'home-1')).mode & 0o777, 0o600);
      assert.equal(restore(false), false, 'the same seed again changes nothing');
      assert.deepEqual(readdirSync(directory), ['home-1']);
    });

    it('replaces another key only when told, and keeps that one', () => {
      open();
      const before = readFileSync(join(directory, 'home-1'), 'utf8');
      assert.throws(() => restore(false), KeyInUse);
      assert.equal(readFileSync(join(directory, 'home-1'), 'utf8'), before);
      assert.equal(restore(true), true);
      assert.equal(open().record.vkey, own);
      const kept = readdirSync(directory).filter((name) => /^home-1\.replaced-[0-9a-f]{8}$/.test(name));
      assert.equal(kept.length, 1);
      assert.equal(readFileSync(join(directory, kept[0]!), 'utf8'), before);
    });

    it('touches nothing under a name that is no member, nor a file that it cannot read', () => {
      assert.throws(() => restore(true, '../home-1'), /not a member id/);
      assert.throws(() => readMemberSeed(directory, 'home-1'), /no key yet/);
      open();
      writeFileSync(join(directory, 'home-1'), 'no key');
      assert.throws(() => restore(true), /does not hold 64 hexadecimal digits/);
      assert.equal(readFileSync(join(directory, 'home-1'), 'utf8'), 'no key');
    });
  });
});
