// Files of an export on a disk. A file appears whole or not at all: written under another name, synced, renamed; `flush` then makes the
// names durable. Paths are relative and use "/", whatever the machine.
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreError } from './errors.ts';

export interface FileStore {
  /** Content, or null when there is no such file. @throws StoreError when it is longer than `maxBytes` or not a plain file */
  read(path: string, maxBytes: number): Promise<Uint8Array | null>;
  /** Whether a plain file stands there: no link, directory or device. */
  isFile(path: string): Promise<boolean>;
  /** Replaces a file as a whole. */
  write(path: string, content: string | Uint8Array): Promise<void>;
  /** Cuts a file at a length (bytes) and continues it from there; creates it. */
  append(path: string, at: number, content: string | Uint8Array): Promise<void>;
  /** Names in a directory in order, directories with a final "/"; empty when it does not exist. */
  list(path: string): Promise<string[]>;
  /** Removes a file, or a directory with its content; nothing happens when it is absent. */
  remove(path: string): Promise<void>;
  /** Makes all that was written and removed durable. */
  flush(): Promise<void>;
}

/** Files below a directory of this machine; the directory is created when first written to. */
export function openFileStore(directory: string): FileStore {
  const touched = new Set<string>();

  async function prepare(path: string): Promise<string> {
    const target = join(directory, path);
    const created = await mkdir(dirname(target), { recursive: true });
    for (let folder = dirname(target); ; folder = dirname(folder)) {
      touched.add(folder);
      // A new directory is itself a name in the one above.
      if (created === undefined || folder.length < created.length || folder === dirname(folder)) break;
    }
    return target;
  }

  return {
    async read(path, maxBytes) {
      const target = join(directory, path);
      try {
        const entry = await lstat(target);
        if (!entry.isFile()) throw new StoreError('not-a-file', `${target} is not a plain file`);
        if (entry.size > maxBytes) throw new StoreError('damaged', `${target} is longer than ${maxBytes} bytes`);
        const file = await open(target, 'r');
        return await closing(file, () => file.readFile());
      } catch (error) {
        if (isAbsent(error)) return null;
        throw fileError(error, target);
      }
    },
    async isFile(path) {
      try {
        return (await lstat(join(directory, path))).isFile();
      } catch (error) {
        if (isAbsent(error)) return false;
        throw fileError(error, join(directory, path));
      }
    },
    async write(path, content) {
      const target = await prepare(path);
      const draft = `${target}.tmp`;
      try {
        const file = await open(draft, 'w');
        await closing(file, async () => {
          await file.writeFile(content);
          await file.sync();
        });
        await rename(draft, target);
      } catch (error) {
        throw fileError(error, target);
      }
    },
    async append(path, at, content) {
      const target = await prepare(path);
      try {
        const file = await open(target, at === 0 ? 'w' : 'r+');
        await closing(file, async () => {
          await file.truncate(at);
          const bytes = Buffer.from(content);
          let written = 0;
          while (written < bytes.length) {
            ({ bytesWritten: written } = await writeOn(file, bytes, written, at));
          }
          await file.sync();
        });
      } catch (error) {
        throw fileError(error, target);
      }
    },
    async list(path) {
      const target = join(directory, path);
      try {
        const entries = await readdir(target, { withFileTypes: true });
        return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
      } catch (error) {
        if (isAbsent(error)) return [];
        throw fileError(error, target);
      }
    },
    async remove(path) {
      const target = join(directory, path);
      await rm(target, { recursive: true, force: true });
      touched.add(dirname(target));
    },
    async flush() {
      for (const folder of touched) await syncDirectory(folder);
      touched.clear();
    },
  };
}

async function writeOn(file: FileHandle, bytes: Buffer, from: number, at: number): Promise<{ bytesWritten: number }> {
  const { bytesWritten } = await file.write(bytes, from, bytes.length - from, at + from);
  return { bytesWritten: from + bytesWritten };
}

async function closing<T>(file: FileHandle, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories; there the rename is as durable as the file system makes it.
  if (process.platform === 'win32') return;
  try {
    const folder = await open(path, 'r');
    await closing(folder, () => folder.sync());
  } catch (error) {
    if (!isAbsent(error)) throw fileError(error, path);
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function fileError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  return new StoreError('failed', `${path}: ${error instanceof Error ? error.message : String(error)}`, error);
}
