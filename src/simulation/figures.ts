// Sums over a simulated time, for a whole community and per member. Energy in whole Wh; money in nano-currency, summed in
// BigInt; shares in per mille, integers rounded half up.
import { above, shareLeft } from '../settlement/energy-figures.ts';
import { requireInteger } from '../units.ts';
import type { StreetInterval } from './community.ts';
import type { Settled } from './street-settlement.ts';

export interface Figures {
  readonly loadWh: number;
  readonly pvWh: number;
  /** Sums of the members' own meters. */
  readonly importWh: number;
  readonly exportWh: number;
  /** The street's connection: sums over the intervals of the net of all meters, where positive and where negative. */
  readonly boundaryImportWh: number;
  readonly boundaryExportWh: number;
  readonly tradedWh: number;
  /** Bought from the supplier and fed in: deviations of the meters from what was traded. */
  readonly supplierWh: number;
  readonly feedInWh: number;
  readonly chargeWh: number;
  readonly dischargeWh: number;
  /** In all batteries, what lies below their minimum included; rounded down. */
  readonly socStartWh: number;
  readonly socEndWh: number;
  /** 1 - boundary import / load, and 1 - boundary export / PV; null without load or PV. */
  readonly selfSufficiencyPerMille: number | null;
  readonly selfConsumptionPerMille: number | null;
  /** What all members together pay, less what they receive, in nano-currency; and what of it goes to the fund and the network. */
  readonly costNano: number;
  readonly fundNano: number;
  readonly networkNano: number;
}

export class FigureSums {
  readonly #socStart: number;
  #loadWh = 0;
  #pvWh = 0;
  #importWh = 0;
  #exportWh = 0;
  #boundaryImportWh = 0;
  #boundaryExportWh = 0;
  #tradedWh = 0;
  #supplierWh = 0;
  #feedInWh = 0;
  #chargeWh = 0;
  #dischargeWh = 0;
  readonly #costs: bigint[];
  #fund = 0n;
  #network = 0n;

  /** @param stored what all batteries hold at the start, in thousandths of a Wh */
  constructor(members: number, stored: number) {
    this.#socStart = stored;
    this.#costs = new Array<bigint>(members).fill(0n);
  }

  add(street: StreetInterval, { bills, settlement }: Settled): void {
    let net = 0;
    for (const member of street.members) {
      this.#loadWh += member.loadWh;
      this.#pvWh += member.pvWh;
      this.#importWh += member.importWh;
      this.#exportWh += member.exportWh;
      this.#chargeWh += member.battery?.chargeWh ?? 0;
      this.#dischargeWh += member.battery?.dischargeWh ?? 0;
      net += member.importWh - member.exportWh;
    }
    this.#boundaryImportWh += above(net);
    this.#boundaryExportWh += above(-net);
    this.#tradedWh += street.clearing.volumeWh;
    bills.forEach((bill, index) => {
      this.#supplierWh += bill.supplierWh;
      this.#feedInWh += bill.feedInWh;
      this.#costs[index]! += BigInt(bill.costNano);
    });
    this.#fund += BigInt(settlement.accounts['fund'] ?? 0);
    this.#network += BigInt(settlement.accounts['network'] ?? 0);
  }

  /** What each member pays in nano-currency, by position; negative = receives. */
  costs(): number[] {
    return this.#costs.map((cost) => requireInteger(Number(cost), "a member's cost"));
  }

  /** @param stored what all batteries hold now, in thousandths of a Wh */
  figures(stored: number): Figures {
    return {
      loadWh: this.#loadWh,
      pvWh: this.#pvWh,
      importWh: this.#importWh,
      exportWh: this.#exportWh,
      boundaryImportWh: this.#boundaryImportWh,
      boundaryExportWh: this.#boundaryExportWh,
      tradedWh: this.#tradedWh,
      supplierWh: this.#supplierWh,
      feedInWh: this.#feedInWh,
      chargeWh: this.#chargeWh,
      dischargeWh: this.#dischargeWh,
      socStartWh: Math.floor(this.#socStart / 1000),
      socEndWh: Math.floor(stored / 1000),
      selfSufficiencyPerMille: shareLeft(this.#boundaryImportWh, this.#loadWh),
      selfConsumptionPerMille: shareLeft(this.#boundaryExportWh, this.#pvWh),
      costNano: requireInteger(Number(this.#costs.reduce((sum, cost) => sum + cost, 0n)), 'the cost of all members'),
      fundNano: requireInteger(Number(this.#fund), 'what the fund got'),
      networkNano: requireInteger(Number(this.#network), 'what the network got'),
    };
  }
}
