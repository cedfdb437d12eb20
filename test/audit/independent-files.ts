// Part of the independent verifier: section 12 of docs/ledger-format.md, what may lie in an exported directory.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { base64, fail, hexOf, leafHashOf, type Note, need, parseNote, rootOf } from './independent-crypto.ts';

export interface ExportedFiles {
  readonly checkpoint: Note;
  /** The newest checkpoint with a quorum, where there is one. */
  readonly witnessed: Note | null;
  readonly notes: Buffer[];
  /** Empty where withheld. */
  readonly bodies: string[];
}

/** Everything in the directory, all of it compared. @throws Error at the first file that does not fit */
export function readFiles(directory: string): ExportedFiles {
  const files = new Map<string, Buffer>();
  const drafts: string[] = [];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(directory.length + 1);
    if (entry.isDirectory()) need(FOLDER.test(path), `the folder ${path} does not belong there`);
    else if (!entry.isFile()) fail(`${path} is neither file nor folder`);
    else if (path.endsWith('.tmp')) drafts.push(path.slice(0, -'.tmp'.length));
    else {
      const { size } = lstatSync(join(directory, path));
      need(size <= (path.startsWith('notes/') ? 2 ** 30 : 2 ** 28), `${path} is too long`);
      files.set(path, readFileSync(join(directory, path)));
    }
  }
  for (const draft of drafts)
    need(NAME.test(draft) && !draft.startsWith('notes/'), `${draft}.tmp does not belong there`);

  const checkpoint = parseNote(files.get('checkpoint') ?? fail('there is no checkpoint'));
  const size = Number(checkpoint.text.split('\n')[1]);
  need(Number.isSafeInteger(size) && size > 0, 'the checkpoint has no size');
  base64(checkpoint.text.split('\n')[2] ?? '');
  const cosigned = files.get('witnessed');
  need((cosigned?.length ?? 0) <= 512 * 1024, 'the file witnessed is too long');
  const witnessed = cosigned ? parseNote(cosigned, 1024) : null;

  const notes = entriesOf(files, size);
  const bodies: string[] = [];
  for (let first = 0; first < size; first += 256) {
    const width = Math.min(256, size - first);
    const lines = bodiesOf(files.get(`bodies/${numbered(first / 256)}`), width);
    for (let i = 0; i < width; i++) bodies.push(lines[i] ?? '');
  }
  const all = [...notes, ...following(files, size)];
  for (const [path, content] of files)
    if (path !== 'checkpoint' && path !== 'witnessed') checkFile(files, path, content, size, all);
  checkDays(files, all, size);
  checkTiles(files, notes.map(leafHashOf));
  return { checkpoint, witnessed, notes, bodies };
}

const NUMBER = '(?:x\\d{3}/)*\\d{3}';
const NAME = new RegExp(
  `^(?:checkpoint|witnessed|tile/(?:\\d{1,2}|entries)/${NUMBER}(?:\\.p/[1-9]\\d{0,2})?|bodies/${NUMBER}|notes/\\d{4}-\\d{2}-\\d{2}\\.txt)$`,
);
const FOLDER = /^(notes|bodies(\/x\d{3})*|tile|tile\/(\d{1,2}|entries)(\/x\d{3})*(\/\d{3}\.p)?)$/;
type Files = ReadonlyMap<string, Buffer>;

const numbered = (index: number): string => {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0');
  return digits.replace(/\d{3}(?=\d)/g, 'x$&/');
};

/** The tile or bundle of a width, or the full one. */
function tileOf(files: Files, folder: string, index: number, width: number): Buffer {
  const full = `${folder}/${numbered(index)}`;
  return files.get(`${full}.p/${width}`) ?? files.get(full) ?? fail(`${full} is missing`);
}

function entriesOf(files: Files, size: number): Buffer[] {
  const notes: Buffer[] = [];
  for (let first = 0; first < size; first += 256) {
    const width = Math.min(256, size - first);
    notes.push(...split(tileOf(files, 'tile/entries', first / 256, width)).slice(0, width));
  }
  need(notes.length === size, 'leaves are missing');
  return notes;
}

function split(bundle: Buffer): Buffer[] {
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length; ) {
    need(at + 2 <= bundle.length, 'a length is cut');
    const length = bundle.readUInt16BE(at);
    need(at + 2 + length <= bundle.length, 'an entry is cut');
    entries.push(bundle.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

function bodiesOf(content: Buffer | undefined, width: number): string[] {
  if (content === undefined) return [];
  const lines = content.toString('utf8').split('\n');
  need(lines.pop() === '' && lines.length >= width && lines.length <= 256, 'a file of bodies is not whole');
  return lines;
}

/** The entries of the widest bundle of an index. */
function widest(files: Files, index: number): Buffer[] {
  const name = `tile/entries/${numbered(index)}`;
  for (let width = 256; width > 0; width--) {
    const bundle = files.get(width === 256 ? name : `${name}.p/${width}`);
    if (bundle) return split(bundle);
  }
  return [];
}

/** Leaves beyond the checkpoint, as far as they follow each other. */
function following(files: Files, size: number): Buffer[] {
  const found: Buffer[] = [];
  for (let at = size; ; ) {
    const more = widest(files, Math.floor(at / 256)).slice(at % 256);
    found.push(...more);
    at += more.length;
    if (more.length === 0 || at % 256 !== 0) return found;
  }
}

function checkFile(files: Files, path: string, content: Buffer, size: number, all: readonly Buffer[]): void {
  need(NAME.test(path), `${path} does not belong there`);
  const match = /^(?:tile\/(\d+|entries)|bodies)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path);
  if (!match) return;
  const [, level, digits = '', partial] = match;
  const index = Number(digits.replace(/\D/g, ''));
  need(numbered(index) === digits, `${path} is not numbered as it should be`);
  const width = Number(partial ?? 256);
  need(width < 256 || partial === undefined, `${path} is no partial tile`);
  const mine = widest(files, index);
  if (level === undefined) {
    const sealed = Math.max(0, Math.min(256, size - 256 * index));
    const lines = bodiesOf(content, sealed);
    need(lines.length > 0 && lines.length <= Math.max(sealed, mine.length), `${path} has more lines than leaves`);
    const notes = sealed >= lines.length ? all.slice(256 * index, 256 * index + sealed) : mine;
    lines.forEach((line, i) => {
      need(line === '' || notes[i]!.includes(hexOf(line)), `line ${i + 1} of ${path} is not the body of its leaf`);
    });
  } else if (level === 'entries') {
    const entries = split(content);
    need(entries.length === width, `${path} does not hold ${width} entries`);
    entries.forEach((entry, i) => {
      const leaf = 256 * index + i;
      need(entry.equals(leaf < size ? all[leaf]! : mine[i]!), `entry ${i} of ${path} is another one`);
      if (leaf >= size) parseNote(entry);
    });
  } else {
    need(content.length === 32 * width, `${path} does not hold ${width} hashes`);
    for (let i = 0; i < width; i++) {
      const right = hashAt(files, Number(level), 256 * index + i, size, all);
      need(right?.equals(content.subarray(32 * i, 32 * i + 32)) === true, `hash ${i} of ${path} is another one`);
    }
  }
}

/** What a hash of a tile must be; null when what it stands for is not there. */
function hashAt(files: Files, level: number, node: number, size: number, all: readonly Buffer[]): Buffer | null {
  if (level === 0) {
    const note = node < size ? all[node] : widest(files, Math.floor(node / 256))[node % 256];
    return note ? leafHashOf(note) : null;
  }
  const below = files.get(`tile/${level - 1}/${numbered(node)}`);
  if (below?.length !== 256 * 32) return null;
  return rootOf(Array.from({ length: 256 }, (_, i) => below.subarray(32 * i, 32 * i + 32)));
}

/** The tiles that the checkpoint needs are there. */
function checkTiles(files: Files, leaves: readonly Buffer[]): void {
  for (let level = 0, row = [...leaves]; row.length > 0; level++) {
    const above: Buffer[] = [];
    for (let first = 0; first < row.length; first += 256) {
      const expected = row.slice(first, first + 256);
      const found = tileOf(files, `tile/${level}`, first / 256, expected.length);
      need(found.subarray(0, 32 * expected.length).equals(Buffer.concat(expected)), `level ${level} is another one`);
      if (expected.length === 256) above.push(rootOf(expected));
    }
    row = above;
  }
}

/** The daily texts, one after the other, are the leaves; beyond the checkpoint the last may end anywhere. */
function checkDays(files: Files, all: readonly Buffer[], size: number): void {
  const days = [...files.keys()].filter((path) => path.startsWith('notes/')).sort();
  const texts = all.map((note, i) => Buffer.concat([Buffer.from(`leaf ${i}\n`), note, Buffer.from('\n')]));
  const text = Buffer.concat(texts);
  const sealed = texts.slice(0, size).reduce((sum, { length }) => sum + length, 0);
  const starts = new Set<number>([0]);
  let start = 0;
  for (const { length } of texts) {
    start += length;
    starts.add(start);
  }
  let at = 0;
  for (const day of days) {
    const content = files.get(day)!;
    need(starts.has(at) && (content.length > 0 || at >= sealed), `${day} does not begin with a leaf`);
    need(text.subarray(at, at + content.length).equals(content), `${day} differs from the leaves`);
    at += content.length;
    need(at >= sealed || starts.has(at), `${day} ends within a leaf`);
  }
  need(at >= sealed, 'the daily texts end too early');
}
