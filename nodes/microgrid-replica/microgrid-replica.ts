// A member's copy of the ledger: follows the operator over whatever carries messages, checks everything itself, and offers the
// evidence when the operator cheats. Full, or light: heads and proofs only.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { checkEvidenceText } from '../../src/audit/evidence/check.ts';
import type { Evidence } from '../../src/audit/evidence/format.ts';
import { packEvidence } from '../../src/audit/evidence/packed.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import type { LogStore } from '../../src/log/store.ts';
import { evidenceOf } from '../../src/replica/evidence.ts';
import { Replica } from '../../src/replica/follow.ts';
import { Light } from '../../src/replica/light.ts';
import type { EvidenceMessage, Message } from '../../src/replica/messages.ts';
import type { Cheated, Effects, Verdict } from '../../src/replica/verdict.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import {
  lightSchema,
  madeHere,
  operatorKeyField,
  operatorKeyOf,
  readMessage,
  seenSchema,
  TICK_MS,
  Turns,
} from '../shared/between-members.ts';
import { choice, nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Outputs, Refusal } from '../shared/define-node.ts';
import { stateFile } from '../shared/state-file.ts';
import { degraded, failed, idle, working } from '../shared/status.ts';

/** Evidence longer than this goes to a file only, not to the other members. */
const LONGEST_TOLD = 4 * 1024 * 1024;

/** A copy of the ledger of one epoch. */
interface Copy {
  readonly origin: string;
  receive(message: Message, now: number): Promise<Effects>;
  tick(now: number): Promise<Effects>;
  readonly logKey: string | null;
  evidence(cheated: Cheated): Promise<Evidence | null>;
  close(): void;
}

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-replica',
    config: v.object({
      member: nodeId(),
      operatorKey: operatorKeyField(),
      mode: choice('the mode', ['full', 'light']),
    }),
    refusedOutput: 1,
    create({ node, config, directory, status, send, run, fail }) {
      const member = apiOf<Member>(RED, config.member, 'member');
      const { community } = member;
      const turns = new Turns();
      const stop = new AbortController();
      let copy: Copy | null = null;
      /** Cheats that this node has told. */
      const heard = new Set<string>();
      /** Whether the operator's key was known beforehand; else the first one that is shown is believed, which is said. */
      let known = true;
      const sure = (text: string) => working(known ? text : `${text}, key unchecked`);
      status(idle('waits for the operator'));
      const open = (): Copy => {
        const origin = community.ledgerOrigin;
        if (copy?.origin === origin) return copy;
        copy?.close();
        const place = [origin, member.id];
        const operatorKey = operatorKeyOf(config.operatorKey, member);
        known = operatorKey !== null;
        const options = { origin, member: member.id, operatorKey };
        const warn = (sentence: string) => node.warn(sentence);
        copy =
          config.mode === 'light'
            ? lightCopy({ ...options, saved: stateFile(directory, 'replicas', [...place, 'light'], lightSchema, warn) })
            : fullCopy(
                join(directory, 'microgrid', 'replicas', origin, member.id),
                (store) =>
                  new Replica({
                    ...options,
                    store,
                    signer: member.keys.record,
                    saved: stateFile(directory, 'replicas', [...place, 'seen'], seenSchema, warn),
                    made: madeHere(origin, member.id),
                  }),
                stop.signal,
              );
        return copy;
      };

      const tell = async (effects: Effects, from: Copy, out: (outputs: Outputs) => void) => {
        const { origin } = from;
        const results = effects.verdicts.map((verdict) => resultOf(verdict, origin, member.id));
        out([
          effects.send.map((payload) => ({ topic: member.id, payload })),
          null,
          results.map((payload) => ({ topic: member.id, payload })),
        ]);
        for (const verdict of effects.verdicts) {
          show(verdict);
          if (verdict.state === 'cheated') await accuse(verdict, from, out);
          if (verdict.state === 'warning') node.warn(verdict.text);
        }
      };
      const show = (verdict: Verdict) => {
        if (verdict.state === 'held') status(sure(`block ${verdict.block}`));
        else if (verdict.state === 'behind') status(degraded(verdict.code));
        else if (verdict.state === 'following') status(sure(wordOf(verdict)));
      };
      /** The evidence lies on the disk before anybody is told, and goes to all. */
      const accuse = async (cheated: Cheated, from: Copy, out: (outputs: Outputs) => void) => {
        const { code, text } = cheated;
        heard.add(code);
        const file = await from.evidence(cheated);
        if (file) {
          const folder = join(directory, 'microgrid', 'evidence');
          mkdirSync(folder, { recursive: true });
          const name = `${from.origin.replaceAll('/', '_')}_${member.id}_${code}.json.gz`;
          const bytes = packEvidence(file, true);
          writeFileSync(join(folder, name), bytes, { flush: true });
          const payload = { type: 'evidence', origin: from.origin, code, text, file };
          const told = bytes.length <= LONGEST_TOLD ? [{ topic: member.id, payload }] : [];
          out([told, null, { topic: member.id, payload, filename: name }]);
          node.log(`the evidence lies in ${join(folder, name)}`);
        }
        fail(
          new Error(`${text}${file ? '; the evidence is in microgrid/evidence, check it with microgrid verify' : ''}`),
        );
        status(failed(`cheated: ${code}`));
      };

      const step = (work: (here: Copy, now: number) => Promise<Effects>, out: (outputs: Outputs) => void) =>
        turns.take(async () => {
          if (stop.signal.aborted) return;
          const here = open();
          await tell(await work(here, community.clock.now()), here, out);
        });
      const timer = setInterval(() => run(() => step((here, now) => here.tick(now), send)), TICK_MS);
      run(() => step((here, now) => here.tick(now), send));

      /** What another member can prove. It is believed when it holds against the key that this copy knows. */
      const hear = (message: EvidenceMessage, out: (outputs: Outputs) => void) =>
        turns.take(async () => {
          const { origin, logKey } = open();
          if (message.origin !== origin || logKey === null || heard.has(message.code)) return;
          const verdict = await checkEvidenceText(JSON.stringify(message.file), { keys: [logKey] });
          if (!verdict?.ok || !verdict.trusted) {
            throw new Refusal(
              'no-evidence',
              `what was sent as evidence proves nothing against the operator of ${origin}`,
            );
          }
          heard.add(message.code);
          out([null, null, { topic: member.id, payload: message }]);
          fail(new Error(`another member proves: ${message.text}`));
          status(failed(`cheated: ${message.code}`));
        });

      return {
        input({ payload }, out) {
          const message = readMessage(payload);
          if (message.type === 'evidence') return hear(message, out);
          return step((here, now) => here.receive(message, now), out);
        },
        async close() {
          clearInterval(timer);
          stop.abort();
          await turns.end();
          copy?.close();
        },
      };
    },
  });
}

function fullCopy(folder: string, begin: (store: LogStore) => Replica, signal: AbortSignal): Copy {
  mkdirSync(folder, { recursive: true });
  const store = openSqliteStore(join(folder, 'ledger.sqlite'));
  const replica = begin(store);
  const audited = async (effects: Effects, now: number): Promise<Effects> => {
    const more = await replica.audit(now, signal);
    return { send: [...effects.send, ...more.send], verdicts: [...effects.verdicts, ...more.verdicts] };
  };
  return {
    origin: replica.origin,
    get logKey() {
      return replica.logKey;
    },
    receive: (message, now) => audited(replica.receive(message, now), now),
    tick: (now) => audited(replica.tick(now), now),
    evidence: async (cheated) => (replica.logKey ? evidenceOf(cheated, replica.logKey, store) : null),
    close: () => store.close(),
  };
}

function lightCopy(options: ConstructorParameters<typeof Light>[0]): Copy {
  const light = new Light(options);
  return {
    origin: options.origin,
    get logKey() {
      return light.logKey;
    },
    receive: async (message) => light.receive(message),
    tick: async () => light.tick(),
    evidence: async (cheated) => (light.logKey ? evidenceOf(cheated, light.logKey, null) : null),
    close: () => {},
  };
}

/** What the third output says; the proof of a cheat follows as a message of its own. */
function resultOf(verdict: Verdict, origin: string, member: string) {
  if (verdict.state !== 'cheated') return { type: 'replica', origin, member, ...verdict };
  const { proof: _proof, ...rest } = verdict;
  return { type: 'replica', origin, member, ...rest };
}

function wordOf({ block, size, witness }: Extract<Verdict, { state: 'following' }>): string {
  const count = witness ? `, ${witness.cosigned}/${witness.witnesses}` : '';
  return `${block === null ? `${size} leaves` : `block ${block}`}${count}`;
}
