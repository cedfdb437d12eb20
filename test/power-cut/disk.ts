// A disk that loses its power: from what a writer did, the states in which the next start may find its files.
//
// The model is what POSIX promises and no more, as crash-consistency research takes it (T. S. Pillai et al., "All File Systems Are Not
// Created Equal", OSDI 2014; fsync(2) and its NOTES):
// - A write or truncation may or may not be on the disk until an fsync of that file, begun after it, has returned; until then any
//   of them may be there without the others, in sectors of 512 bytes. Lost bytes before a later write read as zeros.
// - A name that appears, changes or disappears (create, link, mkdir, rename, unlink) is durable after an fsync of its directory; an fsync
//   of the file alone does not make its name durable. Until then each of these may be there without the others. A rename is atomic.
// - Nothing that was not being written changes (SQLite's "powersafe overwrite", sqlite.org/psow.html).
// File systems in use do better (ext4 keeps the order of names, and syncs a new name with its file); a program that holds here
// does not need that. Memory that is shared between processes (SQLite's -shm) is gone after a power cut.
import { hash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Files have a number of their own, since names come and go. Paths are absolute. */
export type Operation =
  | { readonly kind: 'create'; readonly path: string; readonly file: number }
  | { readonly kind: 'link'; readonly path: string; readonly file: number }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly file: number }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'write'; readonly file: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly file: number; readonly length: number }
  /** `began`: how many operations had begun before it; what came later it does not cover */
  | { readonly kind: 'sync-file'; readonly file: number; readonly began: number }
  | { readonly kind: 'sync-directory'; readonly path: string; readonly began: number }
  | { readonly kind: 'said'; readonly text: string };

/** What of the operations that no sync covers reached the disk. */
export const SURVIVALS = ['all', 'nothing', 'prefix', 'subset', 'torn', 'scattered'] as const;
export type Survival = (typeof SURVIVALS)[number];

/** Files by path, as a start after the power cut finds them; directories end in "/". */
export type Files = ReadonlyMap<string, Buffer>;

export interface CrashState {
  /** operations before the cut */
  readonly after: number;
  readonly survival: Survival;
  readonly files: Files;
  /** lines said before the cut */
  readonly said: readonly string[];
  /** as the writer itself saw its files at that moment */
  readonly live: Files;
}

const SECTOR = 512;

/**
 * The states after some of the operations, each different one once (between two stretches of operations that are asked for
 * apart, one may come twice).
 * @param root directory that was there, durable and empty, before
 * @param wanted whether states after so many operations are asked for
 * @param lies a disk that says it has synced and has not: nothing is durable, ever
 */
export function* crashStates(
  root: string,
  operations: readonly Operation[],
  seed: number,
  wanted: (after: number) => boolean = () => true,
  lies = false,
): Generator<CrashState> {
  const seen = new Set<string>();
  const said: string[] = [];
  for (let after = 0; after <= operations.length; after++) {
    const last = operations[after - 1];
    if (last?.kind === 'said') said.push(...last.text.split('\n').filter((line) => line !== ''));
    if (!wanted(after)) continue;
    const random = randomFrom(seed + after);
    const past = operations.slice(0, after);
    const durable = lies ? past.map(() => false) : durableAmong(past);
    const live = replay(root, past, () => true);
    for (const survival of SURVIVALS) {
      const files = survival === 'all' ? live : replay(root, past, survivors(past, durable, survival, random));
      const key = fingerprint(files, said.length);
      if (seen.has(key)) continue;
      seen.add(key);
      yield { after, survival, files, said: [...said], live };
    }
  }
}

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes a state into a directory, in place of what is there; paths are moved from `root` to it. */
export function writeState(files: Files, root: string, directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  for (const [path, content] of files) {
    const target = join(directory, relative(root, path));
    if (path.endsWith('/')) mkdirSync(target, { recursive: true });
    else if (!path.endsWith('-shm')) writeFileSync(target, content, { mode: 0o600 });
  }
}

/** For each operation whether a sync that returned covers it. */
function durableAmong(past: readonly Operation[]): boolean[] {
  const files = new Map<number, number>();
  const directories = new Map<string, number>();
  for (const operation of past) {
    if (operation.kind === 'sync-file') files.set(operation.file, operation.began);
    if (operation.kind === 'sync-directory') directories.set(operation.path, operation.began);
  }
  return past.map((operation, i) => {
    if (operation.kind === 'write' || operation.kind === 'truncate') return i < (files.get(operation.file) ?? 0);
    const name = 'path' in operation ? operation.path : operation.kind === 'rename' ? operation.to : null;
    return name === null || operation.kind === 'sync-directory' || i < (directories.get(dirname(name)) ?? 0);
  });
}

/** Whether an operation survives: as a whole, not at all, or (a write) by sector. */
type Keep = (index: number) => boolean | ((sector: number) => boolean);

function survivors(
  past: readonly Operation[],
  durable: readonly boolean[],
  survival: Survival,
  random: () => number,
): Keep {
  const pending = durable.flatMap((safe, i) => (safe ? [] : [i]));
  const half = () => random() < 0.5;
  switch (survival) {
    case 'all':
      return () => true;
    case 'nothing':
      return (i) => durable[i]!;
    case 'prefix': {
      const end = pending[Math.floor(random() * pending.length)] ?? 0;
      return (i) => durable[i]! || i < end;
    }
    case 'subset': {
      const kept = new Set(pending.filter(half));
      return (i) => durable[i]! || kept.has(i);
    }
    case 'torn': {
      const torn = pending.findLast((i) => past[i]!.kind === 'write');
      const [from, part] = [half(), random()];
      return (i) => {
        const operation = past[i]!;
        if (i !== torn || operation.kind !== 'write') return true;
        const cut = Math.floor(part * sectorsOf(operation.offset, operation.bytes.length));
        return from ? (sector) => sector < cut : (sector) => sector >= cut;
      };
    }
    case 'scattered':
      return (i) => {
        if (durable[i]) return true;
        return past[i]!.kind === 'write' ? half : half();
      };
  }
}

const sectorsOf = (offset: number, length: number): number =>
  Math.ceil((offset + length) / SECTOR) - Math.floor(offset / SECTOR);

/** The files after those operations that survive. */
function replay(root: string, past: readonly Operation[], keep: Keep): Files {
  const contents = new Map<number, Content>();
  const names = new Map<string, number | null>();
  for (const [i, operation] of past.entries()) {
    // A file can be known by a later name although its first one was lost.
    if (operation.kind === 'create') contents.set(operation.file, new Content());
    const kept = keep(i);
    if (kept === false) continue;
    switch (operation.kind) {
      case 'create':
      case 'link':
        names.set(operation.path, operation.file);
        break;
      case 'directory':
        names.set(operation.path, null);
        break;
      case 'rename':
        names.delete(operation.from);
        names.set(operation.to, operation.file);
        break;
      case 'remove':
        names.delete(operation.path);
        break;
      case 'truncate':
        contents.get(operation.file)?.resize(operation.length);
        break;
      case 'write':
        contents.get(operation.file)?.write(operation.offset, operation.bytes, kept);
    }
  }
  const files = new Map<string, Buffer>();
  for (const [path, file] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    // Whoever lost its directory is lost, too.
    const folder = dirname(path);
    if (folder !== root && !files.has(`${folder}/`)) continue;
    if (file === null) files.set(`${path}/`, Buffer.alloc(0));
    else files.set(path, contents.get(file)!.bytes);
  }
  return files;
}

/** Content of a file that grows without being copied each time. */
class Content {
  #bytes = Buffer.alloc(16_384);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  resize(length: number): void {
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(2 * length);
      this.bytes.copy(larger);
      this.#bytes = larger;
    }
    this.#bytes.fill(0, Math.min(length, this.#length), Math.max(length, this.#length));
    this.#length = length;
  }

  write(offset: number, bytes: Uint8Array, kept: true | ((sector: number) => boolean)): void {
    const first = Math.floor(offset / SECTOR);
    for (let sector = first; sector * SECTOR < offset + bytes.length; sector++) {
      if (kept !== true && !kept(sector - first)) continue;
      const from = Math.max(0, sector * SECTOR - offset);
      const to = Math.min(bytes.length, (sector + 1) * SECTOR - offset);
      if (offset + to > this.#length) this.resize(offset + to);
      this.#bytes.set(bytes.subarray(from, to), offset + from);
    }
  }
}

function fingerprint(files: Files, said: number): string {
  const parts: Buffer[] = [Buffer.from(String(said))];
  for (const [path, content] of files) parts.push(Buffer.from(`\n${path} ${content.length}\n`), content);
  return hash('sha1', Buffer.concat(parts), 'base64');
}
