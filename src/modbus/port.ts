// What every Modbus line offers, whatever wire it runs on, and the one error it raises.
// Modbus Application Protocol V1.1b3: function codes 3, 4, 6 and 16; addresses are zero-based, as on the wire.

/** `exception-N` is the device's own answer; everything else happened on the way. */
export type ModbusErrorCode = 'timeout' | 'refused' | 'closed' | 'aborted' | 'garbage' | `exception-${number}`;

/** Every failed request ends in one of these, with a sentence a person can act on. */
export class ModbusError extends Error {
  readonly code: ModbusErrorCode;

  constructor(code: ModbusErrorCode, text: string, cause?: unknown) {
    super(text, cause === undefined ? undefined : { cause });
    this.name = 'ModbusError';
    this.code = code;
  }

  /** The device is alive and asks to be left alone for a moment (5 acknowledge, 6 busy): never a value. */
  get busy(): boolean {
    return this.code === 'exception-5' || this.code === 'exception-6';
  }
}

/** Answers of the specification, section 7. */
const exceptions: Readonly<Record<number, string>> = {
  1: 'it does not know this function',
  2: 'it does not have these registers',
  3: 'it does not accept this value',
  4: 'it failed inside',
  5: 'it has accepted the request and will need time',
  6: 'it is busy, ask again later',
  8: 'its memory has a parity error',
  10: 'the gateway has no path to it',
  11: 'the gateway got no answer from it',
};

/** The error for a device's exception answer. */
export function exceptionError(who: string, exception: number): ModbusError {
  const meaning = exceptions[exception] ?? 'it gives no known reason';
  return new ModbusError(`exception-${exception}`, `${who} refused the request: ${meaning} (exception ${exception})`);
}

/** What was thrown as an Error: some libraries throw plain objects. */
export function toError(problem: unknown): Error {
  return problem instanceof Error ? problem : new Error(String(problem));
}

export type PortState = 'idle' | 'connecting' | 'connected' | 'waiting' | 'closed';

/** Counted since the port was opened. */
export interface PortStatistics {
  readonly requests: number;
  readonly errors: number;
  readonly connections: number;
  /** Of the last answered request, ms on the wire without the queue; null before the first. */
  readonly latencyMs: number | null;
  /** The longest so far, as `latencyMs`. */
  readonly slowestMs: number | null;
  /** Requests in the queue, the running one included. */
  readonly waiting: number;
  /** Sentence of the last error, null before the first. */
  readonly lastError: string | null;
}

export interface DeviceNeeds {
  /** Silence between an answer and the next request, ms. */
  readonly gapMs?: number | undefined;
  /** Time after a connection was made before it answers, ms. */
  readonly settleMs?: number | undefined;
}

/**
 * A question that must not hold up the others on a line, such as a search for devices: it lets them go first, and on a line
 * that is never idle has a turn now and then. Its silence says nothing about the line.
 */
export interface Aside {
  /** How long it waits for its answer, ms; never longer than the port does. */
  readonly limitMs: number;
  /** It stands in the queue. */
  readonly waits?: () => void;
  /** Its turn has come. */
  readonly turn?: () => void;
}

/**
 * One line or host, shared by all who talk to devices on it. Requests are queued, writes before reads, one at a time; those
 * who ask for the same registers before anything was sent share one request.
 * Each call ends within the port's timeout after its turn has come; `signal` ends it at once.
 */
export interface ModbusPort {
  /** `waiting`: the last connection failed and the next attempt is not due yet. */
  readonly state: PortState;
  readonly statistics: PortStatistics;
  /** Such as `192.168.1.20:502`, for texts. */
  readonly name: string;
  /** Function 3. @throws ModbusError, or RangeError for an address or count that cannot be */
  readHolding(unit: number, address: number, count: number, signal?: AbortSignal, aside?: Aside): Promise<number[]>;
  /** Function 4. @throws as readHolding */
  readInput(unit: number, address: number, count: number, signal?: AbortSignal, aside?: Aside): Promise<number[]>;
  /** Function 16: all registers in one transaction. @throws as readHolding */
  writeRegisters(unit: number, address: number, values: readonly number[], signal?: AbortSignal): Promise<void>;
  /** Function 6: one register, for devices that know no function 16. @throws as readHolding */
  writeRegister(unit: number, address: number, value: number, signal?: AbortSignal): Promise<void>;
  /** What a device on this line needs; of several the longest counts. */
  respect(needs: DeviceNeeds): void;
  /** Is told about every change of state; the returned function ends that. */
  watch(listener: (state: PortState) => void): () => void;
  /** Ends every request with a ModbusError (`closed`) and frees the line, at once whatever the peer does. */
  close(): Promise<void>;
}

/** A line as those see it who ask aside. */
export function asideOf(port: ModbusPort, aside: Aside): ModbusPort {
  return {
    name: port.name,
    get state() {
      return port.state;
    },
    get statistics() {
      return port.statistics;
    },
    readHolding: (unit, address, count, signal) => port.readHolding(unit, address, count, signal, aside),
    readInput: (unit, address, count, signal) => port.readInput(unit, address, count, signal, aside),
    writeRegisters: (unit, address, values, signal) => port.writeRegisters(unit, address, values, signal),
    writeRegister: (unit, address, value, signal) => port.writeRegister(unit, address, value, signal),
    respect: (needs) => port.respect(needs),
    watch: (listener) => port.watch(listener),
    close: () => port.close(),
  };
}
