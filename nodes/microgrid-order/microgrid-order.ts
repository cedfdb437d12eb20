// Turns a member's expected need or surplus into signed orders: at each interval start, for the interval whose gate
// closes next. What to bid is src/market/bidding.ts; this node gathers its history, its battery and its key.
import { randomBytes } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { makeRecord } from '../../src/ledger/record.ts';
import { bids, type StoredEnergy } from '../../src/market/bidding.ts';
import { MOST_WH, NeedJournal } from '../../src/market/need-journal.ts';
import { INTERVAL_MS, intervalAfter, intervalStart } from '../../src/time/interval.ts';
import { formatEnergy, formatPrice } from '../../src/units.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { decimal, nodeId, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message } from '../shared/define-node.ts';
import { integer, interval, type Payload, readPayload } from '../shared/messages.ts';
import { requireBidding, requireNotAhead } from '../shared/plausible.ts';
import { stateFile } from '../shared/state-file.ts';
import { idle, working } from '../shared/status.ts';

const HOURS_PER_INTERVAL = INTERVAL_MS / 3_600_000;
/** How much of the time until the gate an order may wait for the last interval's meters. */
const LATEST_SHARE = 0.6;

const config = v.object({
  member: nodeId(),
  batteryKWh: decimal('the battery (kWh)', 3, 0, 1e9),
  batteryKW: decimal('the battery power (kW)', 3, 0, 1e9),
  efficiency: decimal('the round trip efficiency (%)', 1, 10, 1000),
  minSoc: whole('the lowest charge (%)', 0, 100),
  maxSoc: whole('the highest charge (%)', 0, 100),
});

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-order',
    config,
    create({ config: fields, directory, node, status, send, run }) {
      const member = apiOf<Member>(RED, fields.member, 'member');
      const { community } = member;
      const { tariffs, maxOrderWh, maxOrdersPerMember } = community.rules;
      const hasBattery = fields.batteryKWh > 0;
      if (hasBattery && fields.minSoc >= fields.maxSoc) {
        throw new Error('the lowest charge is not below the highest; then the battery could never be used');
      }
      // What survives a restart: which interval was bid for last, so that no need is ordered twice, and the last week.
      const memory = stateFile(
        directory,
        'orders',
        [community.rules.origin, member.id],
        v.object({
          epoch: v.number(),
          bidFor: v.string(),
          needs: v.optional(v.array(v.tuple([interval, v.pipe(integer('need', -MOST_WH), v.maxValue(MOST_WH))])), []),
        }),
        (sentence) => node.warn(sentence),
      );
      const remembered = (): NeedJournal => {
        const fresh = new NeedJournal(hasBattery);
        const last = memory.read();
        if (last?.epoch === community.epoch) for (const [start, needWh] of last.needs) fresh.past(start, needWh);
        return fresh;
      };
      let journal = remembered();
      let socPerMille: number | null = null;
      /** An interval has started, and what its predecessor needed is still being measured: bid when it is known. */
      let waiting: { ended: string; bidding: string; cancel: () => void } | null = null;

      const stopWaiting = () => {
        waiting?.cancel();
        waiting = null;
      };
      const reset = () => {
        stopWaiting();
        journal = remembered();
        socPerMille = null;
      };
      community.on('reset', reset);
      status(idle('no history yet'));

      const storedEnergy = (start: number): StoredEnergy | null => {
        if (!hasBattery || socPerMille === null) return null;
        const capacity = (perMille: number) => Math.floor((fields.batteryKWh * perMille) / 1000);
        const powerWh = Math.floor(fields.batteryKW * HOURS_PER_INTERVAL);
        return {
          storedWh: Math.max(0, capacity(socPerMille) - capacity(fields.minSoc * 10)),
          usableWh: capacity(fields.maxSoc * 10) - capacity(fields.minSoc * 10),
          chargeWh: powerWh,
          dischargeWh: powerWh,
          roundTripPerMille: fields.efficiency,
          needUntilSunWh: journal.history.needUntilSunWh(start),
        };
      };

      const place = (interval: string): Message[] => {
        const last = memory.read();
        if (last && last.epoch === community.epoch && last.bidFor >= interval) {
          status(idle(`ordered for ${last.bidFor.slice(11)} before`));
          return [];
        }
        const start = intervalStart(interval);
        const forecast = journal.history.forecastAt(start);
        if (!forecast) {
          status(idle('no history yet'));
          return [];
        }
        const battery = storedEnergy(start);
        if (hasBattery && !battery) {
          status(idle('battery not known yet'));
          return [];
        }
        const placed = bids({
          forecast,
          tariffs,
          maxOrderWh,
          maxOrders: Math.min(3, maxOrdersPerMember),
          ...(battery ? { battery } : {}),
        });
        memory.write({ epoch: community.epoch, bidFor: interval, needs: journal.lastWeek });
        const first = placed[0];
        status(
          first
            ? working(`${first.side} ${formatEnergy(first.wh)} ${formatPrice(first.limit)}`)
            : idle('nothing to trade'),
        );
        return placed.map((bid) => {
          const { side, wh, limit } = bid;
          const record = makeRecord(
            member.keys.record,
            {
              ledger: community.ledgerOrigin,
              member: member.id,
              kind: 'order',
              interval,
              time: new Date(community.clock.now()).toISOString(),
            },
            { side, wh, limit },
            randomBytes,
          );
          const payload: Payload<'order'> = {
            type: 'order',
            member: member.id,
            interval,
            side,
            wh,
            limit,
            id: record.id,
            reason: { code: bid.reason.code, text: bid.reason.text },
            record: { note: record.note, body: record.body },
          };
          return { topic: member.id, payload };
        });
      };

      const placeNow = () => {
        const bidding = waiting?.bidding;
        stopWaiting();
        if (bidding) send([place(bidding)]);
      };

      const waitForNeed = ({ interval, bidding }: Payload<'interval'>) => {
        if (!bidding)
          throw new Error(
            'the interval start does not say what can be bid for; wire it from a microgrid-interval node',
          );
        requireBidding(community, bidding);
        stopWaiting();
        const now = community.clock.now();
        const gate = intervalStart(bidding) - community.rules.gateLeadSeconds * 1000;
        const deadline = now + Math.floor((gate - now) * LATEST_SHARE);
        waiting = {
          ended: intervalAfter(interval, -1),
          bidding,
          cancel: community.clock.at(deadline, () => run(placeNow)),
        };
        placeIfKnown();
      };

      const placeIfKnown = () => {
        if (waiting && journal.knows(waiting.ended)) placeNow();
      };

      return {
        input(message) {
          const payload = readPayload(message.payload, 'interval', 'meter', 'battery', 'history');
          if (payload.type === 'interval') {
            if (payload.event === 'start') waitForNeed(payload);
            return;
          }
          if (payload.member !== member.id) {
            throw new Error(
              `this order node bids for ${member.id}, but the ${payload.type} is of ${payload.member}; check the wire`,
            );
          }
          if (payload.type === 'history') {
            for (const { interval } of payload.intervals) requireNotAhead(community, interval, 'history');
            for (const row of payload.intervals) journal.past(row.interval, row.loadWh - row.pvWh);
            status(idle(`${payload.intervals.length} intervals known`));
            return placeIfKnown();
          }
          requireNotAhead(community, payload.interval, payload.type);
          if (payload.type === 'meter') journal.meter(payload.interval, payload);
          else {
            socPerMille = payload.socPerMille;
            journal.battery(payload.interval, payload);
          }
          placeIfKnown();
        },
        close: () => {
          stopWaiting();
          community.off('reset', reset);
        },
      };
    },
  });
}
