// The operator's end of a shared ledger: answers what members' machines ask, takes their records and cosignatures, and tells them of
// each new block. What carries the messages is wired to it: MQTT, HTTP, links.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { readCheckpoint } from '../../src/log/checkpoint.ts';
import { type Operated, OperatorEnd } from '../../src/replica/operate.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { readMessage } from '../shared/between-members.ts';
import { nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Outputs } from '../shared/define-node.ts';
import { onLedger } from '../shared/on-ledger.ts';
import { idle, working } from '../shared/status.ts';

/** Real time between two looks for a new block, ms. */
const LOOK_MS = 1000;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-ledger-share',
    config: v.object({ ledger: nodeId() }),
    refusedOutput: 1,
    create({ config, status, send, run }) {
      const service = apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const { community, operator } = service;
      let end: { readonly ledger: Ledger; readonly operator: OperatorEnd } | null = null;
      status(idle('no block shared yet'));

      const endOf = (ledger: Ledger): OperatorEnd => {
        if (end?.ledger !== ledger) {
          const { origin, term } = ledger.state;
          end = { ledger, operator: new OperatorEnd(ledger, operator.keys.log(origin, term.term)) };
        }
        return end.operator;
      };
      const tell = (out: (outputs: Outputs) => void, ledger: Ledger, { send: messages, refused }: Operated) => {
        if (messages.length + refused.length === 0) return;
        out([
          messages.map((payload) => ({ topic: topicOf(payload), payload })),
          refused.map(({ code, text, refused: what }) => ({ payload: { type: 'refusal', code, text, refused: what } })),
        ]);
        const state = ledger.witnessOf(sealedSize(ledger));
        const count = state ? `, ${state.cosigned}/${state.witnesses}` : '';
        status(working(`block ${ledger.state.height}${count}`));
      };
      const look = async (out: (outputs: Outputs) => void = send) => {
        // A ledger that does not open is told by its own node, and with the first message.
        const ledger = await service.open().catch(() => null);
        if (ledger) tell(out, ledger, { send: endOf(ledger).news(), refused: [] });
      };
      const timer = setInterval(() => run(() => look()), LOOK_MS);
      run(() => look());

      return {
        async input({ payload }, out) {
          // A new block is told at once where ledger append is wired to this node.
          if (isBlock(payload)) return look(out);
          const message = readMessage(payload);
          const subject = message.type === 'record' ? { type: 'record', record: message } : { type: message.type };
          return onLedger(service, subject, async (ledger) => {
            tell(out, ledger, await endOf(ledger).receive(message, community.clock.now()));
          });
        },
        close: () => clearInterval(timer),
      };
    },
  });
}

/** Whom a message is for; everybody's have the name of the ledger. */
const topicOf = (message: Operated['send'][number]) => ('to' in message && message.to) || message.origin;

const sealedSize = ({ store }: Ledger) => readCheckpoint(store.checkpoint() ?? '').size;

const isBlock = (payload: unknown) =>
  typeof payload === 'object' && payload !== null && 'type' in payload && payload.type === 'block';
