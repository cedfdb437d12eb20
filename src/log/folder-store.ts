// Directories whose names survive a power cut: a new name is durable only once the directory above it was synced, whatever was
// synced below (fsync(2)). Without it the first acknowledged records could vanish together with their directory.
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Makes a directory and those above it, as far as they are missing. */
export function makeDirectory(path: string, mode?: number): void {
  const target = resolve(path);
  const created = mkdirSync(target, { recursive: true, ...(mode === undefined ? {} : { mode }) });
  if (created === undefined) return;
  for (let above = dirname(target); above.length >= dirname(created).length; above = dirname(above)) {
    syncDirectory(above);
    if (above === dirname(above)) return;
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  // Windows cannot open directories; there a name is as durable as the file system makes it.
  if (process.platform === 'win32') return;
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
