// What the market's dialog says about how it clears: the rule, the bounds of orders, a member's quota, the feeder tree.
// In a person's units there (kWh, ct/kWh), in the domain's integers here.
import * as v from 'valibot';
import { areasFault, type DeclaredArea } from '../../src/ledger/areas.ts';
import { RULE_NAMES } from '../../src/market/clear.ts';
import type { CommunityRules, MarketRules } from '../microgrid-community/community.ts';
import { choice, decimal, optional, optionalText, pattern } from '../shared/config-fields.ts';

const CT = 10_000;

const area = v.object({
  id: pattern('the id of an area', /^[a-z][a-z0-9-]{0,63}$/, 'small letters, digits and hyphens, a letter first'),
  parent: optionalText('the area above'),
  importKWh: optional(decimal('the most that comes into an area (kWh)', 3, 0, 1e15)),
  exportKWh: optional(decimal('the most that leaves an area (kWh)', 3, 0, 1e15)),
  fee: optional(decimal('the fee of an area (ct/kWh)', 4, 0, 1000 * CT)),
});

/** Fields of the node's configuration. */
export const marketFields = {
  rule: choice('the rule', RULE_NAMES),
  lowestLimit: optional(decimal('the lowest limit (ct/kWh)', 4, -1000 * CT, 1000 * CT)),
  highestLimit: optional(decimal('the highest limit (ct/kWh)', 4, -1000 * CT, 1000 * CT)),
  memberKWh: optional(decimal('the energy of a member (kWh)', 3, 1, 1e9)),
  areas: v.optional(v.array(area, 'the areas must be a list'), []),
};

type MarketConfig = v.InferOutput<ReturnType<typeof schema>>;
const schema = () => v.object(marketFields);

/** @throws Error with a sentence, where the fields contradict each other */
export function marketRules(config: MarketConfig, { tariffs }: CommunityRules): MarketRules {
  const limits = { min: config.lowestLimit ?? tariffs.feedIn, max: config.highestLimit ?? tariffs.import };
  if (limits.min > limits.max) {
    throw new Error('the lowest limit is above the highest one, so no order could be given; exchange them');
  }
  const areas = config.areas
    .map(
      ({ id, parent, importKWh, exportKWh, fee }): DeclaredArea => ({
        id,
        parent: parent === '' ? null : parent,
        importWh: importKWh ?? null,
        exportWh: exportKWh ?? null,
        fee: fee ?? 0,
      }),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const fault = areasFault(areas);
  if (fault) throw new Error(fault);
  return { rule: config.rule, limits, maxMemberWh: config.memberKWh ?? null, areas };
}
