// What was paid, beside what the same metered energy would have cost from and to the supplier alone. Intervals in which the
// energy is not known yet stand on neither side.

export class Savings {
  intervals = 0;
  leftOut = 0;
  paid = 0n;
  supplierOnly = 0n;

  add(known: boolean, paid: bigint, supplierOnly: bigint): void {
    if (!known) {
      this.leftOut += 1;
      return;
    }
    this.intervals += 1;
    this.paid += paid;
    this.supplierOnly += supplierOnly;
  }

  get saved(): bigint {
    return this.supplierOnly - this.paid;
  }
}
