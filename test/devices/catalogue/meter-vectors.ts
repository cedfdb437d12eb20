// Registers of energy meters written down by hand, from documents made apart from the one the files follow first; what they
// must read as is in `reads`. Addresses and scales are retyped from the source that is named, the figures are chosen: the
// same load on every meter, so that a wrong sign, word order, scale or phase shows.

export interface Vector {
  readonly id: string;
  /** Where the addresses and the encoding below stand. */
  readonly source: string;
  /** Words in hex, by the address of the first. */
  readonly words: Readonly<Record<number, string>>;
  readonly reads: {
    readonly powerW: number;
    readonly importWh: number | null;
    readonly exportWh: number | null;
    readonly frequencyHz?: number;
    readonly phases?: readonly (readonly [voltageV: number, currentA: number, powerW: number | null])[];
  };
}

/** A house that feeds 750 W into the grid in all, with one phase drawing. */
export const three = {
  powerW: -750,
  importWh: 1_234_500,
  exportWh: 12_250,
  frequencyHz: 50,
  phases: [
    [230, 2.5, -1250],
    [231, 1.5, 750],
    [229, 0.5, -250],
  ],
} as const;

export const one = { ...three, powerW: -1250, phases: [[230, 2.5, -1250]] } as const;

export const noFrequency = ({ frequencyHz: _, ...rest }: Vector['reads']): Vector['reads'] => rest;
