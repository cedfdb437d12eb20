// The lines of one interval as they are made, and what every party of it has and owes by them. One integer moves between two
// accounts, so whatever is booked sums to 0.
import type { Place } from '../market/order.ts';
import { sortByBytes } from '../market/rotation.ts';
import { amountNano, quote } from '../units.ts';
import { type Accounts, ExactSum } from './accounts.ts';
import type { Line, LineCode, MeteredEnergy } from './settlement.ts';
import { distanceOf, surchargesOn, type Tariffs, vatOn } from './tariffs.ts';

/** An account in this interval. */
export class Party {
  readonly account: string;
  readonly #due = new ExactSum();
  /** Over all intervals; null until it has a line. */
  #balance: ExactSum | null = null;

  constructor(account: string) {
    this.account = account;
  }

  pay(amount: number, accounts: Accounts): void {
    this.#due.add(amount);
    this.#balance ??= accounts.balance(this.account);
    this.#balance.add(-amount);
  }

  /** What it has to pay by the lines of the interval. @throws RangeError beyond 2^53-1 */
  get due(): number {
    const nano = Number(this.#due.value);
    if (!Number.isSafeInteger(nano)) throw new RangeError(`the amount due by ${this.account} does not fit 2^53-1`);
    return nano;
  }
}

/** A member in this interval: its energy beside its money. */
export class MemberParty extends Party {
  readonly member: string;
  meter: MeteredEnergy | undefined;
  poolBoughtWh = 0;
  poolSoldWh = 0;
  supplierWh = 0;
  feedInWh = 0;
  #boughtWh = 0;
  #soldWh = 0;

  constructor(member: string) {
    super(`member/${member}`);
    this.member = member;
  }

  get boughtWh(): number {
    return this.#boughtWh;
  }

  get soldWh(): number {
    return this.#soldWh;
  }

  addBought(wh: number): void {
    this.#boughtWh = this.#fitting(this.#boughtWh + wh);
  }

  addSold(wh: number): void {
    this.#soldWh = this.#fitting(this.#soldWh + wh);
  }

  /** Import less export, or null where it is not known. Values that a `missing` row happens to carry are not used. */
  get netWh(): number | null {
    const { meter } = this;
    if (!meter || meter.quality === 'missing' || meter.importWh === null || meter.exportWh === null) return null;
    return meter.importWh - meter.exportWh;
  }

  #fitting(wh: number): number {
    if (Number.isSafeInteger(wh)) return wh;
    throw new RangeError(`the energy of member ${quote(this.member)} does not fit 2^53-1 Wh`);
  }
}

/** How much is bought, and at what price. */
export interface Purchase {
  readonly wh: number;
  /** What the seller gets per kWh. */
  readonly price: number;
  /** What the buyer pays on top of it, to the fund. */
  readonly surplus?: number;
  /** Network fee per kWh, where it is not the tariff's. */
  readonly networkFee?: number | undefined;
}

export class IntervalBook {
  readonly interval: string;
  readonly places: ReadonlyMap<string, Place> | undefined;
  /** In the order in which they were met. */
  readonly members = new Map<string, MemberParty>();
  readonly supplier = new Party('supplier');
  readonly network = new Party('network');
  readonly tax = new Party('tax');
  readonly fund = new Party('fund');
  readonly #lines: Line[];
  readonly #accounts: Accounts;

  /** @param lines and accounts of the whole settlement, to which this interval adds */
  constructor(interval: string, places: ReadonlyMap<string, Place> | undefined, lines: Line[], accounts: Accounts) {
    this.interval = interval;
    this.places = places;
    this.#lines = lines;
    this.#accounts = accounts;
  }

  member(id: string): MemberParty {
    let party = this.members.get(id);
    if (!party) {
      party = new MemberParty(id);
      this.members.set(id, party);
    }
    return party;
  }

  sortedMembers(): MemberParty[] {
    return sortByBytes([...this.members.keys()]).map((member) => this.members.get(member)!);
  }

  /** What was used beyond the position (above 0) or left over; null where it is not known. @throws RangeError beyond 2^53-1 */
  deviationOf({ member, netWh, boughtWh, soldWh }: MemberParty): number | null {
    if (netWh === null) return null;
    const deviation = netWh - (boughtWh - soldWh);
    if (Number.isSafeInteger(deviation)) return deviation;
    throw new RangeError(`the deviation of member ${quote(member)} in ${this.interval} does not fit 2^53-1 Wh`);
  }

  /** A line. Its amount is Wh x price, but for VAT, which is on money. */
  add(payer: Party, payee: Party, wh: number, price: number, code: LineCode, amount = amountNano(wh, price)): void {
    const { interval } = this;
    this.#lines.push({
      interval,
      account: payer.account,
      counterAccount: payee.account,
      wh,
      price,
      amount,
      code,
    });
    payer.pay(amount, this.#accounts);
    payee.pay(-amount, this.#accounts);
  }

  /** Energy that a member buys, from another or from the supplier, with all that is charged on it. */
  buy(tariffs: Tariffs, buyer: MemberParty, seller: Party, code: LineCode, purchase: Purchase): void {
    const { wh, price, surplus = 0, networkFee } = purchase;
    const amount = amountNano(wh, price + surplus);
    this.add(buyer, seller, wh, price, code);
    if (surplus !== 0) this.add(buyer, this.fund, wh, surplus, 'fund');
    const distance = seller instanceof MemberParty ? distanceOf(this.places, buyer.member, seller.member) : 'beyond';
    const { feePrice, fee, levies, vat } = surchargesOn(tariffs, wh, amount, distance, networkFee);
    if (fee !== 0) this.add(buyer, this.network, wh, feePrice, 'network-fee', fee);
    if (levies !== 0) this.add(buyer, this.tax, wh, tariffs.levies ?? 0, 'levies', levies);
    if (vat !== 0) this.add(buyer, this.tax, 0, 0, 'vat', vat);
  }

  /** Energy that a member sells to the supplier. */
  feedIn({ feedIn, feedInVatBasisPoints = 0 }: Tariffs, seller: MemberParty, wh: number): void {
    this.add(this.supplier, seller, wh, feedIn, 'feed-in');
    const vat = vatOn(feedInVatBasisPoints, amountNano(wh, feedIn));
    if (vat !== 0) this.add(this.supplier, this.tax, 0, 0, 'vat', vat);
  }
}
