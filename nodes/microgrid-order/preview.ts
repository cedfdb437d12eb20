// What the dialog shows while a person chooses: the orders that its settings would make at a time of day with a need. The same
// strategies as in the flow; what is not typed comes from the running node of this dialog, or is assumed and said.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { Bid, Proposal, Situation } from '../../src/market/bidding.ts';
import { type FlexibleNeed, NOTHING_TOLD, needAt, tellNeed } from '../../src/market/flexible-need.ts';
import type { Replay } from '../../src/market/replay.ts';
import type { BatteryState } from '../../src/market/stored-worth.ts';
import { rampSteps } from '../../src/market/strategies/ramp.ts';
import { propose, type Strategy } from '../../src/market/strategies/strategy.ts';
import { INTERVAL_MS, INTERVALS_PER_DAY } from '../../src/time/interval.ts';
import { minuteOfDay, nextTimeOfDay } from '../../src/time/time-of-day.ts';
import { formatEnergy, formatPrice } from '../../src/units.ts';
import type { CommunityRules } from '../microgrid-community/community.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { decimal, nodeId, whole } from '../shared/config-fields.ts';
import { apiOf, toError } from '../shared/define-node.ts';
import { batteryAt, boundsOf, type Knowledge, NO_BATTERY } from './knowledge.ts';
import {
  checkWindow,
  configSchema,
  dailyNeedOf,
  type OrderConfig,
  preferencesOf,
  strategyOf,
  zoneOf,
} from './settings.ts';

const request = v.object({
  id: nodeId(),
  fields: configSchema,
  at: v.pipe(
    v.string('the time must be a time of day'),
    v.transform((text) => minuteOfDay(text)),
    v.number('the time must be a time of day such as 18:00'),
  ),
  /** An hour's need in Wh, negative for a surplus; for a flexible load what it needs in all. */
  kWh: decimal('the need (kWh)', 3, -1e9, 1e9),
  charge: whole('the charge (%)', 0, 100),
});

type Asked = v.InferOutput<typeof request>;

/** What a dialog gets: orders in a person's units, or why there are none. */
export interface Preview {
  readonly orders: readonly {
    readonly side: Bid['side'];
    readonly energy: string;
    readonly price: string;
    readonly why: string;
  }[];
  readonly silence: string | null;
  /** Whether tariffs or the coming day are assumed, because no running node knows them. */
  readonly assumed: readonly ('tariffs' | 'day')[];
}

/** Where no community is deployed yet: those that a new one has. */
const EXAMPLE: CommunityRules = {
  origin: 'example.example',
  currency: 'EUR',
  gateLeadSeconds: 300,
  tariffs: { import: 300_000, feedIn: 80_000 },
  maxOrderWh: 100_000,
  maxOrdersPerMember: 10,
};

/** @param known what the running node of an id knows; null where there is none */
export function servePreview(RED: NodeAPI, known: (id: string) => Knowledge | null): void {
  RED.httpAdmin.post('/microgrid/order/preview', RED.auth.needsPermission('microgrid.read'), (asked, response) => {
    try {
      const result = v.safeParse(request, asked.body);
      if (!result.success) throw new Error(result.issues[0].message);
      const member = memberOf(RED, result.output.fields.member);
      const now = member?.community.clock.now() ?? Date.now();
      response.json(preview(result.output, member, known(result.output.id), now));
    } catch (problem) {
      response.json({ error: toError(problem).message.replace(/; open this node and correct it$/, '') });
    }
  });
}

function memberOf(RED: NodeAPI, id: string): Member | null {
  try {
    return apiOf<Member>(RED, id, 'member');
  } catch {
    return null;
  }
}

function preview(asked: Asked, member: Member | null, known: Knowledge | null, now: number): Preview {
  const { fields } = asked;
  const strategy = strategyOf(fields);
  checkWindow(fields);
  preferencesOf(fields, member?.id ?? '');
  const start = Math.floor(nextTimeOfDay(now, asked.at, zoneOf(fields)) / INTERVAL_MS) * INTERVAL_MS;
  const rules = member?.community.rules ?? EXAMPLE;
  const battery = fields.batteryKWh === 0 ? null : batteryAt(fields, asked.charge * 10);
  const days = known?.replays(start, battery ?? NO_BATTERY, start) ?? [];
  const needWh = Math.round(asked.kWh / 4);
  const situation: Situation = {
    start,
    tariffs: known?.tariffsAt(start) ?? rules.tariffs,
    bounds: boundsOf(fields, member?.community ?? { rules, market: null }),
    forecast: { meanWh: needWh, daysWh: [needWh], basis: 'days' },
    needUntilSunWh: known?.journal.history.needUntilSunWh(start) ?? Math.max(0, needWh) * (INTERVALS_PER_DAY / 2),
    ...(battery ? { battery } : {}),
    replays: () => (days.length > 0 ? days.map((day) => withNeed(day, needWh)) : [sameAllDay(asked, rules, battery)]),
    flexible: flexibleOf(fields, asked.kWh, start),
    maxOrderWh: rules.maxOrderWh,
    maxOrders: rules.maxOrdersPerMember,
  };
  const proposals = stepsOf(strategy, rules).map((step) => propose(strategy, { ...situation, ...step }));
  const looksAhead = strategy.name === 'stored-value' || strategy.name === 'last-days';
  return {
    orders: proposals.flatMap(({ bids }) => bids).map(told),
    silence: silenceOf(proposals),
    assumed: [
      ...(member ? [] : (['tariffs'] as const)),
      ...(looksAhead && days.length === 0 ? (['day'] as const) : []),
    ],
  };
}

/** A ramp is shown at its first and its last step. */
function stepsOf(strategy: Strategy, { maxOrdersPerMember }: CommunityRules): readonly { step?: number }[] {
  if (strategy.name !== 'ramp') return [{}];
  const last = rampSteps(strategy, maxOrdersPerMember) - 1;
  return last === 0 ? [{ step: 0 }] : [{ step: 0 }, { step: last }];
}

function silenceOf(proposals: readonly Proposal[]): string | null {
  return proposals.every(({ bids }) => bids.length === 0) ? (proposals[0]?.silence?.text ?? '') : null;
}

function told({ side, wh, limit, reason }: Bid): Preview['orders'][number] {
  return { side, energy: formatEnergy(wh), price: formatPrice(limit), why: reason.text };
}

function withNeed(day: Replay, needWh: number): Replay {
  return { ...day, now: { ...day.now, needWh } };
}

/** Nothing is known of the day: the need stays as it is. */
function sameAllDay({ kWh }: Asked, { tariffs }: CommunityRules, battery: BatteryState | null): Replay {
  const hour = { needWh: Math.round(kWh / 4), buy: tariffs.import, sell: tariffs.feedIn };
  return { storedWh: battery?.storedWh ?? 0, now: hour, after: Array.from({ length: INTERVALS_PER_DAY }, () => hour) };
}

/** As if a message had told the need just now. */
function flexibleOf(fields: OrderConfig, remainingWh: number, start: number): FlexibleNeed | null {
  const daily = dailyNeedOf(fields);
  if (!daily) return null;
  return needAt(tellNeed(NOTHING_TOLD, daily, { remainingWh: Math.max(0, remainingWh) }, start), daily, start);
}
