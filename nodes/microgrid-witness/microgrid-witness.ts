// A member's machine as a witness: cosigns each checkpoint of the operator that continues all it cosigned before, and shows both sides
// when the operator signs two histories. What it cosigned last is on the disk before the cosignature leaves.
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { parseOrigin } from '../../src/ledger/names.ts';
import { fromBase64 } from '../../src/log/bytes.ts';
import { type NoteVerifier, parseNote, parseVkey, verifierOf } from '../../src/log/note.ts';
import type { Kept, Offer } from '../../src/log/witness.ts';
import { type DurableWitness, openWitness } from '../../src/log/witness-store.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { nodeId, parsed } from '../shared/config-fields.ts';
import { apiOf, defineNode, Refusal } from '../shared/define-node.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { degraded, failed, idle, working } from '../shared/status.ts';

/** More lines than this bears no note that is kept here: the log's own and one cosignature. */
const KEPT_LINES = 16;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-witness',
    config: v.object({ member: nodeId(), keys: parsed(readKeys) }),
    refusedOutput: 1,
    create({ node, config, directory, status }) {
      const member = apiOf<Member>(RED, config.member, 'member');
      const { community, keys } = member;
      const witnesses = new Map<string, DurableWitness>();
      /** What was asked for last, so that two who do not understand each other do not talk for ever. */
      let asked = '';

      const keysOf = (origin: string): readonly NoteVerifier[] => {
        const given = config.keys.filter(({ name }) => name === origin);
        if (given.length > 0 || origin !== community.ledgerOrigin) return given;
        // Where the operator lives in this Node-RED, too, its key is known.
        const operator = [...community.members.values()].find(({ kind }) => kind === 'operator');
        return operator ? [verifierOf(operator.keys.log(origin).vkey)] : [];
      };

      const witnessOf = (origin: string): DurableWitness => {
        const opened = witnesses.get(origin);
        if (opened) return opened;
        const logKeys = keysOf(origin);
        if (logKeys.length === 0) {
          const text = `the operator's key of ${origin} is not known here; enter it in this node (microgrid verify shows it)`;
          throw new Refusal('unknown-ledger', text);
        }
        // A key of its own, a memory of its own.
        const { keyId } = parseVkey(keys.witness);
        const file = `${origin.replaceAll('/', '_')}_${keyId}.checkpoint`;
        const path = join(directory, 'microgrid', 'witness', member.id, file);
        const witness = openWitness(path, { origin, logKeys, cosigner: keys.cosigner });
        witnesses.set(origin, witness);
        return witness;
      };
      const closeAll = () => {
        for (const witness of witnesses.values()) witness.close();
        witnesses.clear();
      };

      // A memory that cannot be believed is told at once, not with the first checkpoint.
      try {
        const origins = new Set([community.ledgerOrigin, ...config.keys.map(({ name }) => name)]);
        for (const origin of origins) if (keysOf(origin).length > 0) witnessOf(origin);
      } catch (problem) {
        closeAll();
        throw problem;
      }
      const sizes = [...witnesses.values()].map(({ kept }) => kept?.size ?? 0);
      const newest = Math.max(0, ...sizes);
      status(newest === 0 ? idle('waits for a checkpoint') : working(`${newest} leaves cosigned`));
      const forget = () => {
        closeAll();
        status(idle('waits for a checkpoint'));
      };
      community.on('reset', forget);

      return {
        input(message, send) {
          const checkpoint = readPayload(message.payload, 'checkpoint');
          const { origin, size } = checkpoint;
          const witness = witnessOf(origin);
          const { kept } = witness;
          const answer = witness.offer(offerOf(checkpoint, kept), Math.floor(community.clock.now() / 1000));
          const toOperator = (payload: object) => send([{ ...message, topic: member.id, payload }]);
          const ask = (from: number): boolean => {
            const wanted = `${origin} ${from} ${size}`;
            if (asked === wanted) return false;
            asked = wanted;
            toOperator({ type: 'checkpoint-wanted', origin, from, member: member.id });
            return true;
          };
          switch (answer.kind) {
            case 'cosign': {
              if (kept === null) node.warn(`${member.id} begins to witness ${origin}, at ${size} leaves`);
              status(working(`${size} leaves cosigned`));
              toOperator({ type: 'cosignature', origin, size, member: member.id, line: answer.line });
              return;
            }
            case 'behind': {
              // An old checkpoint, come late, is nobody's fault.
              if (size < answer.size) return;
              const waits = `asks on from ${answer.size} leaves`;
              if (!ask(answer.size)) {
                // Members tell each other what they saw, each with the proof from where they were: nobody's fault either.
                const text = `no proof leads from ${answer.size} to ${size} leaves of ${origin}`;
                throw new Refusal('no-proof', text, message.payload, waits);
              }
              status(degraded(waits));
              return;
            }
            case 'refused':
              throw new Refusal('checkpoint-refused', answer.text);
            case 'conflict': {
              if (!answer.proven) {
                ask(kept?.size ?? 0);
                throw new Refusal('no-continuation', answer.text);
              }
              status(failed('two histories signed'));
              const file = evidenceOf(origin, keysOf(origin), answer);
              const payload = { type: 'evidence', origin, code: 'equivocation', text: answer.text, file };
              send([null, { ...message, topic: member.id, payload }]);
              throw new Error(answer.text);
            }
          }
        },
        close() {
          closeAll();
          community.off('reset', forget);
        },
      };
    },
  });
}

/** Public keys of operators, parted by white space. @throws Error with a sentence */
function readKeys(text: string): readonly NoteVerifier[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      try {
        const key = verifierOf(word);
        parseOrigin(key.name);
        return key;
      } catch (problem) {
        const why = problem instanceof Error ? problem.message : String(problem);
        throw new TypeError(`"${word.slice(0, 60)}" is not the key of a ledger's operator: ${why}`, { cause: problem });
      }
    });
}

/** What is offered; without a proof where none is needed: the first checkpoint, and the same once more. */
function offerOf({ note, size, from }: Payload<'checkpoint'>, kept: Kept | null): Offer {
  if (kept === null) return { oldSize: 0, proof: [], note };
  if (size === kept.size) return { oldSize: size, proof: [], note };
  return { oldSize: from?.size ?? 0, proof: (from?.proof ?? []).map(fromBase64), note };
}

/** The file that shows both histories to anyone who knows the operator's key. */
function evidenceOf(
  origin: string,
  logKeys: readonly NoteVerifier[],
  { mine, theirs }: { readonly mine: string; readonly theirs: string },
): object {
  const signed = (note: string, { name, keyId }: NoteVerifier, lines?: number) =>
    parseNote(note, lines).signatures.some((line) => line.name === name && line.keyId === keyId);
  const both = logKeys.find((key) => signed(mine, key, KEPT_LINES) && signed(theirs, key, 1024));
  return {
    version: 'microgrid-evidence/1',
    kind: 'equivocation',
    ledger: origin,
    operator: (both ?? logKeys[0])?.vkey ?? '',
    a: { checkpoint: mine },
    b: { checkpoint: theirs },
  };
}
