// Configuration node: the community's name, money, tariffs, gate and clock. Everything else refers to it.
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { choice, decimal, pattern, whole } from '../shared/config-fields.ts';
import { defineNode } from '../shared/define-node.ts';
import { Community } from './community.ts';

const CT = 10_000;

const config = v.object({
  origin: pattern(
    'the name',
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/,
    'written like a domain name in small letters, such as sunny-street.example',
  ),
  currency: pattern('the currency', /^[A-Z]{3}$/, 'three capital letters, such as EUR'),
  importTariff: decimal('the import tariff (ct/kWh)', 4, -1000 * CT, 1000 * CT),
  feedInTariff: decimal('the feed-in tariff (ct/kWh)', 4, -1000 * CT, 1000 * CT),
  gateLeadMinutes: decimal('the gate lead time (minutes)', 2, 0, 1400),
  maxOrderKWh: decimal('the largest order (kWh)', 3, 1, 1e9),
  ordersPerMember: whole('orders per member and interval', 1, 1000),
  clock: choice('the clock', ['real', 'simulated']),
  start: pattern(
    'the start of the simulation',
    /^$|^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z$/,
    'a UTC time such as 2017-07-10T06:00Z',
  ),
  speed: decimal('the speed', 3, 1, 100_000_000),
});

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-community',
    config,
    create({ config: fields, directory, fail }) {
      if (fields.feedInTariff > fields.importTariff) {
        throw new Error('the feed-in tariff is above the import tariff; then nobody would trade with a neighbour');
      }
      const start = Date.parse(fields.start);
      if (fields.clock === 'simulated' && Number.isNaN(start)) {
        throw new Error('the start of the simulation is missing; give a UTC time such as 2017-07-10T06:00Z');
      }
      const community = new Community(
        {
          origin: fields.origin,
          currency: fields.currency,
          tariffs: { import: fields.importTariff, feedIn: fields.feedInTariff },
          gateLeadSeconds: Math.round((fields.gateLeadMinutes * 60) / 100),
          maxOrderWh: fields.maxOrderKWh,
          maxOrdersPerMember: fields.ordersPerMember,
        },
        fields.clock === 'real' ? { mode: 'real' } : { mode: 'simulated', start, speed: fields.speed / 1000 },
        join(directory, 'microgrid', 'communities', `${fields.origin}.epoch`),
        fail,
      );
      return { api: community, close: () => community.close() };
    },
  });
}
