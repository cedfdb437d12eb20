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
  readonly writable?: boolean;
}

/** Registers that belong together: read in one request, so that value and scale factor fit each other. */
export interface Block {
  readonly name: string;
  readonly table: 'holding' | 'input';
  /** A fixed address, or a SunSpec model wherever discovery finds it. */
  readonly at: { readonly address: number } | { readonly model: number };
  readonly length: number;
  readonly points: readonly Point[];
}

/** Where a quantity of a reading comes from; the value is multiplied by `times` (unit and sign), default 1. */
export interface Quantity {
  readonly block: string;
  readonly point: string;
  readonly times?: number;
}

export interface ReadingMap {
  readonly powerW: Quantity;
  readonly importWh?: Quantity;
  readonly exportWh?: Quantity;
  readonly frequencyHz?: Quantity;
  readonly socPerMille?: Quantity;
  readonly phases?: readonly {
    readonly voltageV: Quantity;
    readonly currentA: Quantity;
    readonly powerW?: Quantity;
  }[];
}

/** Where the figure for a written point comes from. */
export type Figure =
  /** The setpoint in W (+ = discharge) times a sign, in per cent of the watts in another point of the block. */
  | { readonly from: 'setpoint'; readonly times: 1 | -1; readonly percentOf: string }
  /** Seconds until the device falls back to its own safe mode unless written again. */
  | { readonly from: 'validity' }
  | { readonly from: 'constant'; readonly value: number };

/** One write transaction: its points stand side by side in the block, in this order. */
export interface WriteStep {
  readonly points: Readonly<Record<string, Figure>>;
  /** `different`: only when the device shows another value. */
  readonly when: 'always' | 'different';
}

/** How a battery is told what to do. Steps are taken in order; everything written is read back. */
export interface Control {
  readonly block: string;
  /** Whether the registers may be written without end, or live in flash. */
  readonly storage: 'volatile' | 'persistent';
  readonly setpoint: readonly WriteStep[];
  /** Gives the battery back to its own mode. */
  readonly release: readonly WriteStep[];
}

/** A public source of the figures. A device counts as confirmed with two that were made apart from each other. */
export interface Source {
  readonly title: string;
  readonly url: string;
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
  readonly sources: readonly Source[];
  readonly confirmed: boolean;
  readonly blocks: readonly Block[];
  readonly reading: ReadingMap;
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
