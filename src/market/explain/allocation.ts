// Reasons of `allocation/1`, which has no orders: for each member that consumes, whether its key or its own consumption set
// what it got, or its key and what others left over.
import type { Reason } from '../../units.ts';
import type { Share } from '../allocation-keys.ts';
import { energyText } from '../words.ts';

export function explainShare({ wh, keyWh, consumptionWh }: Share): Reason {
  const numbers = { wh, keyWh, consumptionWh };
  const consumed = `${energyText(consumptionWh)} that you consumed`;
  if (keyWh === 0 && wh === 0) {
    return { code: 'no-share', text: `none of the ${consumed}: your key gives no Wh of this surplus`, numbers };
  }
  if (wh === consumptionWh) {
    const more = keyWh > wh ? `; your key would give ${energyText(keyWh)}` : '';
    return { code: 'all-consumption', text: `all ${consumed}${more}`, numbers };
  }
  const share = `${energyText(wh)} of the ${consumed}`;
  if (wh > keyWh) {
    const text = `${share}: ${energyText(keyWh)} by your key and ${energyText(wh - keyWh)} that others left`;
    return { code: 'key-and-rest', text, numbers };
  }
  return { code: 'by-key', text: `${share}: so much is your key's part of the surplus`, numbers };
}
