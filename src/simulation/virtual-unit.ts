// One virtual device as its description says: shows the state of what it plays, takes commands as the real one would, and
// drops them by its own timer or watchdog on its own clock. Pure; the clock is a parameter.

import { decodeBlock } from '../devices/codec.ts';
import { encodeCommand, type ShownCommand, shownCommand, withCommand } from '../devices/command.ts';
import { type Block, blockOf, type DeviceDescription, type Point, type WriteStep } from '../devices/description.ts';
import { type BlockRegisters, blocksOfDevice, type DeviceState, deviceRegisters } from './device-image.ts';
import { type Image, imagesOf, placesOf } from './register-map.ts';

/** What a virtual unit is to a server. */
export interface VirtualUnit {
  readonly description: DeviceDescription;
  /** What it shows at this moment. */
  images(): readonly Image[];
  /** One write transaction. @returns 0 when it took it, else the number of the exception it answers with */
  write(address: number, values: readonly number[], single: boolean): number;
  /** Off and on again: commands are forgotten. */
  reboot(): void;
}

/** What a virtual device plays. */
export interface Model {
  /** Largest power either way, W. */
  readonly ratedW: number;
  /** Lets time pass up to `now` (Unix ms) under a command (W, + = discharge; null = its own mode). */
  advance(now: number, setpointW: number | null): void;
  state(): DeviceState;
}

export class DescribedUnit implements VirtualUnit {
  readonly description: DeviceDescription;
  readonly #model: Model;
  readonly #now: () => number;
  readonly #writable: ReadonlyMap<string, { block: Block; point: Point }>;
  /** Registers that were written, by `block point`. */
  readonly #written = new Map<string, readonly number[]>();
  #revertAt: number | null = null;

  constructor(description: DeviceDescription, model: Model, now: () => number) {
    this.description = description;
    this.#model = model;
    this.#now = now;
    const places = placesOf(description);
    this.#writable = new Map(
      blocksOfDevice(description)
        .filter(({ table }) => table === 'holding')
        .flatMap((block) =>
          block.points
            .filter(({ writable }) => writable)
            .map((point) => [String((places.get(block.name) ?? 0) + point.offset), { block, point }] as const),
        ),
    );
  }

  /** The command that stands at this moment. */
  get command(): ShownCommand {
    this.#advance();
    return this.#command();
  }

  images(): readonly Image[] {
    this.#advance();
    return imagesOf(this.description, this.#registers());
  }

  write(address: number, values: readonly number[], single: boolean): number {
    this.#advance();
    const written: { block: Block; point: Point; words: readonly number[] }[] = [];
    for (let index = 0; index < values.length; ) {
      const place = this.#writable.get(String(address + index));
      if (!place || index + place.point.size > values.length) return 2;
      if (!single && this.#onlySingly(place)) return 1;
      written.push({ ...place, words: values.slice(index, index + place.point.size) });
      index += place.point.size;
    }
    if (!written.every((each) => this.#takes(each))) return 3;
    for (const { block, point, words } of written) this.#written.set(`${block.name} ${point.name}`, words);
    this.#startTimer();
    return 0;
  }

  reboot(): void {
    this.#advance();
    this.#written.clear();
    this.#revertAt = null;
  }

  #onlySingly({ block, point }: { block: Block; point: Point }): boolean {
    const steps = this.#steps().filter(
      (step) => this.#blockOf(step) === block && Object.hasOwn(step.points, point.name),
    );
    return steps.length > 0 && steps.every(({ single }) => single);
  }

  #steps(): readonly WriteStep[] {
    const { control } = this.description;
    return control ? [...control.setpoint, ...control.release] : [];
  }

  #blockOf(step: WriteStep): Block {
    return blockOf(this.description, step.block ?? this.description.control?.block ?? '');
  }

  #takes({ block, point, words }: { block: Block; point: Point; words: readonly number[] }): boolean {
    const registers = [...(this.#registers().get(block.name) ?? [])];
    const before = decodeBlock(block, registers);
    registers.splice(point.offset, words.length, ...words);
    const value = decodeBlock(block, registers)[point.name];
    if (typeof value !== 'number') return point.type === 'string' || point.range === undefined;
    const [low, high] = (point.range ?? []).map((each) => (typeof each === 'number' ? each : before[each]));
    return !(typeof low === 'number' && value < low - 1e-9) && !(typeof high === 'number' && value > high + 1e-9);
  }

  #startTimer(): void {
    const { control } = this.description;
    const { setpointW, validForSeconds } = this.#told();
    const runs = control?.fallback.by !== 'nothing' && setpointW !== null && validForSeconds !== null;
    this.#revertAt = runs ? this.#now() + validForSeconds * 1000 : null;
  }

  /** What is in force: with a watchdog a setpoint counts only while somebody renews it, whatever its register shows. */
  #command(): ShownCommand {
    const idle = this.description.control?.fallback.by === 'watchdog' && this.#revertAt === null;
    return idle ? { setpointW: null, validForSeconds: null } : this.#told();
  }

  /** What the registers say. */
  #told(): ShownCommand {
    if (!this.description.control) return { setpointW: null, validForSeconds: null };
    return shownCommand(this.description, this.#registers());
  }

  #advance(): void {
    const now = this.#now();
    if (this.#revertAt !== null && this.#revertAt <= now) {
      this.#model.advance(this.#revertAt, this.#command().setpointW);
      this.#revertAt = null;
      this.#release();
    }
    this.#model.advance(now, this.#command().setpointW);
  }

  #release(): void {
    const { control } = this.description;
    if (!control) return;
    const rest = { setpointW: 0, validForSeconds: 1 };
    for (const { block, parts } of encodeCommand(this.description, control.release, this.#registers(), rest)) {
      for (const { point, words } of parts) this.#written.set(`${block.name} ${point.name}`, words);
    }
  }

  #registers(): BlockRegisters {
    const shown = deviceRegisters(this.description, this.#model.state(), this.#model.ratedW);
    if (this.#written.size === 0) return shown;
    const steps = blocksOfDevice(this.description).map((block) => ({
      step: { points: {}, when: 'always' as const },
      block,
      parts: block.points.flatMap((point) => {
        const words = this.#written.get(`${block.name} ${point.name}`);
        return words ? [{ point, figure: { from: 'constant' as const, value: 0 }, words }] : [];
      }),
    }));
    return withCommand(shown, steps);
  }
}
