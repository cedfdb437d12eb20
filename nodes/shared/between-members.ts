// What share, replica and outbox have in common: the messages that members' machines exchange about a ledger, one step after the
// other, the time of their questions, and which records the outboxes of this runtime have made.

import * as v from 'valibot';
import { parseVkey } from '../../src/log/note.ts';
import type { Message } from '../../src/replica/messages.ts';
import type { Cheated } from '../../src/replica/verdict.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { parsed } from './config-fields.ts';
import { type PayloadType, readPayload } from './messages.ts';

/** Real time between two looks at what is missing, ms. */
export const TICK_MS = 2000;

const TYPES = [
  'checkpoint',
  'checkpoint-wanted',
  'cosignature',
  'leaves-wanted',
  'leaves',
  'record',
  'receipt',
  'refused',
  'proof-wanted',
  'proof',
  'roster-wanted',
  'roster',
  'evidence',
] as const satisfies readonly PayloadType[];

/** Whether a payload is one of these messages. */
export function isMessage(payload: unknown): boolean {
  const type = typeof payload === 'object' && payload !== null && 'type' in payload ? payload.type : undefined;
  return TYPES.some((known) => known === type);
}

/** @throws Error with a sentence that names the field at fault */
export const readMessage = (payload: unknown): Message => readPayload(payload, ...TYPES);

/** A key that may be left out: then the first one that is shown is believed. */
export const operatorKeyField = () =>
  parsed((text) => {
    const key = text.trim();
    if (key === '') return null;
    try {
      parseVkey(key);
    } catch (problem) {
      const why = problem instanceof Error ? problem.message : String(problem);
      throw new TypeError(`the operator's key cannot be used: ${why}`);
    }
    return key;
  });

/** The key that is given; where the operator lives in this Node-RED, too, its own. */
export function operatorKeyOf(given: string | null, { community }: Member): string | null {
  if (given !== null) return given;
  const operator = [...community.members.values()].find(({ kind }) => kind === 'operator');
  return operator?.keys.log(community.ledgerOrigin).vkey ?? null;
}

/** Steps that wait for each other, though messages do not. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<Result>(step: () => Result | Promise<Result>): Promise<Result> {
    const turn = this.#last.then(step);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Resolves when all steps so far are done. */
  async end(): Promise<void> {
    await this.#last;
  }
}

type Made = (id: string, time: string) => boolean;
const outboxes = new Map<string, Made>();

/** Tells the replicas of this runtime which records of a member it made. @returns undoes it */
export function announceOutbox(origin: string, member: string, made: Made): () => void {
  const key = `${origin} ${member}`;
  outboxes.set(key, made);
  return () => {
    if (outboxes.get(key) === made) outboxes.delete(key);
  };
}

/** Whether this runtime has made a record; true where it does not know. */
export const madeHere =
  (origin: string, member: string): Made =>
  (id, time) =>
    outboxes.get(`${origin} ${member}`)?.(id, time) ?? true;

const checkpoint = v.object({ size: v.number(), root: v.string(), note: v.string() });

/** An accusation, as the replica wrote it. */
const cheated = v.optional(
  v.nullable(
    v.custom<Cheated>((value) => v.is(v.looseObject({ state: v.literal('cheated'), code: v.string() }), value)),
  ),
);

/** What a replica keeps in a state file. */
export const seenSchema = v.object({
  checkpoints: v.array(checkpoint),
  receipts: v.array(v.object({ note: v.string(), index: v.number(), leaf: v.string(), path: v.array(v.string()) })),
  cheated,
});

/** What a light member keeps in a state file. */
export const lightSchema = v.object({
  key: v.nullable(v.string()),
  heads: v.array(checkpoint),
  own: v.array(
    v.object({
      id: v.string(),
      index: v.number(),
      leaf: v.string(),
      path: v.array(v.string()),
      checkpoint: v.string(),
    }),
  ),
  cheated,
});
