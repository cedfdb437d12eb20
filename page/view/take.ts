// Takes files and folders as browsers hand them over: by the two inputs, or dropped. A page opened from a file may not read a dropped folder
// through the older interface (Chromium refuses), so the newer one goes first.
import type { DroppedFile } from '../worker/protocol.ts';

/** More files than any ledger has: somebody dropped a whole disk. */
const MOST_FILES = 500_000;

interface Handle {
  readonly kind: 'file' | 'directory';
  readonly name: string;
  getFile?(): Promise<File>;
  values?(): AsyncIterable<Handle>;
}
type Item = DataTransferItem & { getAsFileSystemHandle?: () => Promise<Handle | null> };

export function fromInput(list: FileList | null): DroppedFile[] {
  // The browser names the chosen folder first; the paths of a ledger begin below it, wherever its checkpoint is.
  return [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** @throws Error with one sentence */
export async function fromDrop({ items, files }: DataTransfer): Promise<DroppedFile[]> {
  // All that the event knows is gone with the first pause.
  const dropped = [...items]
    .filter(({ kind }) => kind === 'file')
    .map((item: Item) => ({
      file: item.getAsFile(),
      handle: item.getAsFileSystemHandle?.().catch(() => null),
      entry: item.webkitGetAsEntry(),
    }));
  if (dropped.length === 0) return fromInput(files);
  const found: DroppedFile[] = [];
  for (const { file, handle, entry } of dropped) {
    const known = await handle;
    if (known?.kind === 'directory') await walkHandle(known, `${known.name}/`, found);
    else if (!known && entry?.isDirectory) await walkEntry(entry as FileSystemDirectoryEntry, `${entry.name}/`, found);
    else if (file) found.push({ path: file.name, file });
  }
  return found;
}

async function walkHandle(folder: Handle, path: string, found: DroppedFile[]): Promise<void> {
  for await (const each of folder.values!()) {
    if (each.kind === 'directory') await walkHandle(each, `${path}${each.name}/`, found);
    else add(found, { path: path + each.name, file: await each.getFile!() });
  }
}

async function walkEntry(folder: FileSystemDirectoryEntry, path: string, found: DroppedFile[]): Promise<void> {
  const reader = folder.createReader();
  try {
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const each of some) {
        if (each.isDirectory) await walkEntry(each as FileSystemDirectoryEntry, `${path}${each.name}/`, found);
        else {
          const file = await new Promise<File>((resolve, reject) =>
            (each as FileSystemFileEntry).file(resolve, reject),
          );
          add(found, { path: path + each.name, file });
        }
      }
    }
  } catch (error) {
    if (error instanceof TooMany) throw error;
    throw new Error('This browser does not let a page read a folder that is dropped on it; use "Choose a folder".');
  }
}

class TooMany extends Error {}

function add(found: DroppedFile[], file: DroppedFile): void {
  if (found.length >= MOST_FILES)
    throw new TooMany('There are too many files in this folder; drop the folder of the ledger alone.');
  found.push(file);
}
