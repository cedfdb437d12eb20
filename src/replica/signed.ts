// Two small notes that members and operator sign for each other, beside the log: a request that shows who asks, and a refusal
// that shows what the operator did not take. C2SP signed notes of two lines, like records.
import * as v from 'valibot';
import { hash, memberId, time } from '../ledger/fields.ts';
import { recordKeyName } from '../ledger/names.ts';
import type { Roster } from '../ledger/roster.ts';
import { canonicalJson, parseStrictJson } from '../log/canonical-json.ts';
import { FormatError } from '../log/errors.ts';
import { type NoteSigner, openNote, signNote, verifierOf } from '../log/note.ts';

const REQUEST_LINE = 'microgrid-request/1\n';
const REFUSAL_LINE = 'microgrid-refusal/1\n';
/** A request is an answer's key for so long; clocks of members differ by minutes. */
const REQUEST_MS = 3_600_000;

const requestSchema = v.strictObject({
  from: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ledger: v.string(),
  member: memberId,
  time,
});
const refusalSchema = v.strictObject({ code: v.string(), id: hash, ledger: v.string(), text: v.string(), time });
export type SignedRefusal = Readonly<v.InferOutput<typeof refusalSchema>>;

/** @param now Unix ms */
export function signRequest(signer: NoteSigner, ledger: string, member: string, from: number, now: number): string {
  const content = canonicalJson({ from, ledger, member, time: new Date(now).toISOString() });
  return signNote(`${REQUEST_LINE}${content}\n`, signer);
}

/** The member that has signed a request for leaves from `from` on, lately; null where that is not shown. */
export function askerOf(note: string | undefined, origin: string, from: number, roster: Roster, now: number) {
  if (note === undefined) return null;
  try {
    const claim = read(requestSchema, REQUEST_LINE, note.slice(0, Math.max(0, note.lastIndexOf('\n\n') + 1)));
    const entry = roster.get(claim.member);
    if (!entry?.active || claim.ledger !== origin || claim.from !== from) return null;
    if (Math.abs(Date.parse(claim.time) - now) > REQUEST_MS) return null;
    const key = verifierOf(entry.key);
    if (key.name !== recordKeyName(origin.replace(/\/ledger\/\d+$/, ''), claim.member)) return null;
    openNote(note, [key]);
    return claim.member;
  } catch (problem) {
    if (problem instanceof FormatError) return null;
    throw problem;
  }
}

/** @param refusal time is Unix ms */
export function signRefusal(logKey: NoteSigner, refusal: Omit<SignedRefusal, 'time'>, now: number): string {
  const content = canonicalJson({ ...refusal, time: new Date(now).toISOString() });
  return signNote(`${REFUSAL_LINE}${content}\n`, logKey);
}

/** What the operator refused; null where its key has not signed that. */
export function openRefusal(note: string, logKey: string, origin: string): SignedRefusal | null {
  try {
    const refusal = read(refusalSchema, REFUSAL_LINE, openNote(note, [verifierOf(logKey)]).text);
    return refusal.ledger === origin ? refusal : null;
  } catch (problem) {
    if (problem instanceof FormatError) return null;
    throw problem;
  }
}

function read<Out>(schema: v.GenericSchema<unknown, Out>, line: string, text: string): Out {
  if (!text.startsWith(line)) throw new FormatError('malformed', `the note does not begin with ${line.trim()}`);
  const result = v.safeParse(schema, parseStrictJson(text.slice(line.length, -1)));
  if (!result.success) throw new FormatError('malformed', result.issues[0].message);
  return result.output;
}
