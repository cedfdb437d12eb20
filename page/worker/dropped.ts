// What was dropped: an export among its files, a statement, an evidence file, a list of keys; or one sentence on what it is instead.
import { parseRosterFile } from '../../src/audit/trust.ts';
import { StoreError } from '../../src/log/errors.ts';
import type { FileStore } from '../../src/log/file-store.ts';
import { quote } from '../../src/units.ts';
import { Problem } from './problem.ts';
import type { DroppedFile } from './protocol.ts';

const MEBIBYTE = 1024 * 1024;
/** Of a statement or an evidence file; the files of an export are read one by one. */
const MOST_BYTES = 256 * MEBIBYTE;
/** Alone or with a ledger, somebody drops a handful of documents. */
const MOST_DOCUMENTS = 20;

export interface Dropped {
  readonly files: FileStore | null;
  readonly statement: object | null;
  /** Its text. */
  readonly evidence: string | null;
  readonly keys: readonly string[];
}

/** @throws Problem with one sentence */
export async function readDropped(dropped: readonly DroppedFile[]): Promise<Dropped> {
  if (dropped.length === 0) throw new Problem('There is nothing in what you dropped.');
  const root = rootOfExport(dropped.map(({ path }) => path));
  const inside = root === null ? [] : dropped.filter(({ path }) => path.startsWith(root));
  const outside = dropped.filter(({ path }) => root === null || !path.startsWith(root));
  if (root === null && outside.length > MOST_DOCUMENTS) {
    throw new Problem(
      'No ledger is in this folder: an exported ledger is a folder with a file "checkpoint" and a folder "tile".',
    );
  }
  const documents = await readDocuments(outside, root !== null);
  const files =
    root === null ? null : fileStore(inside.map(({ path, file }) => ({ path: path.slice(root.length), file })));
  return { files, ...documents };
}

/** @param beside whether a ledger is there too: then what lies in its folder and is no document is left aside */
async function readDocuments(dropped: readonly DroppedFile[], beside: boolean): Promise<Omit<Dropped, 'files'>> {
  let statement: object | null = null;
  let evidence: string | null = null;
  const keys: string[] = [];
  const inside = (path: string) => beside && path.includes('/');
  // What was dropped by itself is meant, and goes before what happens to lie in the folder.
  const byItself = [...dropped].sort((a, b) => Number(inside(a.path)) - Number(inside(b.path)));
  for (const each of byItself) {
    const inFolder = inside(each.path);
    if (inFolder && (!/\.(?:json|json\.gz|txt)$/.test(each.path) || dropped.length > MOST_DOCUMENTS)) continue;
    const found = await readDocument(each).catch((error: unknown) => {
      if (inFolder && error instanceof Problem) return null;
      throw error;
    });
    if (found === null) continue;
    if (found.kind === 'keys') keys.push(...found.keys);
    else if (found.kind === 'statement' ? statement : evidence) {
      if (!inFolder) throw new Problem('Drop one document at a time.');
    } else if (found.kind === 'statement') statement = found.value;
    else evidence = found.text;
  }
  return { statement, evidence, keys };
}

/** The folder with the checkpoint, '' or ending in "/"; null where there is none. */
function rootOfExport(paths: readonly string[]): string | null {
  const roots = paths
    .filter((path) => path === 'checkpoint' || path.endsWith('/checkpoint'))
    .map((path) => path.slice(0, -'checkpoint'.length))
    .sort((a, b) => a.split('/').length - b.split('/').length);
  const [root, other] = roots;
  if (root === undefined) return null;
  if (other !== undefined && other.split('/').length === root.split('/').length) {
    throw new Problem('There is more than one ledger in what you dropped; drop one at a time.');
  }
  // One file alone is not a ledger, and a person is told so.
  return paths.some((path) => path.startsWith(`${root}tile/`)) || paths.length > 1 ? root : null;
}

type Document =
  | { readonly kind: 'statement'; readonly value: object }
  | { readonly kind: 'evidence'; readonly text: string }
  | { readonly kind: 'keys'; readonly keys: readonly string[] };

async function readDocument({ path, file }: DroppedFile): Promise<Document> {
  const name = quote(path.split('/').at(-1) ?? path);
  if (file.size === 0) throw new Problem(`${name} is empty.`);
  if (file.size > MOST_BYTES) {
    throw new Problem(`${name} is larger than ${MOST_BYTES / MEBIBYTE} MiB; no statement or evidence file is.`);
  }
  let bytes = await bytesOf(file, path);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await unpacked(file, name);
  return documentOf(textOf(bytes, name), name);
}

function documentOf(text: string, name: string): Document {
  if (!/^\s*[{[]/.test(text)) return plainText(text, name);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem(`${name} is not whole: it begins like JSON and does not end like it; it may have been cut off.`);
  }
  const { format, version } = (Array.isArray(value) ? {} : value) as { format?: unknown; version?: unknown };
  if (format === 'microgrid-statement/1') return { kind: 'statement', value: value as object };
  if (typeof version === 'string' && version.startsWith('microgrid-evidence/')) return { kind: 'evidence', text };
  if (format === 'microgrid-accounts/1') {
    throw new Problem(`${name} holds the totals of all accounts and no lines; drop the statement of one account.`);
  }
  throw new Problem(`${name} is JSON, but no statement and no evidence file that this page knows.`);
}

function plainText(text: string, name: string): Document {
  if (/^\S+\/ledger\/\d+\n\d+\n/.test(text)) {
    throw new Problem(`${name} is a checkpoint alone; drop the whole folder that it lies in.`);
  }
  if (/^\s*<(?:!doctype|html)/i.test(text)) {
    throw new Problem(`${name} is a page for reading; ask for the same statement as JSON and drop that.`);
  }
  let keys: string[];
  try {
    keys = parseRosterFile(text);
  } catch {
    throw new Problem(
      `${name} is nothing that this page can check: drop the folder of an exported ledger, a statement (JSON), an evidence file, or a list of keys.`,
    );
  }
  if (keys.length === 0) throw new Problem(`${name} holds no keys.`);
  return { kind: 'keys', keys };
}

function textOf(bytes: Uint8Array, name: string): string {
  const starts = (text: string) => [...text].every((letter, i) => bytes[i] === letter.charCodeAt(0));
  if (starts('PK\x03\x04')) throw new Problem(`${name} is a zip archive; unpack it and drop the folder.`);
  if (starts('7z\xbc\xaf')) throw new Problem(`${name} is an archive; unpack it and drop the folder.`);
  if (starts('SQLite format 3\0')) {
    throw new Problem(`${name} is a ledger's database; drop the folder "export" that lies beside it.`);
  }
  if (starts('%PDF')) throw new Problem(`${name} is a PDF; ask for the same statement as JSON and drop that.`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem(`${name} is no text: neither a statement, nor an evidence file, nor a list of keys.`);
  }
}

async function unpacked(file: Blob, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    const stream = file.stream().pipeThrough(new DecompressionStream('gzip')) as AsyncIterable<Uint8Array> &
      ReadableStream<Uint8Array>;
    const reader = stream.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.length;
      if (size > MOST_BYTES) {
        await reader.cancel();
        break;
      }
      parts.push(part.value);
    }
  } catch {
    throw new Problem(`${name} is not whole: it cannot be unpacked; it may have been cut off.`);
  }
  if (size > MOST_BYTES)
    throw new Problem(`${name} holds more than ${MOST_BYTES / MEBIBYTE} MiB; no evidence file does.`);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The dropped files as an audit reads an export. Nothing is ever written. */
export function fileStore(dropped: readonly DroppedFile[]): FileStore {
  const files = new Map<string, Blob>();
  const folders = new Map<string, Set<string>>([['', new Set()]]);
  for (const { path, file } of dropped) {
    files.set(path, file);
    const parts = path.split('/');
    let folder = '';
    for (const [i, part] of parts.entries()) {
      const name = i < parts.length - 1 ? `${part}/` : part;
      folders.get(folder)!.add(name);
      folder += name;
      if (name.endsWith('/') && !folders.has(folder)) folders.set(folder, new Set());
    }
  }
  const readOnly = () => Promise.reject(new StoreError('read-only', 'a page writes no files'));
  return {
    async read(path, maxBytes) {
      const file = files.get(path);
      if (file === undefined) {
        if (folders.has(`${path}/`)) throw new StoreError('not-a-file', `${path} is not a plain file`);
        return null;
      }
      if (file.size > maxBytes) throw new StoreError('damaged', `${path} is longer than ${maxBytes} bytes`);
      return bytesOf(file, path);
    },
    isFile: async (path) => files.has(path),
    list: async (path) => [...(folders.get(path === '' || path.endsWith('/') ? path : `${path}/`) ?? [])].sort(),
    write: readOnly,
    append: readOnly,
    remove: readOnly,
    flush: readOnly,
  };
}

async function bytesOf(file: Blob, path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Problem(`${quote(path)} cannot be read any more: it was changed or moved since you dropped it.`);
  }
}
