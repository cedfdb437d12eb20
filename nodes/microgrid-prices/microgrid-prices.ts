// Makes the project's prices (quarter hours of UTC, micro-currency per kWh) out of whatever another node fetched: an ENTSO-E
// document, answers of Tibber, sensors of Home Assistant, plain lists. It fetches nothing itself.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { Prices, PriceUnit } from '../../src/sources/prices/price-series.ts';
import { readPrices } from '../../src/sources/prices/prices.ts';
import { intervalAt } from '../../src/time/interval.ts';
import { formatPrice } from '../../src/units.ts';
import type { Community } from '../microgrid-community/community.ts';
import { choice, nodeId, requiredText } from '../shared/config-fields.ts';
import { apiOf, defineNode } from '../shared/define-node.ts';
import { compilePath } from '../shared/paths.ts';
import { degraded, idle, working } from '../shared/status.ts';

const UNITS = ['kWh', 'ct/kWh', 'MWh'] as const satisfies readonly PriceUnit[];

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-prices',
    config: v.object({
      community: nodeId(),
      property: requiredText('where the prices are'),
      unit: choice('the unit of the prices', UNITS),
    }),
    create({ node, config, status }) {
      const { clock, rules } = apiOf<Community>(RED, config.community, 'community');
      const read = compilePath(RED, node, config.property, 'msg');
      status(idle('no prices yet'));

      const show = ({ intervals, gaps }: Prices) => {
        if (gaps.length > 0) return status(degraded(`${intervals.length} prices, ${gaps.length} gaps`));
        const now = intervals.find(({ interval }) => interval === intervalAt(clock.now()));
        status(working(now ? `${formatPrice(now.price)} now` : `${intervals.length} prices`));
      };

      return {
        async input(message, send) {
          const found = await read(message);
          if (found === undefined) throw new Error(`the message has no msg.${config.property}`);
          const prices = readPrices(found, config.unit);
          const currency = prices.currency ?? rules.currency;
          if (currency !== rules.currency) {
            throw new Error(`the prices are in ${currency}, but ${rules.origin} counts in ${rules.currency}`);
          }
          const { intervals, gaps } = prices;
          send([{ ...message, payload: { type: 'prices', currency, intervals, gaps } }]);
          show(prices);
        },
      };
    },
  });
}
