// What the dialog of a member asks the runtime about its key. The public key is for whoever may read; the secret one leaves as words,
// and comes back from words, only for whoever may change members.
import { randomBytes } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { KeyInUse, readMemberSeed, restoreMemberSeed } from '../../src/ledger/key-store.ts';
import { memberKeys } from '../../src/ledger/keys.ts';
import { seedOfWords, wordsOfSeed } from '../../src/ledger/seed-words.ts';

/** Where the key of a running member lies, and its public part. */
export interface KeyPlace {
  readonly directory: string;
  readonly community: string;
  readonly member: string;
  readonly vkey: string;
}

const WRITE = 'microgrid-member.write';
const restoring = v.strictObject({ words: v.pipe(v.string(), v.maxLength(1000)), replace: v.boolean() });

type Response = Parameters<Parameters<NodeAPI['httpAdmin']['get']>[1]>[1];

/** @param places of running members by the id of their node */
export function serveKeys({ httpAdmin, auth }: NodeAPI, places: ReadonlyMap<string, KeyPlace>): void {
  const late = (response: Response) => response.status(404).json({ error: 'the key is made at the first deploy' });

  httpAdmin.get('/microgrid/member/:id/key', auth.needsPermission('microgrid.read'), (request, response) => {
    const place = places.get(String(request.params['id']));
    if (place) response.json({ vkey: place.vkey });
    else late(response);
  });

  // POST: a page that is only visited, or a browser that looks ahead, never makes the words appear.
  httpAdmin.post('/microgrid/member/:id/key/words', auth.needsPermission(WRITE), (request, response) => {
    const place = places.get(String(request.params['id']));
    if (!place) late(response);
    else answer(response, () => ({ words: wordsOfSeed(readMemberSeed(place.directory, place.member)) }));
  });

  httpAdmin.post('/microgrid/member/:id/key/restore', auth.needsPermission(WRITE), (request, response) => {
    const place = places.get(String(request.params['id']));
    if (!place) late(response);
    else answer(response, () => restore(place, request.body));
  });
}

function restore({ directory, community, member }: KeyPlace, body: unknown) {
  const asked = v.safeParse(restoring, body);
  if (!asked.success)
    throw new RangeError('the words of a key are asked for, and whether they replace the key that is there');
  const seed = seedOfWords(asked.output.words);
  const changed = restoreMemberSeed(directory, member, seed, { replace: asked.output.replace, random: randomBytes });
  // What the runtime signs with changes when the node starts again.
  return { vkey: memberKeys(community, member, seed).record.vkey, restart: changed };
}

/** Answers that hold a secret, or speak of one, are kept by nobody on the way. */
function answer(response: Response, make: () => object): void {
  response.set('Cache-Control', 'no-store');
  try {
    response.json(make());
  } catch (problem) {
    const status = problem instanceof KeyInUse ? 409 : problem instanceof RangeError ? 400 : 500;
    response.status(status).json({ error: problem instanceof Error ? problem.message : String(problem) });
  }
}
