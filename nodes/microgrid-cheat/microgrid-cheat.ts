// For demonstrations: makes an operator lie. Stands between ledger share and the members, passes everything on, and on request answers
// the members from a forged log. Works on ledgers with a simulated clock only.
import { randomBytes } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { Message } from '../../src/replica/messages.ts';
import { type Cheat, CheatingEnd } from '../../src/simulation/cheating-end.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { isMessage, readMessage } from '../shared/between-members.ts';
import { nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, Refusal } from '../shared/define-node.ts';
import { readPayload } from '../shared/messages.ts';
import { onLedger } from '../shared/on-ledger.ts';
import { degraded, idle, working } from '../shared/status.ts';

/** What the operator says; everything else between members comes from them. */
const OF_THE_OPERATOR: ReadonlySet<Message['type']> = new Set([
  'checkpoint',
  'leaves',
  'receipt',
  'refused',
  'proof',
  'roster',
]);

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-cheat',
    config: v.object({ ledger: nodeId() }),
    refusedOutput: 1,
    create({ config, status }) {
      const service = apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const { community, operator } = service;
      let end: { readonly ledger: Ledger; readonly cheating: CheatingEnd; how: Cheat | null } | null = null;
      status(idle('honest'));

      /** A new epoch begins with an honest operator. */
      const endOf = (ledger: Ledger) => {
        if (end?.ledger !== ledger) {
          end = { ledger, cheating: new CheatingEnd(ledger, operator.keys, randomBytes), how: null };
        }
        return end;
      };
      /** Said only when it changes, so that a refusal stays to be seen. */
      let shown = '';
      const show = ({ cheating: { state }, how }: ReturnType<typeof endOf>) => {
        const text = state === 'lies' ? `lies: ${how}` : state === 'waits' ? 'waits for a trade' : 'honest';
        if (text === shown) return;
        shown = text;
        status(state === 'honest' ? working(text) : degraded(text));
      };
      const topicOf = (message: Message) => ('to' in message && message.to) || message.origin;
      const outputs = (toMembers: readonly Message[], toOperator: readonly Message[]) => [
        toMembers.map((payload) => ({ topic: topicOf(payload), payload })),
        null,
        toOperator.map((payload) => ({ topic: 'operator', payload })),
      ];

      return {
        input({ payload }, send) {
          const asked = isMessage(payload) ? readMessage(payload) : readPayload(payload, 'cheat');
          return onLedger(service, { type: asked.type }, async (ledger) => {
            const here = endOf(ledger);
            const { cheating } = here;
            if (asked.type === 'cheat') {
              try {
                const said = cheating.lie(asked.how);
                here.how = asked.how;
                send(outputs(said, []));
              } catch (problem) {
                const text = problem instanceof Error ? problem.message : String(problem);
                throw new Refusal('cannot-cheat', text, payload);
              }
            } else if (OF_THE_OPERATOR.has(asked.type)) send(outputs(cheating.fromOperator(asked), []));
            else {
              const { toMembers, toOperator } = cheating.fromMember(asked, community.clock.now());
              send(outputs(toMembers, toOperator));
            }
            show(here);
          });
        },
      };
    },
  });
}
