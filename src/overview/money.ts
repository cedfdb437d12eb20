// From the lines of a settlement to the lines of one member's statement, and what the same energy costs without
// trading. Nano-currency, integers; `amount` > 0 is paid by the member. A line of a settlement is paid by `account`.
import { above } from '../settlement/energy-figures.ts';
import { surchargesOn, type Tariffs, vatOn } from '../settlement/tariffs.ts';
import { amountNano } from '../units.ts';
import type { SettlementMessage } from './messages.ts';
import { type Line, type Money, own, type Settled } from './state.ts';

const NOTHING: Line = { wh: 0, amount: 0 };

export const NO_MONEY: Money = {
  bought: NOTHING,
  sold: NOTHING,
  supplier: NOTHING,
  feedIn: NOTHING,
  fees: NOTHING,
  amount: 0,
  supplierOnly: 0,
};

/** Sum of two amounts or energies. @throws RangeError where a double no longer holds it exactly */
export function plus(a: number, b: number): number {
  const sum = a + b;
  if (!Number.isSafeInteger(sum))
    throw new RangeError(`the sum of ${a} and ${b} does not fit 2^53-1; start a new epoch`);
  return sum;
}

function addLine(a: Line, b: Line): Line {
  return { wh: plus(a.wh, b.wh), amount: plus(a.amount, b.amount) };
}

export function addMoney(a: Money, b: Money): Money {
  return {
    bought: addLine(a.bought, b.bought),
    sold: addLine(a.sold, b.sold),
    supplier: addLine(a.supplier, b.supplier),
    feedIn: addLine(a.feedIn, b.feedIn),
    fees: addLine(a.fees, b.fees),
    amount: plus(a.amount, b.amount),
    supplierOnly: plus(a.supplierOnly, b.supplierOnly),
  };
}

/** Cost of a metered net at the supplier alone: import at its tariff, with all charges on it, export at the feed-in tariff. */
export function supplierOnly(netWh: number, tariffs: Tariffs): number {
  const [bought, sold] = [amountNano(above(netWh), tariffs.import), amountNano(above(-netWh), tariffs.feedIn)];
  const { fee, levies, vat } = surchargesOn(tariffs, above(netWh), bought, 'beyond');
  return bought + fee + levies + vat - sold - vatOn(tariffs.feedInVatBasisPoints ?? 0, sold);
}

/**
 * The money of every member of a settled interval, after a settlement or a correction of it. Members whose meter is missing are
 * apart: their interval is open. What is neither a trade nor the supplier's (network, tax, fund) is summed as fees.
 * @param before what stood, where the settlement corrects it
 */
export function moneyOf(settlement: SettlementMessage, before?: Settled): Settled {
  const { tariffs, statements, number = 0 } = settlement;
  const stood = number > 0 ? { ...before?.open, ...before?.members } : {};
  const members: Record<string, Money> = number > 0 ? { ...before?.members } : {};
  const open: Record<string, Money> = number > 0 ? { ...before?.open } : {};
  for (const { member, importWh, exportWh, amount } of statements) {
    const { bought, sold, supplier, feedIn, fees } = own(stood, member) ?? NO_MONEY;
    const parts = { bought, sold, supplier, feedIn, fees };
    for (const [part, line] of linesOf(settlement, `member/${member}`)) parts[part] = addLine(parts[part], line);
    if (importWh === null || exportWh === null) {
      open[member] = { ...parts, amount, supplierOnly: 0 };
      continue;
    }
    delete open[member];
    members[member] = { ...parts, amount, supplierOnly: supplierOnly(importWh - exportWh, tariffs) };
  }
  return { tariffs, members, open };
}

type Part = 'bought' | 'sold' | 'supplier' | 'feedIn' | 'fees';

function* linesOf(settlement: SettlementMessage, account: string): Generator<[Part, Line]> {
  for (const line of settlement.lines) {
    // A member's own purchase set against its own sale moves no money.
    if (line.account === line.counterAccount) continue;
    if (line.account === account) {
      yield [partOf(line.counterAccount, 'bought', 'supplier'), { wh: line.wh, amount: line.amount }];
    } else if (line.counterAccount === account) {
      yield [partOf(line.account, 'sold', 'feedIn'), { wh: line.wh, amount: -line.amount || 0 }];
    }
  }
}

function partOf(other: string, trade: Part, supplier: Part): Part {
  if (other.startsWith('member/')) return trade;
  return other === 'supplier' ? supplier : 'fees';
}
