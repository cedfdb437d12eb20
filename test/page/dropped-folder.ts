// A folder of this machine as a browser hands it to the page.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import type { DroppedFile } from '../../page/worker/protocol.ts';

export function droppedFolder(directory: string): DroppedFile[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({
      path: `${basename(directory)}/${relative(directory, path).split(sep).join('/')}`,
      file: new Blob([readFileSync(path)]),
    }));
}

export const droppedText = (path: string, content: string | Uint8Array<ArrayBuffer>): DroppedFile => ({
  path,
  file: new Blob([content]),
});
