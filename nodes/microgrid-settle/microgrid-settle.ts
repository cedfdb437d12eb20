// Settles an interval once its clearing and every member's meter are known: lines that sum to zero, and a statement per
// member. With a ledger, only what is recorded there counts, and intervals left open by a restart are taken up again.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { type Complete, type MeterValue, SettlementDesk } from '../../src/settlement/desk.ts';
import { settle } from '../../src/settlement/settle.ts';
import { formatEnergy } from '../../src/units.ts';
import type { Community } from '../microgrid-community/community.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, type Outputs } from '../shared/define-node.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { onLedger } from '../shared/on-ledger.ts';
import { type ClearedInterval, recordedInterval, unsettled } from '../shared/recorded-interval.ts';
import { degraded, idle, working } from '../shared/status.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-settle',
    config: v.object({ community: nodeId(), ledger: nodeId() }),
    create({ config, status, send, run }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const ledger = config.ledger === '' ? null : apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const members = () => [...community.members.values()].filter((m) => m.kind !== 'operator').map((m) => m.id);
      let desk = new SettlementDesk<ClearedInterval>(members);
      /** Open intervals that were told already. */
      let told = new Set<string>();
      let generation = 0;

      const begin = () => {
        desk = new SettlementDesk(members);
        told = new Set();
        generation += 1;
        const current = generation;
        status(idle('nothing to settle yet'));
        if (!ledger) return;
        run(async () => {
          // Not before the nodes that are wired here exist: what is sent earlier is lost.
          await community.ready();
          const log = await ledger.open();
          if (current !== generation) return;
          for (const interval of unsettled(log)) run(() => takeUp(log, interval));
        });
      };

      /** An interval that a restart left open. */
      const takeUp = (log: Ledger, interval: string) => {
        const recorded = recordedInterval(log, interval);
        if (!recorded) return;
        for (const meter of recorded.meters) desk.meter(meter);
        const complete = desk.clearing(recorded.clearing);
        if (complete) send(finishRecorded(log, complete));
      };

      const finish = async (complete: Complete<ClearedInterval>): Promise<Outputs> => {
        if (ledger) return finishRecorded(await ledger.open(), complete);
        return bill(complete.clearing, complete.meters, community.rules.tariffs);
      };

      /** The desk says when; what is billed is what the ledger holds, so that everyone computes the same bill from it. */
      const finishRecorded = (log: Ledger, { interval, meters }: Complete<ClearedInterval>): Outputs => {
        const recorded = recordedInterval(log, interval);
        const known = new Set(recorded?.meters.filter(({ quality }) => quality !== 'missing').map((m) => m.member));
        const absent = meters.find(({ member }) => !known.has(member));
        if (!recorded || absent) {
          const what = recorded && absent ? `the meter of ${absent.member}` : 'the clearing';
          throw new Error(`the ledger does not hold ${what} for ${interval}; wire it through ledger-append first`);
        }
        if (recorded.settled) {
          desk.settled(interval);
          return [];
        }
        return bill(recorded.clearing, recorded.meters, recorded.tariffs);
      };

      const bill = (
        clearing: ClearedInterval,
        meters: readonly MeterValue[],
        tariffs: { readonly import: number; readonly feedIn: number },
      ): Outputs => {
        const { interval } = clearing;
        const settled = settle({ tariffs, intervals: [{ interval, clearing, meters }] });
        desk.settled(interval);
        told.delete(interval);
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
        told.add(interval);
        const waitingFor = desk.missing(interval);
        status(degraded(`${interval.slice(11)} open, ${waitingFor.length} missing`));
        return [null, { topic: interval, payload: { type: 'open', interval, members: waitingFor } }];
      };

      const take = async (payload: Payload<'meter' | 'clearing'>, send: (outputs: Outputs) => void) => {
        const { interval } = payload;
        if (payload.type === 'clearing') {
          const { rule, volumeWh, price, pairs } = payload;
          const complete = desk.clearing({ interval, rule, volumeWh, price, pairs });
          if (complete) send(await finish(complete));
          return;
        }
        if (!members().includes(payload.member)) {
          throw new Error(
            `${payload.member} is not a member of ${community.rules.origin}; add it or check the meter's member`,
          );
        }
        const complete = desk.meter(payload);
        if (complete) send(await finish(complete));
        else if (payload.quality === 'missing') send(stillOpen(interval));
        // When the meters of an interval come, those of the intervals before it are overdue.
        for (const before of desk.open()) if (before < interval && !told.has(before)) send(stillOpen(before));
      };

      community.on('reset', begin);
      begin();

      return {
        async input(message, send) {
          const payload = readPayload(message.payload, 'meter', 'clearing', 'battery', 'order', 'note');
          // A stream of records may carry more than the bill needs.
          if (payload.type !== 'meter' && payload.type !== 'clearing') return;
          const { interval } = payload;
          if (ledger && !payload.receipt) {
            throw new Error(
              `the ${payload.type} of ${interval} is not in the ledger yet; wire it through ledger-append first`,
            );
          }
          await (ledger ? onLedger(ledger, payload, () => take(payload, send)) : take(payload, send));
        },
        close: () => {
          generation += 1;
          community.off('reset', begin);
        },
      };
    },
  });
}
