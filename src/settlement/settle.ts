// Settlement `settle/1` (docs/settlement.md): from clearings and metered energy to lines of money. Per member and interval:
// metered net = import - export, position = bought - sold, deviation = metered net - position. Traded energy at its
// price, buyer to seller; a positive deviation is bought from the supplier, a negative one sold to it. Wh x
// micro-currency per kWh = nano-currency, exact; every line moves one integer between two accounts, so all sum to 0.
//
// Read from market.md and fixed here:
// - `account` of a line is who gets the energy (or owes the charge), `counterAccount` who gives it. With a negative price
//   the amount is negative: the money goes the other way.
// - `accounts` are balances: + for money received, - for money paid. The `amount` of a member's row is a bill: above 0 the
//   member pays it, as in a line whose `account` is the member.
// - Order of lines: intervals by time; in each the trades by preference, the pairs as the clearing lists them, what is pooled,
//   then the members by id (bytes). A charge follows the line it is for. A deviation of 0 Wh and a charge of 0 make no line; energy
//   at price 0 does.
// - A pair with a price of its own trades at it. Where the seller gets less than the buyer pays, the trade is at what the
//   seller gets, and the difference is a line of its own from the buyer to `fund`; VAT is on both together.
//   Where the pair names a network fee (`zonal/1`), that part of the difference goes to `network` instead, and the tariff's
//   network fee is not charged on it.
// - The trades of a member without metered energy stand, for they follow from the clearing alone. Its deviation stays
//   open. So does that of a member who traded and has no meter row at all. Without tariffs the whole interval stays open.
// - `estimated` energy settles like measured energy and says so in its row.
import { intervalStart } from '../time/interval.ts';
import { amountNano } from '../units.ts';
import { Accounts } from './accounts.ts';
import { capacityCharge, Peaks } from './capacity.ts';
import { checkClearing, checkMeters, checkTariffs } from './check.ts';
import { IntervalBook, type MemberParty } from './interval-book.ts';
import { poolPairs, poolPrice } from './pool.ts';
import { tradedPairs } from './preferred.ts';
import type { Unresolved } from './resolve.ts';
import type { IntervalInput, Line, MemberRow, OpenInterval, Settlement, SettlementInput } from './settlement.ts';
import { type Tariffs, vatOn } from './tariffs.ts';
import { purchaseOf } from './trades.ts';

/** What a settlement is gathered in, interval after interval. */
interface Gathered {
  readonly book: IntervalBook;
  readonly open: OpenInterval[];
  readonly rows: MemberRow[];
  readonly peaks: Peaks;
}

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
  const lines: Line[] = [];
  const accounts = new Accounts();
  const book = new IntervalBook(input.places, lines, accounts);
  const to: Gathered = { book, open: [], rows: [], peaks: new Peaks(input.peaks) };
  if (input.tariffs) checkTariffs(input.tariffs, 'tariffs');
  let charged = input.peaks !== undefined;
  for (const { part, where } of parts) {
    checkClearing(part, where);
    checkMeters(part.meters, `${where}.meters`);
    const tariffs = part.tariffs ?? input.tariffs;
    if (!tariffs) throw new RangeError(`${where}.tariffs is missing, and there are none for all intervals`);
    if (!('open' in tariffs)) {
      if (tariffs !== input.tariffs) checkTariffs(tariffs, `${where}.tariffs`);
      if (tariffs.capacity) charged = true;
    }
    settleInterval(part, tariffs, to);
  }
  const { open, rows, peaks } = to;
  const settlement = { lines, accounts: accounts.balances(), sum: String(accounts.sum()), open, rows };
  return charged ? { ...settlement, peaks: peaks.list() } : settlement;
}

function settleInterval(
  { interval, clearing, meters }: IntervalInput,
  tariffs: Tariffs | Unresolved,
  { book, open, rows, peaks }: Gathered,
): void {
  book.begin(interval);
  for (const meter of meters) book.member(meter.member).meter = meter;
  const unresolved = 'open' in tariffs;
  for (const pair of tradedPairs(clearing)) {
    const [buyer, seller] = [book.member(pair.buyer), book.member(pair.seller)];
    buyer.addBought(pair.wh);
    seller.addSold(pair.wh);
    if (!unresolved) book.buy(tariffs, buyer, seller, 'trade', purchaseOf(pair, clearing.price));
  }
  if (unresolved) {
    for (const party of book.sortedMembers()) {
      open.push({ interval, member: party.member, reason: tariffs.open });
      rows.push(rowOf(interval, party));
    }
    return;
  }

  const { capacity } = tariffs;
  const pooled = tariffs.balancing?.rule === 'pooled/1';
  if (pooled) pool(book, tariffs);
  if (capacity) for (const { member, netWh } of book.members) peaks.note(capacity.month, member, netWh ?? 0);
  const due = capacity?.due ? peaks.take(capacity.month) : null;
  // Who has a charge to pay has a row, also where nothing else happened to it.
  if (due) for (const member of due.keys()) book.member(member);
  for (const party of book.sortedMembers()) {
    const { member } = party;
    const deviation = book.deviationOf(party);
    if (deviation === null) {
      open.push({ interval, member, reason: party.meter ? 'meter-missing' : 'no-meter-record' });
    } else {
      balance(book, tariffs, party, deviation);
    }
    if (due) chargePeak(book, tariffs, party, due.get(member) ?? 0);
    rows.push(rowOf(interval, party, pooled));
  }
}

/** Opposite deviations cancel. */
function pool(book: IntervalBook, tariffs: Tariffs): void {
  const price = poolPrice(tariffs);
  const deviations = new Map(book.members.map((party) => [party.member, book.deviationOf(party)]));
  for (const { buyer, seller, wh } of poolPairs(book.interval, deviations, book.places)) {
    const [taker, giver] = [book.member(buyer), book.member(seller)];
    taker.poolBoughtWh += wh;
    giver.poolSoldWh += wh;
    book.buy(tariffs, taker, giver, 'pool', { wh, price });
  }
}

/** What a member used or left beyond its position is bought from the supplier, or sold to it. */
function balance(book: IntervalBook, tariffs: Tariffs, party: MemberParty, deviation: number): void {
  const rest = deviation - party.poolBoughtWh + party.poolSoldWh;
  if (rest > 0) {
    party.supplierWh = rest;
    book.buy(tariffs, party, book.supplier, 'import', { wh: rest, price: tariffs.import });
  } else if (rest < 0) {
    party.feedInWh = -rest;
    book.feedIn(tariffs, party, -rest);
  }
  const { rule, penalty = 0 } = tariffs.balancing ?? {};
  if (rule === 'penalty/1' && penalty > 0 && deviation !== 0) {
    book.add(party, book.fund, Math.abs(deviation), penalty, 'penalty');
  }
}

function chargePeak(book: IntervalBook, tariffs: Tariffs, party: MemberParty, peakWh: number): void {
  const { wh, price } = capacityCharge(peakWh, tariffs.capacity!);
  if (wh === 0 || price === 0) return;
  book.add(party, book.network, wh, price, 'capacity');
  const vat = vatOn(tariffs.vatBasisPoints ?? 0, amountNano(wh, price));
  if (vat !== 0) book.add(party, book.tax, 0, 0, 'vat', vat);
}

function rowOf(interval: string, party: MemberParty, pooled = false): MemberRow {
  const { member, meter, netWh, boughtWh, soldWh, supplierWh, feedInWh, poolBoughtWh, poolSoldWh } = party;
  const row = {
    interval,
    member,
    importWh: netWh === null ? null : meter!.importWh,
    exportWh: netWh === null ? null : meter!.exportWh,
    quality: netWh === null ? 'missing' : meter!.quality,
    boughtWh,
    soldWh,
    supplierWh,
    feedInWh,
    amount: party.due,
  } as const;
  return pooled ? { ...row, poolBoughtWh, poolSoldWh } : row;
}
