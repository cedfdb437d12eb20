// Settles one interval of a simulated community by `settle/1`: meters and clearing in, lines and every member's bill out.
import { settle } from '../settlement/settle.ts';
import type { StreetInterval } from './community.ts';
import type { CommunityConfig } from './community-config.ts';

/** What the settlement of one interval says, by position of the member. */
export interface Bill {
  /** The member's balance in nano-currency, + = pays. */
  readonly costNano: number;
  readonly supplierWh: number;
  readonly feedInWh: number;
}

export interface Settled {
  readonly settlement: ReturnType<typeof settle>;
  /** By position in `config.members`. */
  readonly bills: readonly Bill[];
}

/** @throws Error when the lines do not sum to 0 or a member has no bill, which would be a fault of this program */
export function settleStreet(config: CommunityConfig, street: StreetInterval): Settled {
  const { interval, clearing } = street;
  const meters = config.members.map(({ id }, index) => {
    const { importWh, exportWh } = street.members[index]!;
    return { member: id, importWh, exportWh, quality: 'measured' } as const;
  });
  const settlement = settle({ tariffs: config.tariffs, intervals: [{ interval, clearing, meters }] });
  if (settlement.sum !== '0') throw new Error(`the settlement of ${interval} sums to ${settlement.sum} instead of 0`);
  const rows = new Map(settlement.rows.map((row) => [row.member, row]));
  const bills = config.members.map(({ id }): Bill => {
    const row = rows.get(id);
    if (!row) throw new Error(`the settlement of ${interval} has no row for ${id}`);
    return { costNano: row.amount, supplierWh: row.supplierWh, feedInWh: row.feedInWh };
  });
  return { settlement, bills };
}
