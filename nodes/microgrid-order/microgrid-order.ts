// Turns what a member needs, has left over or has stored into signed orders: at each interval start, for the interval whose
// gate closes next. What to bid is one of the strategies in src/market/strategies; this node gathers what they go by
// (knowledge.ts), keeps what must survive a restart (memory.ts), and replaces the orders of a ramp.
import type { NodeAPI } from 'node-red';
import type { Bid, Proposal } from '../../src/market/bidding.ts';
import { propose } from '../../src/market/strategies/strategy.ts';
import { intervalAfter, intervalStart } from '../../src/time/interval.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { apiOf, defineNode, type Message } from '../shared/define-node.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { requireBidding, requireCleared, requireNotAhead } from '../shared/plausible.ts';
import { idle } from '../shared/status.ts';
import { FlexibleLoad } from './flexible-load.ts';
import { Knowledge } from './knowledge.ts';
import { type OrderMemory, orderMemory } from './memory.ts';
import { servePreview } from './preview.ts';
import { RampRun } from './ramp-run.ts';
import {
  checkWindow,
  configSchema,
  dailyNeedOf,
  isOfItsOwn,
  migrations,
  preferencesOf,
  strategyOf,
} from './settings.ts';
import { cancelMessage, orderMessage } from './signed.ts';
import { bidsStatus, silenceStatus } from './statuses.ts';

/** How much of the time until the gate an order may wait for the last interval's meters. */
const LATEST_SHARE = 0.6;
/** Silences that a later message may end while the gate is still open: the interval is not over with. */
const MAY_CHANGE = ['no-history', 'no-day-yet', 'no-need'];

/** What running nodes know, for the previews of their dialogs. */
const running = new Map<string, () => Knowledge>();

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-order',
    config: configSchema,
    migrations,
    create({ config: fields, directory, node, status, send, run }) {
      const strategy = strategyOf(fields);
      const daily = dailyNeedOf(fields);
      const member = apiOf<Member>(RED, fields.member, 'member');
      const { community } = member;
      const { clock, rules } = community;
      checkWindow(fields);
      const preferences = preferencesOf(fields, member.id);
      const ofItsOwn = isOfItsOwn(fields);
      const memory = orderMemory(directory, [rules.origin, member.id, ...(ofItsOwn ? [node.id] : [])], (sentence) =>
        node.warn(sentence),
      );
      const recall = (): OrderMemory | null => {
        const last = memory.read();
        return last?.epoch === community.epoch ? last : null;
      };
      const recalled = recall();
      let knowledge = new Knowledge(fields, community, recalled);
      const load = daily && new FlexibleLoad(daily, recalled);
      const ramp = strategy.name === 'ramp' ? new RampRun(node.id, strategy, rules, recalled) : null;
      /** An interval has started, and what its predecessor needed is still being measured: bid when it is known. */
      let waiting: { ended: string; bidding: string; cancel: () => void } | null = null;
      /** What can be bid for at the moment. */
      let open = '';
      let bidFor = recalled?.bidFor ?? '';

      const remember = () => {
        memory.write({
          epoch: community.epoch,
          bidFor,
          needs: knowledge.journal.lastWeek,
          ...(strategy.name === 'stored-value'
            ? { auctions: knowledge.auctions.map(([at, price]) => [at, price]) }
            : {}),
          ...(ramp?.standing ? { standing: ramp.standing } : {}),
          ...(load ? { flexible: load.memory } : {}),
        });
      };

      const stopWaiting = () => {
        waiting?.cancel();
        waiting = null;
      };
      const reset = () => {
        stopWaiting();
        const before = recall();
        knowledge = new Knowledge(fields, community, before);
        load?.begin(before);
        ramp?.begin(before);
        open = '';
        bidFor = '';
      };
      community.on('reset', reset);
      running.set(node.id, () => knowledge);
      status(idle(ofItsOwn ? 'waiting for an interval' : 'no history yet'));

      /** Orders are sent only once it is written down that they were placed. */
      const sendBids = (interval: string, bids: readonly Bid[], replaced?: string): Message[] => {
        const orders = bids.map((bid) => orderMessage(member, interval, bid, preferences[bid.side]));
        const ids = orders.map(({ payload }) => payload.id);
        bidFor = interval;
        load?.placed(interval, ids, bids);
        if (ids[0] !== undefined) ramp?.placed(interval, ids[0], clock.now());
        remember();
        status(bidsStatus(bids));
        return replaced === undefined ? orders : [cancelMessage(member, interval, replaced), ...orders];
      };

      const place = (interval: string): Message[] => {
        const last = recall();
        if (last && last.bidFor >= interval) {
          if (ramp?.goesOn(interval)) climbLater();
          status(idle(`ordered for ${last.bidFor.slice(11)} before`));
          return [];
        }
        if (!ofItsOwn && !knowledge.knowsNeed) {
          status(idle('no history yet'));
          return [];
        }
        const situation = knowledge.situation(interval, clock.now());
        if (!situation) {
          status(idle('battery not known yet'));
          return [];
        }
        ramp?.open();
        const proposal = propose(strategy, { ...situation, ...load?.at(situation.start), ...ramp?.step });
        if (proposal.bids.length === 0) return keepSilent(interval, proposal);
        const messages = sendBids(interval, proposal.bids);
        climbLater();
        return messages;
      };

      const keepSilent = (interval: string, { silence }: Proposal): Message[] => {
        status(silenceStatus(silence));
        if (silence && MAY_CHANGE.includes(silence.code)) return [];
        bidFor = interval;
        remember();
        return [];
      };

      /** The next step of the ramp, when it is due. */
      const climbLater = () => ramp?.wait(clock, () => run(climb));
      const climb = () => {
        const standing = ramp?.due(clock.now());
        const situation = standing && knowledge.situation(standing.interval, clock.now());
        if (standing && situation) {
          const { bids } = propose(strategy, { ...situation, ...ramp?.step });
          if (bids.length > 0) send([sendBids(standing.interval, bids, standing.id)]);
        }
        climbLater();
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
        open = bidding;
        const now = clock.now();
        const gate = gateOf(bidding);
        const deadline = now + Math.floor((gate - now) * LATEST_SHARE);
        waiting = {
          ended: intervalAfter(interval, -1),
          bidding,
          cancel: clock.at(deadline, () => run(placeNow)),
        };
        // What is ordered for a load of its own, or goes on after a restart, waits for no meter.
        if (ofItsOwn || ramp?.goesOn(bidding)) placeNow();
        else placeIfKnown();
      };

      const gateOf = (interval: string) => intervalStart(interval) - rules.gateLeadSeconds * 1000;

      const placeIfKnown = () => {
        if (waiting && knowledge.journal.knows(waiting.ended)) placeNow();
      };

      const cleared = (payload: Payload<'clearing'> | Payload<'fills'>) => {
        const { interval, price } = payload;
        requireCleared(community, interval, 'result');
        const own = tradesOf(payload, member.id);
        const position = own.reduce((sum, { side, wh }) => sum + (side === 'buy' ? wh : -wh), 0);
        knowledge.cleared(interval, price, position);
        ramp?.over(interval);
        if (load?.filled(interval, own)) remember();
      };

      const need = (payload: Payload<'need'>) => {
        if (!load) {
          throw new Error(
            'this order node serves no flexible load; choose the strategy "need before a deadline" in it',
          );
        }
        load.tell(payload, clock.now());
        remember();
        if (open !== '' && clock.now() < gateOf(open) && (recall()?.bidFor ?? '') < open) send([place(open)]);
      };

      return {
        input(message) {
          const payload = readPayload(
            message.payload,
            'interval',
            'meter',
            'battery',
            'history',
            'fills',
            'clearing',
            'prices',
            'need',
          );
          if (payload.type === 'interval') {
            if (payload.event === 'start') waitForNeed(payload);
            return;
          }
          if (payload.type === 'prices') return knowledge.prices(payload);
          // The market tells every member its fills on one wire.
          if (payload.type === 'clearing') return cleared(payload);
          if (payload.type === 'fills') return payload.member === member.id ? cleared(payload) : undefined;
          if (payload.member !== member.id) {
            throw new Error(
              `this order node bids for ${member.id}, but the ${payload.type} is of ${payload.member}; check the wire`,
            );
          }
          if (payload.type === 'need') return need(payload);
          if (payload.type === 'history') {
            for (const { interval } of payload.intervals) requireNotAhead(community, interval, 'history');
            for (const row of payload.intervals) knowledge.journal.past(row.interval, row.loadWh - row.pvWh);
            status(idle(`${payload.intervals.length} intervals known`));
            return placeIfKnown();
          }
          requireNotAhead(community, payload.interval, payload.type);
          if (payload.type === 'meter') knowledge.journal.meter(payload.interval, payload);
          else knowledge.battery(payload);
          placeIfKnown();
        },
        close: () => {
          stopWaiting();
          ramp?.stop();
          running.delete(node.id);
          community.off('reset', reset);
        },
      };
    },
  });
  servePreview(RED, (id) => running.get(id)?.() ?? null);
}

/** What a member's orders traded: what the rule filled, and by preference before. Only a clearing names the orders of the latter. */
function tradesOf(payload: Payload<'clearing'> | Payload<'fills'>, member: string) {
  const orders = payload.type === 'clearing' ? payload.orders : [];
  const byPreference = (payload.preferred ?? []).flatMap(({ buy, sell, buyer, seller, wh }) => [
    { id: orders[buy]?.id ?? '', member: buyer, side: 'buy' as const, wh },
    { id: orders[sell]?.id ?? '', member: seller, side: 'sell' as const, wh },
  ]);
  return [...payload.fills, ...byPreference].filter((trade) => trade.member === member);
}
