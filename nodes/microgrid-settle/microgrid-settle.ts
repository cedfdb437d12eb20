// Settles an interval once its clearing and every member's meter are known: lines that sum to zero, and a statement per
// member. With a ledger, only what is recorded there counts, and intervals left open by a restart are taken up again.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { feedersFor } from '../../src/audit/auction.ts';
import { isOverdue, needsCorrection, settlementFields } from '../../src/audit/settlement-body.ts';
import type { BodyFields } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { UNIFORM_PRICE } from '../../src/market/rules/uniform-price.ts';
import { type Complete, SettlementDesk } from '../../src/settlement/desk.ts';
import { settle } from '../../src/settlement/settle.ts';
import type { Peak, SettlementInput } from '../../src/settlement/settlement.ts';
import type { Tariffs } from '../../src/settlement/tariffs.ts';
import { formatEnergy } from '../../src/units.ts';
import type { Community } from '../microgrid-community/community.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { nodeId, optional, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, type Outputs } from '../shared/define-node.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { onLedger } from '../shared/on-ledger.ts';
import { type ClearedInterval, recordedInterval, unsettled } from '../shared/recorded-interval.ts';
import { degraded, idle, working } from '../shared/status.ts';

/** Tariffs that are kept for intervals to come: two weeks. */
const MOST_TARIFFS = 1344;
/** A stream of records may carry more than the bill needs. */
const READS = ['meter', 'correction', 'clearing', 'tariff', 'prices', 'battery', 'order', 'price', 'note'] as const;

/** What is billed: the body of a record, or as much of it as there is without a ledger. */
type Bill = BodyFields<'settlement'> | OwnBill;
interface OwnBill {
  readonly version?: never;
  readonly tariffs: Tariffs;
  readonly lines: readonly object[];
  readonly statements: readonly { readonly member: string }[];
}

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-settle',
    config: v.object({
      community: nodeId(),
      ledger: nodeId(),
      estimateAfterHours: optional(whole('how long to wait for a meter (hours)', 0, 8760)),
    }),
    create({ config, status, send, run }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const ledger = config.ledger === '' ? null : apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const members = () => [...community.members.values()].filter((m) => m.kind !== 'operator').map((m) => m.id);
      let desk = new SettlementDesk<ClearedInterval>(members);
      /** Open intervals that were told already. */
      let told = new Set<string>();
      let generation = 0;
      /** What energy costs in an interval, as the tariff node said first; without a ledger only. */
      const tariffs = new Map<string, Tariffs>();
      /** Highest quarter hours of the months so far, for a capacity charge; without a ledger only, and until a restart. */
      let peaks: readonly Peak[] = [];
      community.declareEstimates(config.estimateAfterHours ?? null);

      const begin = () => {
        desk = new SettlementDesk(members);
        told = new Set();
        tariffs.clear();
        peaks = [];
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
        return finishOwn(complete);
      };

      /** Without a ledger: by the tariff that was sent, where the community has one, else by its two tariffs. */
      const finishOwn = ({ clearing, meters }: Complete<ClearedInterval>): Outputs => {
        const { interval } = clearing;
        const sent = tariffs.get(interval);
        if (!sent && community.billing.tariff !== undefined) {
          status(degraded(`${interval.slice(11)} waits for tariff`));
          return [];
        }
        const terms: Tariffs = sent ?? community.rules.tariffs;
        const places = placesOfHomes(community);
        const settled = settle({ tariffs: terms, intervals: [{ interval, clearing, meters }], ...places, peaks });
        const { lines, rows } = settled;
        peaks = settled.peaks ?? peaks;
        tariffs.delete(interval);
        return bill(interval, clearing.volumeWh, {
          tariffs: terms,
          lines: lines.map(bare),
          statements: rows.map(bare),
        });
      };

      /** Intervals whose meters are known, but not what their energy costs, until now. */
      const finishWaiting = (send: (outputs: Outputs) => void) =>
        eachOpen(async (interval) => {
          const complete = desk.complete(interval);
          if (complete) send(await finish(complete));
        });

      /** One interval that cannot be settled yet keeps no other from it; what it lacks is told. */
      const eachOpen = async (settleOne: (interval: string) => void | Promise<void>) => {
        const problems: unknown[] = [];
        for (const interval of desk.open()) {
          try {
            await settleOne(interval);
          } catch (problem) {
            problems.push(problem);
          }
        }
        if (problems.length > 0) throw problems[0];
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
        return bill(interval, recorded.clearing.volumeWh, settlementFields(recorded.terms));
      };

      /** A value that came, or changed, after the interval was settled is settled by what it changes. */
      const correctRecorded = (log: Ledger, interval: string): Outputs => {
        const recorded = recordedInterval(log, interval);
        if (!recorded?.settled || !needsCorrection(recorded.terms)) return [];
        const fields = settlementFields(recorded.terms);
        const outputs = bill(interval, recorded.clearing.volumeWh, fields);
        status(working(`${interval.slice(11)} corrected`));
        return outputs;
      };

      /** Intervals that have waited for a meter for as long as the rules say. */
      const estimateOverdue = (log: Ledger, send: (outputs: Outputs) => void) =>
        eachOpen((interval) => {
          const recorded = recordedInterval(log, interval);
          if (recorded && !recorded.settled && isOverdue(recorded.terms)) {
            send(bill(interval, recorded.clearing.volumeWh, settlementFields(recorded.terms)));
          }
        });

      const bill = (interval: string, volumeWh: number, fields: Bill): Outputs => {
        desk.settled(interval);
        told.delete(interval);
        const { version: _version, ...rest } = fields;
        const payload = { type: 'settlement', interval, ...rest };
        status(working(`${interval.slice(11)} ${formatEnergy(volumeWh)} traded`));
        const bills: Message[] = fields.statements.map((row) => ({
          topic: row.member,
          payload: { type: 'statement', interval, ...row },
        }));
        return [{ topic: interval, payload }, null, bills];
      };

      const stillOpen = (interval: string): Outputs => {
        told.add(interval);
        const waitingFor = desk.missing(interval);
        status(degraded(`${interval.slice(11)} open, ${waitingFor.length} missing`));
        return [null, { topic: interval, payload: { type: 'open', interval, members: waitingFor } }];
      };

      const take = async (payload: Payload<'meter' | 'correction' | 'clearing'>, send: (outputs: Outputs) => void) => {
        const { interval } = payload;
        if (payload.type === 'clearing') {
          const { rule, volumeWh, price, pairs, preferred } = payload;
          const cleared = { interval, rule, volumeWh, price, pairs };
          const complete = desk.clearing(preferred ? { ...cleared, preferred } : cleared);
          if (complete) send(await finish(complete));
          if (ledger) await estimateOverdue(await ledger.open(), send);
          return;
        }
        if (!members().includes(payload.member)) {
          throw new Error(
            `${payload.member} is not a member of ${community.rules.origin}; add it or check the meter's member`,
          );
        }
        // What stands in the ledger already is settled by what this value changes.
        if (ledger) {
          const corrected = correctRecorded(await ledger.open(), interval);
          if (corrected.length > 0) return send(corrected);
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
          const payload = readPayload(message.payload, ...READS);
          if (payload.type === 'tariff' || payload.type === 'prices') {
            // The first tariff of an interval counts.
            if (payload.type === 'tariff' && !tariffs.has(payload.interval)) {
              tariffs.set(payload.interval, payload.tariffs);
              const oldest = tariffs.size > MOST_TARIFFS ? tariffs.keys().next().value : undefined;
              if (oldest !== undefined) tariffs.delete(oldest);
            }
            return finishWaiting(send);
          }
          // A stream of records may carry more than the bill needs.
          if (payload.type !== 'meter' && payload.type !== 'correction' && payload.type !== 'clearing') return;
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

/** The interval stands in the message, so lines and statements do not repeat it. */
function bare<Row extends { readonly interval: string }>({ interval: _, ...rest }: Row) {
  return rest;
}

/** Where the homes hang on the market's feeder tree, for fees by distance. */
function placesOfHomes({ market, members }: Community): Pick<SettlementInput, 'places'> {
  if (!market || market.areas.length === 0) return {};
  const { places } = feedersFor(UNIFORM_PRICE, market.areas, [...members.keys()], (id) => members.get(id)?.feeder);
  return places ? { places } : {};
}
