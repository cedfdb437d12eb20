// What a device is, as data: one typed file per device in catalogue/. Where its registers are, how to read them, and how
// to command it. Virtual devices are built from the same data. Signs as in units.ts.

/** Types of the SunSpec information model, also used for devices outside SunSpec; 32 and 64 bit high word first. */
export type PointType =
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'acc16'
  | 'acc32'
  | 'acc64'
  | 'enum16'
  | 'enum32'
  | 'bitfield16'
  | 'bitfield32'
  | 'bitfield64'
  | 'float32'
  | 'float64'
  | 'string'
  | 'sunssf'
  | 'pad';

export interface Point {
  readonly name: string;
  /** Registers from the start of its block. */
  readonly offset: number;
  readonly type: PointType;
  /** Registers it takes. */
  readonly size: number;
  readonly unit?: string;
  /** Point of the same block that holds the power of ten; read together with the value, always. */
  readonly scaleFrom?: string;
  /** Fixed power of ten, where the device has no such point. */
  readonly scale?: number;
  /** Low word first, as a few makers do. */
  readonly lowWordFirst?: boolean;
  /** Raw values that mean "no value" beside the pattern of the type, such as 0x7fffffff. */
  readonly absent?: readonly number[];
  /** The pattern that the type keeps for "no value" is a value like any other here: a counter that starts at 0. */
  readonly wholeRange?: boolean;
  /** Its sign means nothing: some firmware counts what is fed in downwards from 0. */
  readonly magnitude?: boolean;
  readonly writable?: boolean;
  /** Cannot be read. A block of nothing but such points is never read; what was written there cannot be checked. */
  readonly writeOnly?: boolean;
  /** Whether a write goes to flash, which wears out; absent = as the control's `storage` says, or read-only. */
  readonly persistent?: boolean;
  /** Smallest and largest value a device takes, in its unit: figures, or names of points of the same block. */
  readonly range?: readonly [lowest: number | string, highest: number | string];
  /** Point of the same block that shows what was written, where the point itself cannot be read. */
  readonly readBack?: string;
}

/** Registers that belong together: read in one request, so that value and scale factor fit each other. */
export interface Block {
  readonly name: string;
  readonly table: 'holding' | 'input';
  /** A fixed address, or a SunSpec model wherever discovery finds it; `nth` of several alike, counted from 1. */
  readonly at: { readonly address: number } | { readonly model: number; readonly nth?: number };
  readonly length: number;
  readonly points: readonly Point[];
  /** The device may come without it: what is to be read there is then taken from the next alternative, or absent. */
  readonly optional?: boolean;
}

/** A point of a block; its value is multiplied by `times` (unit and sign), default 1. */
export interface Term {
  readonly block: string;
  readonly point: string;
  readonly times?: number;
}

/**
 * Where a quantity of a reading comes from: one point; a sum of points (none without all of them, except those marked as
 * `ifAny`: then what is there counts, as with the strings of a roof); or the first of several that the device has.
 */
export type Quantity =
  | Term
  | { readonly sum: readonly Term[]; readonly ifAny?: boolean }
  | { readonly firstOf: readonly Quantity[] };

export interface PhaseMap {
  readonly voltageV?: Quantity;
  readonly currentA?: Quantity;
  readonly powerW?: Quantity;
}

/** Signs of units.ts: meter + = import, inverter + = generation, battery + = discharge; counters in Wh. */
export interface ReadingMap {
  readonly powerW: Quantity;
  /** Taken: drawn from the grid, or charged. */
  readonly importWh?: Quantity;
  /** Given: fed in, generated, or discharged. */
  readonly exportWh?: Quantity;
  readonly frequencyHz?: Quantity;
  readonly phases?: readonly PhaseMap[];
  readonly socPerMille?: Quantity;
  readonly temperatureC?: Quantity;
  readonly capacityWh?: Quantity;
  /** What the battery itself allows at this moment, W, both >= 0. */
  readonly maxChargeW?: Quantity;
  readonly maxDischargeW?: Quantity;
}

/**
 * A state of the device itself in which no AC power flows: off, asleep at night, cut off from the grid. Many then give "no
 * value" instead of 0 W.
 */
export interface Rest {
  /** Where the state stands; of several that tell one, such as the inputs of a roof, all must be at rest. */
  readonly states: readonly Omit<Term, 'times'>[];
  /** Values of it that mean rest, each with a word that fits behind "the device is ...". */
  readonly words: Readonly<Record<number, string>>;
}

/** Where the figure for a written point comes from; watts and seconds are converted to the unit of the point (kW, min). */
export type Figure =
  /** The setpoint in W (+ = discharge) times a sign; with `percentOf`, in per cent of the watts in another point of the block. */
  | { readonly from: 'setpoint'; readonly times: 1 | -1; readonly percentOf?: string }
  /** The charging or the discharging power in W, 0 in the other direction. */
  | { readonly from: 'charge' | 'discharge'; readonly percentOf?: string }
  /** The power in W without its sign, where another point says the direction. */
  | { readonly from: 'power'; readonly percentOf?: string }
  /** A figure for each direction, such as a command to charge or to discharge. */
  | { readonly from: 'direction'; readonly charge: number; readonly discharge: number; readonly idle: number }
  /** Seconds until the device falls back to its own safe mode unless written again. */
  | { readonly from: 'validity' }
  /** What another point of the same block shows, such as the largest power. */
  | { readonly from: 'point'; readonly point: string }
  | { readonly from: 'constant'; readonly value: number };

/** One write transaction: its points stand side by side in one block, in this order. */
export interface WriteStep {
  /** The block of the points, when it is not that of the control. */
  readonly block?: string;
  readonly points: Readonly<Record<string, Figure>>;
  /** `different`: only when the device shows another value. */
  readonly when: 'always' | 'different';
  /** Function 6 for a single register, where the device refuses function 16. */
  readonly single?: boolean;
}

/** What ends a setpoint when nobody writes any more. */
export type Fallback =
  /** The validity that is written along with it. */
  | { readonly by: 'timer'; readonly maxSeconds: number }
  /** A time of the device's own after the last write, fixed or set by hand on the device. */
  | { readonly by: 'watchdog'; readonly seconds: number }
  /**
   * Nothing: whoever wrote it has to take it back, and if that computer dies the battery keeps its last order.
   * `limit` says to its owner, in a sentence, what stops it even so, or what to set on the device.
   */
  | { readonly by: 'nothing'; readonly limit: string };

/** How a battery is told what to do. Steps are taken in order; everything written is read back. */
export interface Control {
  readonly block: string;
  /** Whether the registers may be written without end, or live in flash. */
  readonly storage: 'volatile' | 'persistent';
  readonly fallback: Fallback;
  readonly setpoint: readonly WriteStep[];
  /** Gives the battery back to its own mode. */
  readonly release: readonly WriteStep[];
  /**
   * Two sources that were made apart from each other agree on it. Nothing else is ever written to, nor where that is not so of
   * what is read: whoever drives a battery has to see its charge and its power.
   */
  readonly confirmed: boolean;
}

/** A public source of the figures. A device counts as confirmed with two that were made apart from each other. */
export interface Source {
  readonly title: string;
  readonly url: string;
}

/** Registers in which a device says what it is, so that it can be found on a line. */
export interface Identity {
  readonly table: Block['table'];
  readonly address: number;
  /** A number, or a text of so many registers. */
  readonly type: 'uint16' | `string:${number}`;
  /** What stands there: one of these numbers, or a text with one of these in it, whichever letter of a register is first. */
  readonly shows: readonly (number | string)[];
  /** Registers to ask for at least, where the device refuses fewer. */
  readonly ask?: number;
  /** It stands in two sources that were made apart from each other. */
  readonly confirmed: boolean;
}

export interface DeviceDescription {
  /** Name in flows and on the command line, such as `eastron-sdm630`. */
  readonly id: string;
  readonly vendor: string;
  readonly model: string;
  readonly kind: 'meter' | 'inverter' | 'battery';
  readonly transports: readonly ('tcp' | 'rtu')[];
  readonly defaultUnit: number;
  /** Most registers it answers in one request. */
  readonly maxRegisters: number;
  /** Silence it wants between requests, ms. */
  readonly gapMs: number;
  /** Time it wants after a connection was made, ms. */
  readonly settleMs?: number;
  readonly identity?: Identity;
  readonly sources: readonly Source[];
  /** The figures that are read stand in two sources that were made apart from each other. */
  readonly confirmed: boolean;
  /** What an owner has to know or to set on the device, one sentence each. */
  readonly remarks?: readonly string[];
  readonly blocks: readonly Block[];
  readonly reading: ReadingMap;
  /** It is at rest when any of these says so. */
  readonly rest?: readonly Rest[];
  readonly control?: Control;
}

/** A block by name. @throws Error when the description names a block it does not have */
export function blockOf(description: DeviceDescription, name: string): Block {
  const block = description.blocks.find((candidate) => candidate.name === name);
  if (!block) throw new Error(`the description of ${description.id} has no block "${name}"`);
  return block;
}

/** A point by name. @throws Error when the block does not have it */
export function pointOf(block: Block, name: string): Point {
  const point = block.points.find((candidate) => candidate.name === name);
  if (!point) throw new Error(`the block "${block.name}" has no point "${name}"`);
  return point;
}
