// The regulated energy community, without an auction: shares the surplus of each interval by keys once every member's meter is
// known (allocation/1), exports keys for the utility, and compares the utility's figures with our own.
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { checkCommunity, KEY_KINDS, type Keys } from '../../src/market/allocation-keys.ts';
import { parseKeys } from '../../src/market/key-text.ts';
import { keysOfPairs } from '../../src/market/keys-of-pairs.ts';
import type { Pair } from '../../src/market/order.ts';
import { allocate } from '../../src/market/rules/allocation.ts';
import { type Complete, SettlementDesk } from '../../src/settlement/desk.ts';
import { MeteringPoints } from '../../src/settlement/utility/points.ts';
import { INTERVAL_MS, intervalStart } from '../../src/time/interval.ts';
import { isTimeZone } from '../../src/time/zone.ts';
import { formatEnergy } from '../../src/units.ts';
import type { Community } from '../microgrid-community/community.ts';
import { choice, decimal, nodeId, parsed, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, type Outputs } from '../shared/define-node.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { requireNotAhead } from '../shared/plausible.ts';
import { degraded, idle, working } from '../shared/status.ts';
import { AllocationArchive, type KeptAllocation } from './archive.ts';
import { differences, keyFiles, keysOf } from './utility.ts';

const CT = 10_000;
/** Intervals whose keys are awaited that are remembered: a week, as the desk remembers them. */
const REMEMBERED = 7 * 96;

export const configSchema = v.object({
  community: nodeId(),
  kind: choice('how it is shared', KEY_KINDS),
  keys: parsed(parseKeys),
  price: decimal('the price (ct/kWh)', 4, -1000 * CT, 1000 * CT),
  toleranceWh: whole('the tolerance (Wh)', 0, 1_000_000),
  timeZone: parsed((text) => {
    if (!isTimeZone(text.trim())) throw new RangeError('the time zone must be a name such as Europe/Vienna');
    return text.trim();
  }),
  unit: choice('the unit', ['kWh', 'Wh']),
  stamp: choice('the times', ['start', 'end']),
});

/** Whose keys come with a message is told by them; the rest of an interval waits in the desk as a clearing does. */
interface Handed {
  readonly interval: string;
  /** What a clearing traded, where it gives the keys. */
  readonly pairs: readonly Pair[];
  readonly keys: Keys | null;
}

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-allocation',
    config: configSchema,
    credentials: ['points'],
    create({ config, credentials, directory, node, status }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const points = new MeteringPoints(credentials['points'] ?? '');
      const fixed = fixedKeys(config);
      const members = () => [...community.members.values()].filter((m) => m.kind !== 'operator').map((m) => m.id);
      if (fixed) requireKeys(fixed, members());
      let archive: AllocationArchive;
      let desk: SettlementDesk<Handed>;
      /** Intervals with meters that are not shared yet, and of them those that were told as open. */
      let open = new Set<string>();
      let told = new Set<string>();

      const begin = () => {
        const folder = join(directory, 'microgrid', 'allocations', `${community.rules.origin}_${community.epoch}`);
        archive = new AllocationArchive(folder, (sentence) => node.warn(sentence));
        desk = new SettlementDesk(members);
        open = new Set();
        told = new Set();
        status(idle('nothing to share yet'));
      };

      /** Shared before: kept, and not to be shared a second time; a simulation that starts over shares anew. */
      const isDone = (interval: string) =>
        archive.get(interval) !== undefined && community.continues(intervalStart(interval));

      const share = ({ interval, clearing, meters }: Complete<Handed>): Outputs => {
        const energy = meters.map(({ member, importWh, exportWh }) => ({
          member,
          surplusWh: exportWh ?? 0,
          consumptionWh: importWh ?? 0,
        }));
        const keys = clearing.keys ?? keysOfClearing(clearing.pairs, energy);
        const { rule, volumeWh, price, pairs, left } = allocate({
          interval,
          price: config.price,
          members: [...new Set([...members(), ...energy.map(({ member }) => member)])],
          energy,
          keys,
        });
        const taken = Map.groupBy(pairs, ({ buyer }) => buyer);
        const kept: KeptAllocation = {
          interval,
          members: meters.map(({ member, importWh, exportWh, quality }) => [
            member,
            importWh ?? 0,
            exportWh ?? 0,
            (taken.get(member) ?? []).reduce((sum, { wh }) => sum + wh, 0),
            left.find((each) => each.member === member)?.wh ?? 0,
            quality !== 'measured',
          ]),
          pairs: pairs.map(({ buyer, seller, wh }) => [buyer, seller, wh]),
        };
        archive.add(kept);
        desk.settled(interval);
        open.delete(interval);
        told.delete(interval);
        status(working(`${interval.slice(11)} ${formatEnergy(volumeWh)} shared`));
        // As an auction's result is told, so that the same nodes take it; its one price has no bounds but itself.
        const payload: Payload<'clearing'> = {
          ...{ type: 'clearing', rule, interval, volumeWh, price, priceLow: price, priceHigh: price },
          ...{ orders: [], fills: [], pairs: [...pairs] },
        };
        const exported: Payload<'keys'> = { type: 'keys', interval, kind: 'dynamic-full', keys: [...keysOf(kept)] };
        return [{ topic: interval, payload }, null, { topic: interval, payload: exported }];
      };

      const stillOpen = (interval: string): Outputs => {
        told.add(interval);
        const waitingFor = desk.missing(interval);
        const what = waitingFor.length > 0 ? `${waitingFor.length} missing` : 'no keys';
        status(degraded(`${interval.slice(11)} open, ${what}`));
        return [null, { topic: interval, payload: { type: 'open', interval, members: waitingFor } }];
      };

      const takeMeter = (payload: Payload<'meter'>, send: (outputs: Outputs) => void) => {
        const { interval } = payload;
        if (!members().includes(payload.member)) {
          throw new Error(
            `${payload.member} is not a member of ${community.rules.origin}; add it or check the meter's member`,
          );
        }
        requireNotAhead(community, interval, 'meter');
        if (isDone(interval)) return;
        open.add(interval);
        for (const oldest of open) if (open.size > REMEMBERED) open.delete(oldest);
        if (fixed) desk.clearing({ interval, pairs: [], keys: fixed });
        const complete = desk.meter(payload);
        if (complete) send(share(complete));
        else if (payload.quality === 'missing') send(stillOpen(interval));
        // When the meters of an interval come, those of the intervals before it are overdue.
        for (const before of [...open].sort()) if (before < interval && !told.has(before)) send(stillOpen(before));
      };

      const takeKeys = ({ interval, pairs, keys }: Handed, kind: Keys['kind'], send: (outputs: Outputs) => void) => {
        if (kind !== config.kind) {
          throw new Error(
            `this node shares by ${config.kind} keys and takes no others; open it to share by ${kind} keys`,
          );
        }
        if (isDone(interval)) throw new Error(`the keys of ${interval} come late: its surplus was shared already`);
        if (keys) requireKeys(keys, members());
        const complete = desk.clearing({ interval, pairs, keys });
        if (complete) send(share(complete));
      };

      community.on('reset', begin);
      begin();

      return {
        input(message, send) {
          const payload = readPayload(
            message.payload,
            ...(['meter', 'keys', 'clearing', 'keys-export', 'utility-figures', 'battery', 'order', 'note'] as const),
          );
          switch (payload.type) {
            case 'meter':
              return takeMeter(payload, send);
            case 'keys':
              return takeKeys({ interval: payload.interval, pairs: [], keys: readKeys(payload) }, payload.kind, send);
            case 'clearing':
              return takeKeys({ interval: payload.interval, pairs: payload.pairs, keys: null }, 'dynamic-full', send);
            case 'keys-export':
              requireSpan(payload);
              return send([null, null, keyFiles(payload, archive, config, points).map(asMessage)]);
            case 'utility-figures': {
              const memberOf = (point: string) => points.memberOf(point) ?? members().find((id) => id === point);
              const result = differences(payload, archive, config, memberOf);
              status((result.count === 0 ? working : degraded)(`${result.count} differences`));
              return send([null, null, null, { ...message, payload: result }]);
            }
          }
        },
        close: () => {
          community.off('reset', begin);
        },
      };
    },
  });
}

/** The keys that hold in every interval; null where each interval has its own. @throws Error where none are given */
function fixedKeys({ kind, keys }: v.InferOutput<typeof configSchema>): Keys | null {
  if (kind === 'dynamic') return { kind };
  if (kind !== 'static' && kind !== 'static-redistributed') return null;
  if (keys.length === 0) throw new Error('no keys are given; open this node and say who gets how much');
  return { kind, keys };
}

/** @throws RangeError where keys name who is no member, or sum to more than the whole */
function requireKeys(keys: Keys, members: readonly string[]): void {
  checkCommunity({ interval: '', price: 0, members, energy: [], keys });
}

/** Who sold whom how much, as parts of each seller's surplus: what it gave, or what it sold where it gave less. */
function keysOfClearing(
  pairs: readonly Pair[],
  energy: readonly { readonly member: string; readonly surplusWh: number; readonly consumptionWh: number }[],
): Keys {
  const sold = new Map<string, number>();
  for (const { seller, wh } of pairs) sold.set(seller, (sold.get(seller) ?? 0) + wh);
  const surplus = energy.map(({ member, surplusWh, consumptionWh }): [string, number] => [
    member,
    Math.max(sold.get(member) ?? 0, surplusWh - consumptionWh),
  ]);
  return keysOfPairs(pairs, new Map(surplus));
}

function readKeys({ kind, keys }: Payload<'keys'>): Keys {
  if (kind === 'dynamic-simple') return { kind, keys };
  return { kind, keys: keys.map(({ producer = '', member, millionths }) => ({ producer, member, millionths })) };
}

/** A year and a leap day are 35,136 intervals. */
function requireSpan({ from, until }: Payload<'keys-export'>): void {
  const intervals = (intervalStart(until) - intervalStart(from)) / INTERVAL_MS;
  if (intervals > 0 && intervals <= 35_136) return;
  throw new Error('the time of a keys-export ends after it begins, and is a year at most');
}

/** A file as a message: the *file* node takes its name from `filename`. */
function asMessage(file: { readonly name: string }): Message {
  return { topic: file.name, filename: file.name, payload: { type: 'file', ...file } };
}
