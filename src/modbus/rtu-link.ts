// RTU on any stream of bytes: one request at a time, and no answer is ever taken for that of another request. RTU answers
// carry no number, so after a request without an answer the line must fall silent, and a unit that owes an answer is not
// asked with the same function again until that came or can no longer come.
import { systemTimers, type Timers } from '../time/clock.ts';
import type { Link, Request } from './link.ts';
import { decodeAnswer, encodeRequest, FUNCTIONS, REFUSED } from './pdu.ts';
import type { ModbusError } from './port.ts';
import { diagnose, encodeRtuFrame, findAnswer, firstFrame, isBroken, pduOf } from './rtu-frames.ts';

/** What carries the bytes. */
export interface Wire {
  write(bytes: Buffer): void;
  destroy(): Promise<void>;
}

export interface RtuTimes {
  /** Silence between frames, ms. */
  readonly silenceMs: number;
  /** Silence after which an answer that has begun will not go on, ms. */
  readonly stallMs: number;
  /** How long after it was given up an answer may still come, ms. */
  readonly lateMs: number;
  readonly timers?: Timers;
}

/** Answers that may still come, by unit and function, with the time from which they can no longer. Outlives a connection. */
export type OwedAnswers = Map<string, number>;

interface Pending {
  readonly request: Request;
  readonly frame: Buffer;
  echoed: boolean;
  readonly resolve: (registers: number[]) => void;
  readonly reject: (error: ModbusError) => void;
}

/** More than any frame: what exceeds it is noise. */
const MOST_BYTES = 1024;

export class RtuLink implements Link {
  readonly resynchronises = true;
  readonly diesSilently: boolean;
  readonly #wire: Wire;
  readonly #name: string;
  readonly #times: RtuTimes;
  readonly #timers: Timers;
  readonly #owed: OwedAnswers;
  #bytes: Buffer = Buffer.alloc(0);
  #received = 0;
  #lastByteAt = Number.NEGATIVE_INFINITY;
  #pending: Pending | null = null;
  /** Something came in, or may, that nobody asked for: the line has to fall silent before the next request. */
  #disturbed = false;
  /** The adapter returns what it sends. */
  #echoes = false;
  #cancelStall = () => {};

  constructor(wire: Wire, name: string, times: RtuTimes, owed: OwedAnswers, diesSilently: boolean) {
    this.#wire = wire;
    this.#name = name;
    this.#times = times;
    this.#timers = times.timers ?? systemTimers;
    this.#owed = owed;
    this.diesSilently = diesSilently;
  }

  send(request: Request): Promise<number[]> {
    this.#bytes = Buffer.alloc(0);
    this.#disturbed = false;
    this.#owed.delete(keyOf(request));
    return new Promise((resolve, reject) => {
      if (request.unit === 0) {
        throw new RangeError(`on a serial line unit 0 means all at once, and none answers: use 1 to 247`);
      }
      const frame = encodeRtuFrame(request.unit, encodeRequest(request));
      this.#pending = { request, frame, echoed: false, resolve, reject };
      this.#wire.write(frame);
    });
  }

  abandon(): ModbusError | null {
    const request = this.#pending?.request;
    if (!request) return null;
    const instead = this.#bytes.length > 0 ? diagnose(this.#bytes, request, this.#name) : null;
    this.#owed.set(keyOf(request), this.#timers.now() + this.#times.lateMs);
    this.#end();
    this.#disturbed = true;
    return instead;
  }

  wait(request: Request): number {
    const now = this.#timers.now();
    const silence = this.#disturbed ? this.#times.stallMs : this.#times.silenceMs;
    return Math.max(0, this.#lastByteAt + silence - now, (this.#owed.get(keyOf(request)) ?? now) - now);
  }

  owes(request: Request): boolean {
    return (this.#owed.get(keyOf(request)) ?? 0) > this.#timers.now();
  }

  received(): number {
    return this.#received;
  }

  destroy(): Promise<void> {
    this.#end();
    return this.#wire.destroy();
  }

  /** Takes what came in. */
  receive(piece: Buffer): void {
    this.#received += piece.length;
    this.#lastByteAt = this.#timers.now();
    this.#bytes = Buffer.concat([this.#bytes, piece]).subarray(-MOST_BYTES);
    this.#dropLateAnswers();
    const pending = this.#pending;
    if (!pending) {
      this.#disturbed = true;
      return;
    }
    this.#dropEcho(pending);
    const answer = findAnswer(this.#bytes, pending.request);
    if (!answer) {
      this.#awaitMore(pending);
      return;
    }
    const who = `unit ${pending.request.unit} at ${this.#name}`;
    this.#end();
    try {
      pending.resolve(decodeAnswer(pending.request, pduOf(answer), who));
    } catch (error) {
      pending.reject(error as ModbusError);
    }
  }

  /** An answer that a unit owed is nobody's any more. */
  #dropLateAnswers(): void {
    if (this.#owed.size === 0) return;
    for (let frame = firstFrame(this.#bytes); frame; frame = firstFrame(this.#bytes)) {
      if (!this.#owed.delete(`${frame[0]} ${(frame[1] ?? 0) & ~REFUSED}`)) return;
      this.#bytes = this.#bytes.subarray(frame.length);
    }
  }

  /** The answer to a single write looks like its echo, so it counts as one only where echoes were seen before. */
  #dropEcho(pending: Pending): void {
    const { request, frame, echoed } = pending;
    if (echoed || (request.kind === 'write-one' && !this.#echoes)) return;
    if (this.#bytes.length < frame.length || !this.#bytes.subarray(0, frame.length).equals(frame)) return;
    pending.echoed = true;
    this.#echoes = true;
    this.#bytes = this.#bytes.subarray(frame.length);
  }

  /** Noise and strangers are waited out, as the answer may still come; one that broke off or was damaged is the end. */
  #awaitMore({ request, reject }: Pending): void {
    this.#cancelStall();
    this.#cancelStall = this.#timers.after(this.#times.stallMs, () => {
      if (!isBroken(this.#bytes, request)) return;
      const error = diagnose(this.#bytes, request, this.#name);
      this.#end();
      this.#disturbed = true;
      reject(error);
    });
  }

  #end(): void {
    this.#pending = null;
    this.#cancelStall();
    this.#cancelStall = () => {};
    this.#bytes = Buffer.alloc(0);
  }
}

const keyOf = ({ unit, kind }: Request) => `${unit} ${FUNCTIONS[kind]}`;
