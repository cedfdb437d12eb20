// Settles an interval once its clearing and every member's meter are known: lines that sum to zero, and a statement per
// member. With a ledger, only what is recorded there counts, and intervals left open by a restart are taken up again.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { type Complete, SettlementDesk } from '../../src/settlement/desk.ts';
import { settle } from '../../src/settlement/settle.ts';
import { formatEnergy } from '../../src/units.ts';
import type { Community } from '../microgrid-community/community.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, type Outputs } from '../shared/define-node.ts';
import { readPayload } from '../shared/messages.ts';
import { degraded, idle, working } from '../shared/status.ts';
import { type RecordedClearing, unsettled } from './recovery.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-settle',
    config: v.object({ community: nodeId(), ledger: nodeId() }),
    create({ config, status, send, run }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const ledger = config.ledger === '' ? null : apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const { tariffs } = community.rules;
      const members = () => [...community.members.values()].filter((m) => m.kind !== 'operator').map((m) => m.id);
      let desk = new SettlementDesk<RecordedClearing>(members);
      let generation = 0;

      const begin = () => {
        desk = new SettlementDesk(members);
        generation += 1;
        const current = generation;
        status(idle('nothing to settle yet'));
        if (!ledger) return;
        run(async () => {
          const log = await ledger.open();
          if (current !== generation) return;
          for (const part of unsettled(log)) {
            const complete = part.kind === 'clearing' ? desk.clearing(part.clearing) : desk.meter(part.meter);
            if (complete) send(finish(complete));
          }
        });
      };

      const finish = ({ interval, clearing, meters }: Complete<RecordedClearing>): Outputs => {
        desk.settled(interval);
        const settled = settle({ tariffs, intervals: [{ interval, clearing, meters }] });
        const payload = {
          type: 'settlement',
          interval,
          tariffs,
          lines: settled.lines.map(({ interval: _interval, ...line }) => line),
          statements: settled.rows.map(({ interval: _interval, ...row }) => row),
        };
        status(working(`${interval.slice(11)} ${formatEnergy(clearing.volumeWh)} traded`));
        const bills: Message[] = settled.rows.map((row) => ({
          topic: row.member,
          payload: { type: 'statement', ...row },
        }));
        return [{ topic: interval, payload }, null, bills];
      };

      const stillOpen = (interval: string): Outputs => {
        const waitingFor = desk.missing(interval);
        status(degraded(`${interval.slice(11)} open, ${waitingFor.length} missing`));
        return [null, { topic: interval, payload: { type: 'open', interval, members: waitingFor } }];
      };

      community.on('reset', begin);
      begin();

      return {
        input(message, send) {
          const payload = readPayload(message.payload, 'meter', 'clearing', 'battery', 'order', 'note');
          // A stream of records may carry more than the bill needs.
          if (payload.type !== 'meter' && payload.type !== 'clearing') return;
          if (ledger && !payload.receipt) {
            throw new Error(
              `the ${payload.type} of ${payload.interval} is not in the ledger yet; wire it through ledger-append first`,
            );
          }
          if (payload.type === 'clearing') {
            const complete = desk.clearing(payload);
            if (complete) send(finish(complete));
            return;
          }
          if (!members().includes(payload.member)) {
            throw new Error(
              `${payload.member} is not a member of ${community.rules.origin}; add it or check the meter's member`,
            );
          }
          const complete = desk.meter(payload);
          if (complete) send(finish(complete));
          else if (payload.quality === 'missing') send(stillOpen(payload.interval));
        },
        close: () => {
          generation += 1;
          community.off('reset', begin);
        },
      };
    },
  });
}
