// A Modbus server without a wire: requests of virtual units (functions 3, 4, 6 and 16, Modbus Application Protocol
// V1.1b3) and what comes back for them, faults included. Whoever owns the wire frames and sends it.
import { type Fault, flipped, LATE_MS, REBOOT_MS, wild } from './faults.ts';
import { blocksIn, type Image, imagesOf, registersAt } from './register-map.ts';
import type { VirtualUnit } from './virtual-unit.ts';

/** What comes back for a request. */
export type Answer =
  | { readonly kind: 'frame'; readonly unit: number; readonly pdu: Uint8Array; readonly afterMs: number }
  /** Half of a good frame. */
  | { readonly kind: 'short'; readonly unit: number; readonly pdu: Uint8Array }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Nobody of that number is there: a gateway says so, a serial line stays silent. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'silence' }
  | { readonly kind: 'hang-up' };

interface Standing {
  readonly fault: Fault;
  /** What it showed when the fault began. */
  readonly frozen: readonly Image[] | null;
  /** The only client it speaks with. */
  client: object | null;
  turns: number;
}

export class VirtualUnits {
  readonly #units: ReadonlyMap<number, VirtualUnit>;
  readonly #now: () => number;
  readonly #faults = new Map<number, Standing>();
  readonly #awayUntil = new Map<number, number>();

  /** @param now the devices' clock, ms */
  constructor(units: ReadonlyMap<number, VirtualUnit>, now: () => number) {
    this.#units = units;
    this.#now = now;
  }

  get numbers(): readonly number[] {
    return [...this.#units.keys()];
  }

  /** Puts a fault on a unit, or takes it away with null. @throws RangeError for a unit that is not there */
  setFault(number: number, fault: Fault | null): void {
    const unit = this.#units.get(number);
    if (!unit) throw new RangeError(`there is no unit ${number}; there are ${this.numbers.join(', ')}`);
    this.#faults.delete(number);
    this.#awayUntil.delete(number);
    if (fault === null) return;
    this.#faults.set(number, { fault, frozen: fault === 'frozen' ? unit.images() : null, client: null, turns: 0 });
  }

  /** A client is gone: a unit that speaks with one only may take another. */
  left(client: object): void {
    for (const standing of this.#faults.values()) if (standing.client === client) standing.client = null;
  }

  /** @param client whatever stands for the connection */
  answer(client: object, number: number, request: Uint8Array): Answer {
    const unit = this.#units.get(number);
    if (!unit) return { kind: 'nobody' };
    const awayUntil = this.#awayUntil.get(number);
    if (awayUntil !== undefined && awayUntil > this.#now()) return { kind: 'silence' };
    const standing = this.#faults.get(number);
    const fault = standing?.fault;
    if (standing && fault === 'one-client') {
      standing.client ??= client;
      if (standing.client !== client) return { kind: 'hang-up' };
    }
    if (fault === 'silence') return { kind: 'silence' };
    if (fault === 'reboot' && isWrite(request)) return this.#reboot(number, unit);
    if (fault === 'garbage') return { kind: 'bytes', bytes: garbage(request) };
    const pdu = fault === 'busy' ? exception(request, 6) : this.#execute(unit, request, standing);
    if (fault === 'short-frame') return { kind: 'short', unit: number, pdu };
    const from = fault === 'wrong-unit' ? (number % 247) + 1 : number;
    return { kind: 'frame', unit: from, pdu, afterMs: fault === 'late' ? LATE_MS : 0 };
  }

  #reboot(number: number, unit: VirtualUnit): Answer {
    this.#faults.delete(number);
    unit.reboot();
    this.#awayUntil.set(number, this.#now() + REBOOT_MS);
    return { kind: 'hang-up' };
  }

  #execute(unit: VirtualUnit, request: Uint8Array, standing: Standing | undefined): Uint8Array {
    const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
    const code = request[0] ?? 0;
    if (code !== 3 && code !== 4 && code !== 6 && code !== 16) return exception(request, 1);
    if (request.length < 5) return exception(request, 3);
    const address = view.getUint16(1);
    const second = view.getUint16(3);
    if (code === 3 || code === 4) {
      if (second < 1 || second > unit.description.maxRegisters) return exception(request, 3);
      const images = this.#shown(unit, standing);
      const registers = registersAt(images, code === 3 ? 'holding' : 'input', address, second);
      return registers ? readAnswer(code, registers) : exception(request, 2);
    }
    const values = code === 6 ? [second] : valuesOf(request, view, second);
    if (!values) return exception(request, 3);
    const ignored = standing?.fault === 'frozen' || standing?.fault === 'not-applied';
    const refused = ignored ? 0 : unit.write(address, values, code === 6);
    return refused ? exception(request, refused) : request.slice(0, 5);
  }

  #shown(unit: VirtualUnit, standing: Standing | undefined): readonly Image[] {
    if (standing?.frozen) return standing.frozen;
    const images = unit.images();
    const { description } = unit;
    if (standing?.fault !== 'flipped-sign' && standing?.fault !== 'wild') return images;
    const blocks = blocksIn(description, images);
    const changed =
      standing.fault === 'wild' ? wild(description, blocks, standing.turns++ % 2 === 0) : flipped(description, blocks);
    return [...imagesOf(description, changed), ...images];
  }
}

const isWrite = (request: Uint8Array) => request[0] === 6 || request[0] === 16;

/** An exception answer: the function with its highest bit set, and the number. */
export function exception(request: Uint8Array, number: number): Uint8Array {
  return Uint8Array.of((request[0] ?? 0) | 0x80, number);
}

function readAnswer(code: number, registers: readonly number[]): Uint8Array {
  const pdu = new Uint8Array(2 + registers.length * 2);
  const view = new DataView(pdu.buffer);
  pdu[0] = code;
  pdu[1] = registers.length * 2;
  for (const [index, register] of registers.entries()) view.setUint16(2 + index * 2, register);
  return pdu;
}

function valuesOf(request: Uint8Array, view: DataView, count: number): number[] | null {
  if (count < 1 || count > 123 || request[5] !== count * 2 || request.length !== 6 + count * 2) return null;
  return Array.from({ length: count }, (_, index) => view.getUint16(6 + index * 2));
}

/** The same nonsense for the same request. */
function garbage(request: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: 23 },
    (_, index) => (request.reduce((a, b) => a + b, 0) * 31 + index * 97 + 0x5a) & 0xff,
  );
}
