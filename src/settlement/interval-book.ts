// The lines of a settlement as they are made, interval after interval, and what every party has and owes by them. One integer
// moves between two accounts, so whatever is booked sums to 0. Parties live as long as the settlement: a line is made without
// a look-up, and an account's name is one text however many lines hold it.
import type { Place } from '../market/order.ts';
import { sortByBytes } from '../market/rotation.ts';
import { amountNano, quote } from '../units.ts';
import { type Accounts, ExactSum } from './accounts.ts';
import type { Line, LineCode, MeteredEnergy } from './settlement.ts';
import { distanceOf, surchargesOn, type Tariffs, vatOn } from './tariffs.ts';

/** An account. */
export class Party {
  readonly account: string;
  /** Over all intervals; null until it has a line. */
  #balance: ExactSum | null = null;

  constructor(account: string) {
    this.account = account;
  }

  pay(amount: number, accounts: Accounts): void {
    this.#balance ??= accounts.balance(this.account);
    this.#balance.add(-amount);
  }
}

/** A member: its energy and what it owes, in the interval that is being settled. */
export class MemberParty extends Party {
  readonly member: string;
  interval = '';
  meter: MeteredEnergy | undefined;
  poolBoughtWh = 0;
  poolSoldWh = 0;
  supplierWh = 0;
  feedInWh = 0;
  #boughtWh = 0;
  #soldWh = 0;
  readonly #due = new ExactSum();

  constructor(member: string) {
    super(`member/${member}`);
    this.member = member;
  }

  /** Nothing of an earlier interval is left. */
  begin(interval: string): void {
    this.interval = interval;
    this.meter = undefined;
    this.poolBoughtWh = 0;
    this.poolSoldWh = 0;
    this.supplierWh = 0;
    this.feedInWh = 0;
    this.#boughtWh = 0;
    this.#soldWh = 0;
    this.#due.clear();
  }

  override pay(amount: number, accounts: Accounts): void {
    super.pay(amount, accounts);
    this.#due.add(amount);
  }

  /** What it has to pay by the lines of the interval. @throws RangeError beyond 2^53-1 */
  get due(): number {
    const nano = this.#due.number;
    if (nano === null) throw new RangeError(`the amount due by ${this.account} does not fit 2^53-1`);
    return nano;
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
  readonly places: ReadonlyMap<string, Place> | undefined;
  readonly supplier = new Party('supplier');
  readonly network = new Party('network');
  readonly tax = new Party('tax');
  readonly fund = new Party('fund');
  interval = '';
  /** Those of the interval, in the order in which they were met. */
  members: MemberParty[] = [];
  readonly #known = new Map<string, MemberParty>();
  #sorted: { readonly met: readonly MemberParty[]; readonly sorted: readonly MemberParty[] } = { met: [], sorted: [] };
  readonly #lines: Line[];
  readonly #accounts: Accounts;

  /** @param lines and accounts of the settlement, to which each interval adds */
  constructor(places: ReadonlyMap<string, Place> | undefined, lines: Line[], accounts: Accounts) {
    this.places = places;
    this.#lines = lines;
    this.#accounts = accounts;
  }

  begin(interval: string): void {
    this.interval = interval;
    this.members = [];
  }

  member(id: string): MemberParty {
    let party = this.#known.get(id);
    if (!party) {
      party = new MemberParty(id);
      this.#known.set(id, party);
    }
    if (party.interval !== this.interval) {
      party.begin(this.interval);
      this.members.push(party);
    }
    return party;
  }

  /** By id (bytes). From one interval to the next they are mostly the same, met in the same order. */
  sortedMembers(): readonly MemberParty[] {
    const { members } = this;
    const { met } = this.#sorted;
    if (met.length !== members.length || !members.every((party, index) => party === met[index])) {
      const sorted = sortByBytes(members.map(({ member }) => member)).map((member) => this.member(member));
      this.#sorted = { met: [...members], sorted };
    }
    return this.#sorted.sorted;
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
