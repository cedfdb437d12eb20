// Exports of ledgers that somebody tampered with: an operator who has everybody's keys and signs again what it changes, or
// whoever has the files. Written without the ledger's own code, as far as the format says how.
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256Hex, toHex } from '../../src/log/bytes.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../../src/log/canonical-json.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { type NoteSigner, signNote } from '../../src/log/note.ts';
import { CompactTree, leafHash } from '../../src/log/tree.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { keysOf, ORIGIN } from '../ledger/street.ts';
import { type Dice, pick, secondKeysOf } from './random-ledgers.ts';

export interface Leaf {
  readonly note: string;
  readonly body: string | null;
}

const MEMBERS = ['operator', 'home-1', 'home-2', 'home-3', 'home-4', 'home-5', 'home-6'];
const LOG_KEY = keysOf('operator').log(ORIGIN);
const KEYRING = new Map<string, NoteSigner>(
  [LOG_KEY, ...MEMBERS.flatMap((member) => [keysOf(member).record, secondKeysOf(member).record])].map((signer) => [
    signer.vkey.split('+').slice(0, 2).join(' '),
    signer,
  ]),
);

const isHeader = ({ note }: Leaf): boolean => note.startsWith('microgrid-header/1\n');
const textOf = (note: string): string => note.slice(0, note.lastIndexOf('\n\n') + 1);
const headOf = (note: string): JsonObject => JSON.parse(note.split('\n')[1]!) as JsonObject;
const linesOf = (note: string): string[] =>
  note
    .slice(textOf(note).length + 1)
    .trimEnd()
    .split('\n');

/** Who signed a note, as far as it is one of ours. */
function signersOf(note: string): NoteSigner[] {
  return linesOf(note).flatMap((line) => {
    const [, name, signature] = line.split(' ');
    const found = KEYRING.get(`${name} ${Buffer.from(signature!, 'base64').subarray(0, 4).toString('hex')}`);
    return found ? [found] : [];
  });
}

/** A record with another head or body, signed by whoever signed it. */
function recordOf({ note }: Leaf, head: JsonObject, body: string): Leaf {
  const text = `microgrid-record/1\n${canonicalJson({ ...head, bodyHash: sha256Hex(body) })}\n`;
  return { note: signNote(text, ...signersOf(note)), body };
}

/** All headers made again from what now stands before them. */
export function sealedAgain(leaves: readonly Leaf[]): Leaf[] {
  const tree = new CompactTree();
  const roster = new Map<string, JsonObject>();
  const state = {
    cleared: null as JsonValue,
    kinds: {} as Record<string, number>,
    members: {} as Record<string, number>,
  };
  let [height, first, records] = [0, 0, 0];
  let previous: string | null = null;
  let [rules, interval]: [JsonValue, JsonValue] = [null, null];
  return leaves.map((leaf, index) => {
    if (isHeader(leaf)) {
      const members = [...roster].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
      const body = canonicalJson({ ...state, records, version: 'state/1' });
      const text = `microgrid-header/1\n${canonicalJson({
        ...headOf(leaf.note),
        count: index - first,
        first,
        height,
        interval,
        previous,
        root: toHex(tree.root()),
        roster: sha256Hex(canonicalJson({ members, version: 'roster-state/1' })),
        rules,
        state: sha256Hex(body),
      })}\n`;
      leaf = { note: signNote(text, ...signersOf(leaf.note)), body };
      [height, first, previous, interval] = [height + 1, index + 1, sha256Hex(text), null];
    } else {
      const { kind, member, bodyHash, interval: about } = headOf(leaf.note) as Record<string, string>;
      const body = leaf.body === null ? {} : (JSON.parse(leaf.body) as JsonObject);
      records++;
      state.kinds[kind!] = (state.kinds[kind!] ?? 0) + 1;
      state.members[member!] = (state.members[member!] ?? 0) + 1;
      if (kind === 'clearing') state.cleared = interval = about!;
      if (kind === 'rules') rules = bodyHash!;
      if (kind === 'roster') {
        const { action, version: _version, nonce: _nonce, ...entry } = body;
        roster.set(member!, { ...entry, active: action !== 'leave' });
      }
    }
    tree.append(leafHash(leaf.note));
    return leaf;
  });
}

/** Another value of the same kind, most of the time. */
function altered(value: JsonValue, roll: Dice): JsonValue {
  if (typeof value === 'number') return pick(roll, [value + 1, value - 1, -value || 0, 0, 2 * value, 1_000_000_001]);
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string')
    return pick(roll, ['home-1', 'home-2', 'supplier', `${value}0`, value.slice(1), value.replace('1', '2')]);
  if (value === null) return pick(roll, [0, 'a', [], 80_000]);
  if (isList(value)) {
    if (value.length === 0) return pick(roll, [[0], [['home-1', 'home-2', 1]], null]);
    const [at, other] = [roll(value.length), roll(value.length)];
    switch (roll(5)) {
      case 0:
        return value.toSpliced(at, 1);
      case 1:
        return value.toSpliced(at, 0, value[other]!);
      case 2:
        return value.with(at, value[other]!).with(other, value[at]!);
      default:
        return value.with(at, altered(value[at]!, roll));
    }
  }
  const name = pick(
    roll,
    Object.keys(value).filter((each) => each !== 'nonce' || roll(9) === 0),
  );
  if (roll(25) === 0) return { ...value, added: 1 };
  const { [name]: _left, ...others } = value;
  return roll(25) === 0 ? others : { ...value, [name]: altered(value[name]!, roll) };
}
const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

function withOtherHead(leaf: Leaf, roll: Dice): Leaf {
  const head = headOf(leaf.note);
  const { interval } = head;
  const changes: JsonObject[] = [
    { member: pick(roll, MEMBERS) },
    { interval: typeof interval === 'string' ? intervalAfter(interval, roll(3) - 1) : '2026-11-22T08:15Z' },
    { interval: pick(roll, [null, '2026-11-22T08:10Z', '2026-11-31T08:15Z', '2026-11-22T24:00Z']) },
    { kind: pick(roll, ['order', 'meter', 'note', 'clearing', 'term', 'nothing']) },
    { ledger: pick(roll, ['other.example/ledger/1', ORIGIN.replace(/1$/, '2')]) },
    { time: pick(roll, ['2026-02-30T00:00:00.000Z', '2020-01-01T00:00:00.000Z', '2026-11-22T08:15:00Z']) },
  ];
  return recordOf(leaf, { ...head, ...pick(roll, changes) }, leaf.body ?? '');
}

function withOtherSignatures({ note, body }: Leaf, roll: Dice): Leaf {
  const [text, lines] = [textOf(note), linesOf(note)];
  const other = keysOf(pick(roll, MEMBERS)).record;
  const bits = Buffer.from(lines[0]!.split(' ')[2]!, 'base64');
  bits[4 + roll(64)]! ^= 1 << roll(8);
  const flipped = `${lines[0]!.split(' ').slice(0, 2).join(' ')} ${bits.toString('base64')}`;
  const again = linesOf(signNote(text, other))[0]!;
  const choices = [
    [...lines, lines[0]!],
    lines.slice(1),
    [again],
    [...lines, again],
    [flipped, ...lines.slice(1)],
    lines.toReversed(),
  ];
  return {
    note: `${text}\n${pick(roll, choices)
      .map((line) => `${line}\n`)
      .join('')}`,
    body,
  };
}

/** A note that is not quite one. */
function withOtherText({ note, body }: Leaf, roll: Dice): Leaf {
  const change: ((text: string) => string)[] = [
    (text) => text.replace('\n', '\r\n'),
    (text) => text.replace('{', '{ '),
    (text) => `\ufeff${text}`,
    (text) => `${text}more\n`,
    (text) => text.replace('/1', '/2'),
    (text) => text.replace('"interval"', '"Interval"'),
  ];
  const text = pick(roll, change)(textOf(note));
  return { note: text.includes('\r') ? note.replace('\n', '\r\n') : signNote(text, ...signersOf(note)), body };
}

function withLie(leaf: Leaf, roll: Dice): Leaf {
  const head = headOf(leaf.note);
  const name = pick(roll, Object.keys(head));
  const text = `microgrid-header/1\n${canonicalJson({ ...head, [name]: altered(head[name]!, roll) })}\n`;
  return { note: signNote(text, ...signersOf(leaf.note)), body: leaf.body };
}

/** The leaves with one thing changed, and what was. */
export function cheated(leaves: readonly Leaf[], roll: Dice): { readonly leaves: Leaf[]; readonly what: string } {
  const records = [...leaves.keys()].filter((index) => !isHeader(leaves[index]!));
  const headers = [...leaves.keys()].filter((index) => isHeader(leaves[index]!));
  // What follows from most, and what all follows from, more often than the rest.
  const first = records.filter((index) => index < headers[0]!);
  const derived = records.filter((index) => /"kind":"(clearing|settlement)"/.test(leaves[index]!.note));
  const at = pick(roll, pick(roll, [records, records, records, first, derived.length > 0 ? derived : records]));
  const leaf = leaves[at]!;
  const change = (what: string, changed: Leaf[]) => {
    const again = roll(8) > 0;
    return {
      leaves: again ? sealedAgain(changed) : changed,
      what: `${what} ${at}${again ? '' : ', not sealed again'}`,
    };
  };
  switch (roll(12)) {
    case 0:
      return change('a leaf left out', leaves.toSpliced(at, 1));
    case 1:
      return change('a leaf twice', leaves.toSpliced(pick(roll, records), 0, leaf));
    case 2:
      return change('a leaf moved', leaves.toSpliced(at, 1).toSpliced(pick(roll, records), 0, leaf));
    case 3:
      return change('another head', leaves.with(at, withOtherHead(leaf, roll)));
    case 4:
      return change('other signatures', leaves.with(at, withOtherSignatures(leaf, roll)));
    case 5: {
      const place = pick(roll, headers);
      return { leaves: leaves.with(place, withLie(leaves[place]!, roll)), what: `a header that lies ${place}` };
    }
    case 6: {
      const gone = new Set(Array.from({ length: 1 + roll(6) }, () => pick(roll, roll(9) ? records.slice(9) : records)));
      return change(
        'bodies withheld',
        leaves.map((each, i) => (gone.has(i) ? { ...each, body: null } : each)),
      );
    }
    case 7:
      return { leaves: leaves.with(at, withOtherText(leaf, roll)), what: `another text ${at}` };
    default: {
      const body = altered(JSON.parse(leaf.body ?? '{}') as JsonValue, roll);
      return change('another body', leaves.with(at, recordOf(leaf, headOf(leaf.note), canonicalJson(body))));
    }
  }
}

/** An export of these leaves under a checkpoint that is duly signed. */
export function writeExport(directory: string, leaves: readonly Leaf[]): void {
  const hashes = leaves.map(({ note }) => leafHash(note));
  const rootOf = (part: readonly Uint8Array[]) => {
    const tree = new CompactTree();
    for (const hash of part) tree.append(hash);
    return tree.root();
  };
  const put = (path: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };
  const tiles = (level: number, nodes: readonly Uint8Array[]) => {
    for (let n = 0; n * 256 < nodes.length; n++) {
      const part = nodes.slice(n * 256, n * 256 + 256);
      put(`tile/${level}/${pathOf(n, part.length)}`, Buffer.concat(part));
    }
    const full = Math.floor(nodes.length / 256);
    if (full > 0)
      tiles(
        level + 1,
        Array.from({ length: full }, (_, n) => rootOf(nodes.slice(n * 256, n * 256 + 256))),
      );
  };
  tiles(0, hashes);
  for (let n = 0; n * 256 < leaves.length; n++) {
    const part = leaves.slice(n * 256, n * 256 + 256);
    const entries = part.flatMap(({ note }) => [Buffer.from([0, 0]).fill(0), Buffer.from(note)]);
    for (let i = 0; i < entries.length; i += 2) entries[i]!.writeUInt16BE(entries[i + 1]!.length);
    put(`tile/entries/${pathOf(n, part.length)}`, Buffer.concat(entries));
    put(`bodies/${pathOf(n, 256)}`, part.map(({ body }) => `${body ?? ''}\n`).join(''));
  }
  put('notes/2026-11-22.txt', leaves.map(({ note }, index) => `leaf ${index}\n${note}\n`).join(''));
  put('checkpoint', signCheckpoint({ origin: ORIGIN, size: leaves.length, root: rootOf(hashes) }, LOG_KEY));
}
const pathOf = (n: number, width: number): string =>
  `${String(n).padStart(3, '0')}${width === 256 ? '' : `.p/${width}`}`;

/** Changes one file of an export, and says how. */
export function damage(directory: string, roll: Dice): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
  const file = pick(roll, pick(roll, [files, files, files, files.filter((name) => !name.includes('/'))]));
  const path = join(directory, file);
  const content = readFileSync(path);
  switch (roll(10)) {
    case 0:
      truncateSync(path, roll(content.length));
      return `${file} cut`;
    case 1:
      if (file === 'checkpoint') return 'nothing';
      rmSync(path);
      return `${file} removed`;
    case 2:
      appendFileSync(path, pick(roll, ['\n', 'x', '0'.repeat(32)]));
      return `${file} longer`;
    case 3: {
      const name = pick(roll, [
        'x',
        'tile/0/001',
        'tile/1/000.p/1',
        'bodies/007',
        'notes/2026-11-23.txt',
        'tile/entries/000.p/300',
        'tile/entries/002.tmp',
        'notes/x.tmp',
        'checkpoint.tmp',
        'bodies/x001/000',
        'bodies/x000/000',
      ]);
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      if (files.includes(name)) return 'nothing';
      writeFileSync(join(directory, name), pick(roll, ['', '\n', 'abc', content]));
      return `${name} added`;
    }
    case 4:
      mkdirSync(join(directory, pick(roll, ['notes/a', 'tile/7', 'tile/x', 'bodies/x003', 'tile/0/009.p', 'empty'])), {
        recursive: true,
      });
      return 'a folder added';
    case 5: {
      const other = pick(roll, files);
      if (other !== file && file !== 'checkpoint' && other !== 'checkpoint') renameSync(path, join(directory, other));
      return `${file} in the place of ${other}`;
    }
    default: {
      if (content.length === 0) return 'nothing';
      const at = roll(content.length);
      content[at]! ^= 1 << roll(8);
      writeFileSync(path, content);
      return `${file} flipped at ${at}`;
    }
  }
}

export const copyOf = (from: string, to: string): void => {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
};
