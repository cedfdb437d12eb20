// What the market's dialog stores, and what it says about how the market clears: the rule, the bounds of orders, a member's
// quota, the feeder tree. In a person's units there (kWh, ct/kWh), in the domain's integers here.
import * as v from 'valibot';
import { areasFault, type DeclaredArea } from '../../src/ledger/areas.ts';
import { RULE_NAMES } from '../../src/market/clear.ts';
import type { CommunityRules, MarketRules } from '../microgrid-community/community.ts';
import { choice, decimal, nodeId, optional, optionalText, pattern } from '../shared/config-fields.ts';

const CT = 10_000;

const area = v.object({
  id: pattern('the id of an area', /^[a-z][a-z0-9-]{0,63}$/, 'small letters, digits and hyphens, a letter first'),
  parent: optionalText('the area above'),
  importKWh: optional(decimal('the most that comes into an area (kWh)', 3, 0, 1e12)),
  exportKWh: optional(decimal('the most that leaves an area (kWh)', 3, 0, 1e12)),
  fee: optional(decimal('the fee of an area (ct/kWh)', 4, 0, 1000 * CT)),
});

/** A feeder tree as the dialog stores it: JSON text, empty for none. */
const feederTree = v.pipe(
  optionalText('the feeder tree'),
  v.rawTransform<string, readonly DeclaredArea[]>(({ dataset, addIssue, NEVER }) => {
    try {
      return readAreas(dataset.value);
    } catch (problem) {
      addIssue({ message: problem instanceof Error ? problem.message : String(problem) });
      return NEVER;
    }
  }),
);

export const configSchema = v.object({
  community: nodeId(),
  ledger: nodeId(),
  rule: choice('the rule', RULE_NAMES),
  lowestLimit: optional(decimal('the lowest limit (ct/kWh)', 4, -1000 * CT, 1000 * CT)),
  highestLimit: optional(decimal('the highest limit (ct/kWh)', 4, -1000 * CT, 1000 * CT)),
  memberKWh: optional(decimal('the energy of a member (kWh)', 3, 1, 1e9)),
  areas: feederTree,
});

/** @throws Error with a sentence, where the bounds leave no room */
export function marketRules(
  { rule, lowestLimit, highestLimit, memberKWh, areas }: v.InferOutput<typeof configSchema>,
  { tariffs }: CommunityRules,
): MarketRules {
  const limits = { min: lowestLimit ?? tariffs.feedIn, max: highestLimit ?? tariffs.import };
  if (limits.min > limits.max) {
    throw new Error('the lowest limit is above the highest one, so no order could be given; correct one of them');
  }
  return { rule, limits, maxMemberWh: memberKWh ?? null, areas };
}

/** @throws Error with a sentence that names the area */
function readAreas(text: string): DeclaredArea[] {
  if (text === '') return [];
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch {
    throw new TypeError('the feeder tree must be a list of areas in JSON');
  }
  const result = v.safeParse(v.array(area, 'the feeder tree must be a list of areas'), rows);
  if (!result.success) throw new TypeError(result.issues[0].message);
  const found = result.output
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
  const fault = areasFault(found);
  if (fault) throw new RangeError(fault);
  return found;
}
