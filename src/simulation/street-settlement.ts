import type { StreetInterval } from './community.ts';
import type { CommunityConfig } from './community-config.ts';
import type { Bill } from './figures.ts';
export interface Settled { readonly bills: readonly Bill[] }
export function settleStreet(config: CommunityConfig, street: StreetInterval): Settled {
  const p = street.clearing.price ?? 0;
  return { bills: street.members.map((m) => { const pos = m.boughtWh - m.soldWh; const d = m.importWh - m.exportWh - pos; const s = Math.max(0, d), f = Math.max(0, -d); return { supplierWh: s, feedInWh: f, costNano: pos * p + s * config.tariffs.import - f * config.tariffs.feedIn }; }) };
}
