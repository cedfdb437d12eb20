// Settlement `settle/1` (market.md): from clearings and metered energy to lines of money. Per member and interval:
// metered net = import - export, position = bought - sold, deviation = metered net - position. Traded energy at its
// price, buyer to seller; a positive deviation is bought from the supplier, a negative one sold to it. Wh x
// micro-currency per kWh = nano-currency, exact; every line moves one integer between two accounts, so all sum to 0.
//
// Read from market.md and fixed here:
// - `account` of a line is who gets the energy (or owes the charge), `counterAccount` who gives it. With a negative price
//   the amount is negative: the money goes the other way.
// - `accounts` are balances: + for money received, - for money paid. The `amount` of a member's row is a bill: above 0 the
//   member pays it, as in a line whose `account` is the member.
// - Order of lines: intervals by time; in each the trades by preference, the pairs as the clearing lists them, then the members by id (bytes). A
//   charge follows the line it is for. A deviation of 0 Wh and a charge of 0 make no line; energy at price 0 does.
// - A pair with a price of its own trades at it. Where the seller gets less than the buyer pays, the trade is at what the
//   seller gets, and the difference is a line of its own from the buyer to `fund`; VAT is on both together.
//   Where the pair names a network fee (`zonal/1`), that part of the difference goes to `network` instead, and the tariff's
//   network fee is not charged on it.
// - The trades of a member without metered energy stand, for they follow from the clearing alone. Its deviation stays
//   open. So does that of a member who traded and has no meter row at all.
// - `estimated` energy settles like measured energy and says so in its row.
import { compareBytes } from '../market/rotation.ts';
import { intervalStart } from '../time/interval.ts';
import { amountNano, quote } from '../units.ts';
import { Accounts } from './accounts.ts';
import { checkClearing, checkMeters, safeSum } from './check.ts';
import { tradedPairs } from './preferred.ts';
import type {
  IntervalInput,
  Line,
  LineCode,
  MemberRow,
  MeteredEnergy,
  OpenInterval,
  Settlement,
  SettlementInput,
} from './settlement.ts';
import { type Distance, distanceOf, surchargesOn } from './tariffs.ts';

/**
 * Settles intervals.
 * @throws RangeError naming the field, where input contradicts itself or an amount leaves 2^53-1
 */
export function settle(input: SettlementInput): Settlement {
  const starts = new Map(input.intervals.map((part) => [part.interval, intervalStart(part.interval)]));
  if (starts.size !== input.intervals.length) throw new RangeError('intervals: an interval stands twice');
  const parts = input.intervals
    .map((part, index) => ({ part, where: `intervals[${index}]` }))
    .sort((a, b) => starts.get(a.part.interval)! - starts.get(b.part.interval)!);
  const all = new Accounts();
  const lines: Line[] = [];
  const open: OpenInterval[] = [];
  const rows: MemberRow[] = [];
  for (const { part, where } of parts) {
    checkClearing(part, where);
    checkMeters(part.meters, `${where}.meters`);
    const before = lines.length;
    settleInterval(input, part, lines, open, rows);
    for (let i = before; i < lines.length; i++) all.book(lines[i]!);
  }
  return { lines, accounts: all.balances(), sum: String(all.sum()), open, rows };
}

function settleInterval(
  { tariffs, places }: SettlementInput,
  { interval, clearing, meters }: IntervalInput,
  lines: Line[],
  open: OpenInterval[],
  rows: MemberRow[],
): void {
  const own = new Accounts();
  const add = (account: string, counterAccount: string, wh: number, price: number, amount: number, code: LineCode) => {
    const line: Line = { interval, account, counterAccount, wh, price, amount, code };
    lines.push(line);
    own.book(line);
  };
  /**
   * @param surplus what the buyer pays per kWh on top of the price, to the fund
   * @param networkFee per kWh, where it is not the tariff's
   */
  const buy = (
    account: string,
    from: string,
    wh: number,
    price: number,
    code: LineCode,
    distance: Distance,
    surplus = 0,
    networkFee?: number,
  ) => {
    const amount = amountNano(wh, price + surplus);
    add(account, from, wh, price, amountNano(wh, price), code);
    if (surplus !== 0) add(account, 'fund', wh, surplus, amountNano(wh, surplus), 'fund');
    const { feePrice, fee, levies, vat } = surchargesOn(tariffs, wh, amount, distance, networkFee);
    if (fee !== 0) add(account, 'network', wh, feePrice, fee, 'network-fee');
    if (levies !== 0) add(account, 'tax', wh, tariffs.levies ?? 0, levies, 'levies');
    if (vat !== 0) add(account, 'tax', 0, 0, vat, 'vat');
  };

  const bought = new Map<string, number>();
  const sold = new Map<string, number>();
  for (const { buyer, seller, wh, price = clearing.price!, sellerPrice = price, networkFee } of tradedPairs(clearing)) {
    const surplus = price - sellerPrice - (networkFee ?? 0);
    const distance = distanceOf(places, buyer, seller);
    buy(accountOf(buyer), accountOf(seller), wh, sellerPrice, 'trade', distance, surplus, networkFee);
    if (buyer === seller) continue;
    safeSum(bought, buyer, wh);
    safeSum(sold, seller, wh);
  }

  const metered = new Map(meters.map((meter) => [meter.member, meter]));
  const members = new Set([...metered.keys(), ...bought.keys(), ...sold.keys()]);
  for (const member of [...members].sort(compareBytes)) {
    const meter = metered.get(member);
    const account = accountOf(member);
    const boughtWh = bought.get(member) ?? 0;
    const soldWh = sold.get(member) ?? 0;
    const net = netOf(meter);
    let [supplierWh, feedInWh] = [0, 0];
    if (net === null) {
      open.push({ interval, member, reason: meter ? 'meter-missing' : 'no-meter-record' });
    } else {
      const deviation = net - (boughtWh - soldWh);
      if (!Number.isSafeInteger(deviation)) {
        throw new RangeError(`the deviation of member ${quote(member)} in ${interval} does not fit 2^53-1 Wh`);
      }
      if (deviation > 0) {
        supplierWh = deviation;
        buy(account, 'supplier', deviation, tariffs.import, 'import', 'beyond');
      } else if (deviation < 0) {
        feedInWh = -deviation;
        add('supplier', account, feedInWh, tariffs.feedIn, amountNano(feedInWh, tariffs.feedIn), 'feed-in');
      }
    }
    rows.push({
      interval,
      member,
      importWh: net === null ? null : meter!.importWh,
      exportWh: net === null ? null : meter!.exportWh,
      quality: net === null ? 'missing' : meter!.quality,
      boughtWh,
      soldWh,
      supplierWh,
      feedInWh,
      amount: own.due(account),
    });
  }
}

/** Import less export, or null where it is not known. Values that a `missing` row happens to carry are not used. */
function netOf(meter: MeteredEnergy | undefined): number | null {
  if (!meter || meter.quality === 'missing' || meter.importWh === null || meter.exportWh === null) return null;
  return meter.importWh - meter.exportWh;
}

function accountOf(member: string): string {
  return `member/${member}`;
}
