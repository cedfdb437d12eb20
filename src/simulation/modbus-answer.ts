// A Modbus server without a wire: requests of virtual units (functions 3, 4, 6 and 16, Modbus Application Protocol
// V1.1b3) and what comes back for them, faults included. Whoever owns the wire frames and sends it.
import { decodeRequest, encodeAnswer, encodeException, FUNCTIONS } from '../modbus/pdu.ts';
import { type Fault, flipped, LATE_MS, REBOOT_MS, wild } from './faults.ts';
import { blocksIn, type Image, imagesOf, registersAt } from './register-map.ts';
import type { VirtualUnit } from './virtual-unit.ts';

/** What comes back for a request. */
export type Answer =
  | { readonly kind: 'frame'; readonly unit: number; readonly pdu: Buffer; readonly afterMs: number }
  /** Half of a good frame. */
  | { readonly kind: 'short'; readonly unit: number; readonly pdu: Buffer }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
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
  answer(client: object, number: number, request: Buffer): Answer {
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
    const pdu = fault === 'busy' ? encodeException(request[0] ?? 0, 6) : this.#execute(unit, number, request, standing);
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

  #execute(unit: VirtualUnit, number: number, pdu: Buffer, standing: Standing | undefined): Buffer {
    const refuse = (exception: number) => encodeException(pdu[0] ?? 0, exception);
    const asked = decodeRequest(number, pdu);
    if ('exception' in asked) return refuse(asked.exception);
    const { request } = asked;
    const { kind, address, count, values } = request;
    if (kind === 'holding' || kind === 'input') {
      if (count > unit.description.maxRegisters) return refuse(3);
      const registers = registersAt(this.#shown(unit, standing), kind, address, count);
      return registers ? encodeAnswer(request, registers) : refuse(2);
    }
    const ignored = standing?.fault === 'frozen' || standing?.fault === 'not-applied';
    const refused = ignored ? 0 : unit.write(address, values, kind === 'write-one');
    return refused ? refuse(refused) : encodeAnswer(request, []);
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

const isWrite = (pdu: Buffer) => pdu[0] === FUNCTIONS.write || pdu[0] === FUNCTIONS['write-one'];

/** The same nonsense for the same request. */
function garbage(request: Buffer): Buffer {
  const seed = request.reduce((a, b) => a + b, 0) * 31;
  return Buffer.from(Array.from({ length: 23 }, (_, index) => (seed + index * 97 + 0x5a) & 0xff));
}
