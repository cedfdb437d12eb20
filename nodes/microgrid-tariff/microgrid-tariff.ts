// Says for each interval what energy costs beside the market: from what its dialog says of hours, days and charges, and where
// that is dynamic from prices that another node sends. A price that is not there is waited for, never guessed.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { canonicalJson } from '../../src/log/canonical-json.ts';
import { type Resolved, tariffResolver, type Unresolved } from '../../src/settlement/resolve.ts';
import { isDate, localClock } from '../../src/time/local-time.ts';
import { formatPrice } from '../../src/units.ts';
import type { Community } from '../microgrid-community/community.ts';
import { apiOf, defineNode, type Message, Refusal, toError } from '../shared/define-node.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { stateFile } from '../shared/state-file.ts';
import { idle, working } from '../shared/status.ts';
import { dayTable } from './day-table.ts';
import { KnownPrices, pricesSchema } from './known-prices.ts';
import { configSchema, type TariffConfig, tariffOf } from './settings.ts';

/** Intervals that wait for a price: a week. The longest waiting is forgotten. */
const MOST_WAITING = 672;
/** Prices of the running nodes, for the table in their dialogs. */
const running = new Map<string, KnownPrices>();

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-tariff',
    config: configSchema,
    refusedOutput: 1,
    create({ node, config, directory, status }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const { clock, rules } = community;
      const tariff = tariffOf(config);
      const resolve = tariffResolver(tariff);
      const withdraw = config.bills === 'yes' ? community.declareTariff(canonicalJson(tariff)) : () => {};
      const file = stateFile(directory, 'tariffs', [rules.origin, node.id], pricesSchema, (sentence) =>
        node.warn(sentence),
      );
      const prices = new KnownPrices(file);
      const waiting = new Set<string>();
      running.set(node.id, prices);
      status(idle('no interval yet'));

      const lookUp = (interval: string): Resolved | Unresolved => {
        const resolved = resolve(interval, prices.get(interval));
        if (!('open' in resolved)) {
          waiting.delete(interval);
          prices.give(interval);
        } else if (resolved.open === 'price-missing') {
          waiting.add(interval);
          for (const oldest of waiting) {
            if (waiting.size <= MOST_WAITING) break;
            waiting.delete(oldest);
          }
        }
        return resolved;
      };

      const messageOf = (interval: string, { tariffs, rates }: Resolved): Message => {
        const payload: Payload<'tariff'> = { type: 'tariff', interval, tariffs, rates };
        return { topic: interval, payload };
      };

      const show = (interval: string, found: Resolved | Unresolved) => {
        if (!('open' in found)) return status(working(priceText(found)));
        // Another tariff may hold on that day.
        if (found.open === 'no-tariff') status(idle(`says nothing of ${interval.slice(0, 10)}`));
      };

      const onInterval = (
        { event, interval, bidding = interval }: Payload<'interval'>,
        send: (message: Message) => void,
      ) => {
        const asked = event === 'start' ? [...new Set([interval, bidding])] : [interval];
        const found = asked.map((each) => ({ interval: each, found: lookUp(each) }));
        for (const { interval, found: tariff } of found) if (!('open' in tariff)) send(messageOf(interval, tariff));
        show(interval, found[0]!.found);
        const without = found.find(({ found: tariff }) => 'open' in tariff && tariff.open === 'price-missing');
        if (!without) return;
        const text = `there is no price for ${without.interval} yet; its tariff is sent once the price comes`;
        throw new Refusal(
          'no-price',
          text,
          { type: 'interval', event, interval },
          `no price for ${without.interval.slice(11)}`,
        );
      };

      const onPrices = (payload: Payload<'prices'>, send: (message: Message) => void) => {
        if (payload.currency !== rules.currency) {
          const text = `the prices are in ${payload.currency}, but ${rules.origin} counts in ${rules.currency}`;
          throw new Refusal('wrong-currency', text, payload);
        }
        requireOnce(payload);
        const changed = prices.take(payload.intervals, clock.now());
        for (const interval of [...waiting].sort()) {
          const found = lookUp(interval);
          if (!('open' in found)) send(messageOf(interval, found));
        }
        const [first] = changed;
        if (first) {
          const more = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
          const text = `the price of ${first.interval} is ${first.stands} and stands, but now ${first.price} came${more}; the other prices were taken`;
          throw new Refusal('changed-price', text, payload);
        }
        status(working(`${payload.intervals.length} prices`));
      };

      return {
        input(message, send) {
          const payload = readTariffInput(message.payload);
          const sendOne = (tariff: Message) => send([tariff]);
          if (payload.type === 'prices') onPrices(payload, sendOne);
          else onInterval(payload, sendOne);
        },
        close: () => {
          withdraw();
          running.delete(node.id);
        },
      };
    },
  });

  RED.httpAdmin.post('/microgrid/tariff/day', RED.auth.needsPermission('microgrid.read'), (request, response) => {
    try {
      response.json(dayOf(request.body));
    } catch (problem) {
      response.json({ error: toError(problem).message });
    }
  });
}

const dayRequest = v.object({ id: v.string(), date: v.string(), fields: v.unknown() });

/** What the dialog's table shows, of fields that nobody has deployed yet. @throws Error with a sentence for the dialog */
function dayOf(body: unknown): object {
  const { id, date: asked, fields } = v.parse(dayRequest, body);
  const parsed = v.safeParse(configSchema as v.GenericSchema<unknown, TariffConfig>, fields);
  if (!parsed.success) throw new Error(parsed.issues[0].message);
  const tariff = tariffOf(parsed.output);
  const date = asked === '' ? localClock(tariff.timeZone)(Date.now()).date : asked;
  if (!isDate(date)) throw new Error('the day of the table must be one such as 2026-12-31');
  return { date, spans: dayTable(tariff, date, (interval) => running.get(id)?.get(interval)) };
}

/** A malformed price list is refused like a wrong one, so that whoever sent it can be told. */
function readTariffInput(payload: unknown): Payload<'interval' | 'prices'> {
  try {
    return readPayload(payload, 'interval', 'prices');
  } catch (problem) {
    const isPrices = typeof payload === 'object' && payload !== null && 'type' in payload && payload.type === 'prices';
    throw isPrices ? new Refusal('malformed', toError(problem).message, payload) : problem;
  }
}

function requireOnce(payload: Payload<'prices'>): void {
  const known = new Map<string, number>();
  for (const { interval, price } of payload.intervals) {
    const before = known.get(interval);
    if (before !== undefined && before !== price) {
      throw new Refusal('malformed', `there are two prices for ${interval}: ${before} and ${price}`, payload);
    }
    known.set(interval, price);
  }
}

function priceText({ tariffs, rates }: Resolved): string {
  const price = formatPrice(tariffs.import);
  return rates.import === undefined ? price : `${price}, ${rates.import} rate`;
}
