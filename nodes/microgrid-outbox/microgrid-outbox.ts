// A member's outbox: signs what comes unsigned, keeps it on the disk, and sends it to the operator until a proof shows that it is in
// the ledger, witnessed. What carries the messages is wired to it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { makeRecord, readRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { FormatError } from '../../src/log/errors.ts';
import { Light } from '../../src/replica/light.ts';
import type { Message } from '../../src/replica/messages.ts';
import { Outbox, type OutboxEffects } from '../../src/replica/outbox.ts';
import { openOutbox } from '../../src/replica/outbox-store.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import {
  announceOutbox,
  isMessage,
  lightSchema,
  operatorKeyField,
  operatorKeyOf,
  readMessage,
  TICK_MS,
} from '../shared/between-members.ts';
import { nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message as FlowMessage, type Outputs, Refusal } from '../shared/define-node.ts';
import { readPayload } from '../shared/messages.ts';
import { requireNotAhead } from '../shared/plausible.ts';
import { contradiction, draftOf } from '../shared/records.ts';
import { stateFile } from '../shared/state-file.ts';
import { failed, idle, working } from '../shared/status.ts';

/** What a member records itself. */
const OWN = ['order', 'cancel', 'meter', 'correction', 'battery', 'note'] as const;

interface Box {
  readonly origin: string;
  readonly outbox: Outbox;
  readonly light: Light;
  close(): void;
}

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-outbox',
    config: v.object({ member: nodeId(), operatorKey: operatorKeyField() }),
    refusedOutput: 1,
    create({ node, config, directory, status, send, run }) {
      const member = apiOf<Member>(RED, config.member, 'member');
      const { community } = member;
      let box: Box | null = null;

      const open = (): Box => {
        const origin = community.ledgerOrigin;
        if (box?.origin === origin) return box;
        box?.close();
        const path = join(directory, 'microgrid', 'outbox', origin, `${member.id}.sqlite`);
        const store = openOutbox(path, community.clock.now());
        const saved = stateFile(directory, 'outbox', [origin, member.id, 'light'], lightSchema, (text) =>
          node.warn(text),
        );
        const light = new Light({
          origin,
          member: member.id,
          operatorKey: operatorKeyOf(config.operatorKey, member),
          saved,
        });
        const outbox = new Outbox(origin, member.id, store, light);
        const forget = announceOutbox(origin, member.id, outbox.made);
        const close = () => {
          forget();
          store.close();
        };
        box = { origin, outbox, light, close };
        return box;
      };

      /** Said only when it changes, so that a refusal stays to be seen. */
      let shown = '';
      const show = ({ outbox, light }: Box) => {
        const { count } = outbox;
        const text = light.cheated
          ? `cheated: ${light.cheated.code}`
          : count === 0
            ? 'nothing waits'
            : `${count} on the way`;
        if (text === shown) return;
        shown = text;
        status(light.cheated ? failed(text) : count === 0 ? idle(text) : working(text));
      };
      const tell = (out: (outputs: Outputs) => void, here: Box, effects: readonly OutboxEffects[]) => {
        const messages = effects.flatMap((effect) => effect.send);
        const verdicts = effects.flatMap((effect) => effect.verdicts);
        show(here);
        if (messages.length + verdicts.length === 0) return;
        out([
          messages.map((payload) => ({ topic: member.id, payload })),
          verdicts.flatMap((verdict) => {
            if (verdict.state !== 'refused') return [];
            const { code, text, record } = verdict;
            return [
              { topic: member.id, payload: { type: 'refusal', code, text, refused: { type: 'record', record } } },
            ];
          }),
          verdicts.flatMap((verdict) => {
            if (verdict.state !== 'proven') return [];
            const { id, index } = verdict;
            return [
              { topic: member.id, payload: { type: 'recorded', origin: here.origin, member: member.id, id, index } },
            ];
          }),
        ]);
      };
      const both = (here: Box, message: Message): OutboxEffects[] => {
        const { send: asked } = here.light.receive(message);
        return [{ send: asked, verdicts: [] }, here.outbox.receive(message)];
      };

      const signed = (payload: FlowMessage['payload']): SignedRecord => {
        const draft = readPayload(payload, ...OWN);
        if (draft.record) {
          const text = faultOf(draft, draft.record);
          if (text !== null) throw new Refusal('contradiction', text, payload);
          return draft.record;
        }
        if ('member' in draft && draft.member !== undefined && draft.member !== member.id) {
          const text = `the ${draft.type} is of ${draft.member}, but this outbox signs for ${member.id}`;
          throw new Refusal('wrong-member', text, payload);
        }
        if (draft.type === 'meter' || draft.type === 'correction' || draft.type === 'battery') {
          requireNotAhead(community, draft.interval, draft.type);
        }
        // Of what a member records, nothing depends on the version of the rules.
        const { kind, interval, fields } = draftOf(draft, 'rules/1');
        const time = new Date(community.clock.now()).toISOString();
        const head = { ledger: community.ledgerOrigin, member: member.id, kind, interval, time };
        return makeRecord(member.keys.record, head, fields, randomBytes);
      };

      const tick = () => {
        const here = open();
        const { send: asked } = here.light.tick();
        tell(send, here, [{ send: asked, verdicts: [] }, here.outbox.tick()]);
      };
      const timer = setInterval(() => run(tick), TICK_MS);
      show(open());
      run(tick);

      return {
        input({ payload }, out) {
          const here = open();
          if (isMessage(payload)) {
            tell(out, here, both(here, readMessage(payload)));
            return;
          }
          const record = signed(payload);
          try {
            tell(out, here, [here.outbox.add(record)]);
          } catch (problem) {
            throw problem instanceof FormatError ? new Refusal(problem.code, problem.message, payload) : problem;
          }
        },
        close() {
          clearInterval(timer);
          box?.close();
        },
      };
    },
  });
}

/** What is wrong with a record that came signed, or between it and the message that carries it. */
function faultOf(payload: Parameters<typeof contradiction>[0], record: SignedRecord): string | null {
  try {
    return contradiction(payload, readRecord(record), 'rules/1');
  } catch (problem) {
    if (problem instanceof FormatError) return problem.message;
    throw problem;
  }
}
