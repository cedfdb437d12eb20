// Seeds on disk: `<directory>/<member>`, 64 hexadecimal digits and a newline, mode 0600, made at first use, never
// overwritten: one that is replaced stays beside it under another name. The runtime keeps them; no flow, message, log or export
// ever holds one.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fromHex, toHex } from '../log/bytes.ts';
import { type MemberKeys, memberKeys, SEED_BYTES } from './keys.ts';
import { requireMemberId } from './names.ts';

/**
 * Keys of a member, from its file; makes the file (and the directory, mode 0700) when there is none yet.
 * @param random source of the new seed
 * @throws Error when the file is not a seed, is readable by others, or cannot be written
 */
export function openMemberKeys(
  directory: string,
  community: string,
  member: string,
  random: (bytes: number) => Uint8Array,
): MemberKeys {
  requireMemberId(member);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, member);
  const seed = readSeed(path) ?? createSeed(directory, path, random);
  return memberKeys(community, member, seed);
}

/**
 * The seed of a member, to be shown to the person who backs it up.
 * @throws Error when there is no key yet, or its file cannot be read
 */
export function readMemberSeed(directory: string, member: string): Uint8Array {
  const seed = readSeed(join(directory, requireMemberId(member)));
  if (!seed) throw new Error(`${member} has no key yet; it is made at the first deploy`);
  return seed;
}

/** A member has another key already, and nobody said that it is to be replaced. */
export class KeyInUse extends Error {}

/**
 * Puts a seed back from its backup.
 * @param replace whether another key that is there may give way; it is kept beside it as `<member>.replaced-<8 digits>`
 * @returns whether the seed was another than the one there
 * @throws KeyInUse when another key is there and may not be replaced
 */
export function restoreMemberSeed(
  directory: string,
  member: string,
  seed: Uint8Array,
  { replace, random }: { readonly replace: boolean; readonly random: (bytes: number) => Uint8Array },
): boolean {
  if (seed.length !== SEED_BYTES)
    throw new RangeError(`a key seed has ${SEED_BYTES} bytes, but this one ${seed.length}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, requireMemberId(member));
  const present = readSeed(path);
  if (present && toHex(present) === toHex(seed)) return false;
  if (present) {
    if (!replace) {
      throw new KeyInUse(
        `${member} signs with another key now, and a ledger that knows that one refuses what the restored key signs; replace it only if the ledger knows the restored key`,
      );
    }
    renameSync(path, `${path}.replaced-${toHex(random(4))}`);
  }
  // Whoever makes one at the same moment wins: then theirs is in use.
  const stored = createSeed(directory, path, (bytes) => (bytes === SEED_BYTES ? seed : random(bytes)));
  if (toHex(stored) !== toHex(seed)) throw new KeyInUse(`a new key of ${member} was made meanwhile; try again`);
  return true;
}

function readSeed(path: string): Uint8Array | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new Error(`the key file ${path} cannot be read (${codeOf(error)}); it must be a plain file of this user`);
  }
  try {
    const { mode } = fstatSync(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Error(`other users may read the key file ${path}; take that right away with: chmod 600 ${path}`);
    }
    const text = readFileSync(file, 'utf8');
    if (!/^[0-9a-f]{64}\n?$/.test(text)) {
      throw new Error(`the key file ${path} does not hold 64 hexadecimal digits; put back its backup`);
    }
    return fromHex(text.trim());
  } finally {
    closeSync(file);
  }
}

/** Written whole under another name first, then linked: two programs that start at once end with the same seed. */
function createSeed(directory: string, path: string, random: (bytes: number) => Uint8Array): Uint8Array {
  const seed = random(SEED_BYTES);
  const temporary = `${path}.${toHex(random(8))}.new`;
  const file = openSync(temporary, 'wx', 0o600);
  try {
    fchmodSync(file, 0o600);
    writeSync(file, `${toHex(seed)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(temporary);
  }
  syncDirectory(directory);
  const stored = readSeed(path);
  if (!stored) throw new Error(`the key file ${path} vanished while it was made`);
  return stored;
}

function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
