// Modbus RTU on a serial line, and RTU frames on a socket as transparent serial-to-Ethernet converters carry them. The
// package serialport, native and optional, comes with modbus-serial and is loaded when a serial line is opened, not before.
// modbus-serial's own RTU is not used: it has no queue, takes late answers, and says of no fault what it was (rtu-link.ts).
import { createRequire } from 'node:module';
import { type LineOptions, ModbusLine } from './line.ts';
import { ModbusError, type ModbusPort } from './port.ts';
import { frameSilence } from './rtu-frames.ts';
import { type OwedAnswers, RtuLink, type RtuTimes, type Wire } from './rtu-link.ts';
import { connectTo, hostName } from './tcp-port.ts';

export interface SerialPortOptions extends LineOptions {
  /** Such as `/dev/ttyUSB0` or `COM3`. */
  readonly path: string;
  /** Default 9600. */
  readonly baud?: number;
  /** Default none. Data bits are always 8: RTU is binary. */
  readonly parity?: 'none' | 'even' | 'odd';
  readonly stopBits?: 1 | 2;
}

export interface RtuOverTcpOptions extends LineOptions {
  readonly host: string;
  readonly port: number;
}

/** How long an answer that has begun may pause: an adapter hands on what it got every 16 ms, a converter when it likes. */
const SERIAL_STALL_MS = 60;
const SOCKET_STALL_MS = 200;
/** A device that has not answered within this and one more timeout will not. */
const LATE_MS = 1000;
/** 9600 baud is the commonest, and the pause that suits it harms no faster line. */
const COMMON_BAUD = 9600;

/**
 * A port to one serial line, shared by all units on it. It opens the line with the first request.
 * @throws RangeError for settings that cannot be
 */
export function openSerialPort(options: SerialPortOptions): ModbusPort {
  const { path, baud = COMMON_BAUD, parity = 'none', stopBits = 1 } = options;
  if (path === '') throw new RangeError('a serial line needs the name of its device, such as /dev/ttyUSB0');
  if (!Number.isInteger(baud) || baud < 50 || baud > 4_000_000) {
    throw new RangeError(`a serial line runs at 50 to 4000000 baud, not ${baud}`);
  }
  const silenceMs = frameSilence(baud);
  const times = timesOf(options, silenceMs, SERIAL_STALL_MS);
  const owed: OwedAnswers = new Map();
  return new ModbusLine(
    path,
    async (lost, signal) => {
      const settings = { path, baudRate: baud, parity, dataBits: 8, stopBits, autoOpen: false };
      const line = await openedSerial(settings, signal);
      const link = new RtuLink(serialWire(line), path, times, owed, false);
      // A pseudo-terminal whose other end is gone ends; an adapter that is pulled out closes.
      line.once('close', lost).once('end', lost);
      line.on('data', (piece: Buffer) => link.receive(piece));
      return link;
    },
    { ...options, gapMs: silenceMs + (options.gapMs ?? 0) },
  );
}

/** A port to RTU devices behind a converter, shared by all units on its line. @throws RangeError as `openTcpPort` */
export function openRtuOverTcpPort(options: RtuOverTcpOptions): ModbusPort {
  const { host, port } = options;
  const name = hostName(host, port);
  const silenceMs = frameSilence(COMMON_BAUD);
  const times = timesOf(options, silenceMs, SOCKET_STALL_MS);
  const owed: OwedAnswers = new Map();
  return new ModbusLine(
    name,
    async (lost, signal) => {
      const socket = await connectTo(host, port, signal);
      const wire: Wire = {
        write: (bytes) => void socket.write(bytes),
        destroy: async () => void socket.destroy(),
      };
      const link = new RtuLink(wire, name, times, owed, true);
      socket.once('close', lost);
      socket.on('data', (piece: Buffer) => link.receive(piece));
      return link;
    },
    { ...options, gapMs: silenceMs + (options.gapMs ?? 0) },
  );
}

function timesOf(options: LineOptions, silenceMs: number, stallMs: number): RtuTimes {
  const times = { silenceMs, stallMs, lateMs: Math.max(LATE_MS, options.timeoutMs ?? 0) };
  return options.timers ? { ...times, timers: options.timers } : times;
}

/** As much of serialport's SerialPort as is used here. */
interface Serial {
  readonly isOpen: boolean;
  open(done: (error: Error | null) => void): void;
  close(done: (error: Error | null) => void): void;
  write(bytes: Buffer): boolean;
  once(event: 'close' | 'end', listener: () => void): Serial;
  on(event: 'data', listener: (piece: Buffer) => void): Serial;
  on(event: 'error', listener: (error: Error) => void): Serial;
}

type SerialClass = new (settings: object) => Serial;

/** serialport stands beside modbus-serial, wherever a package manager put that. */
function serialClass(): SerialClass {
  const require = createRequire(import.meta.url);
  try {
    return createRequire(require.resolve('modbus-serial'))('serialport').SerialPort;
  } catch (error) {
    const text =
      'serial lines need the package "serialport", which could not be loaded: run "npm install serialport" in the user directory of Node-RED, or use a serial-to-Ethernet converter';
    throw new ModbusError('refused', text, error);
  }
}

function openedSerial(settings: { readonly path: string }, signal: AbortSignal): Promise<Serial> {
  const line = new (serialClass())(settings);
  // Every error of an open line is followed by its `close`; those of opening and writing have callbacks.
  line.on('error', () => {});
  return new Promise((resolve, reject) => {
    const aborted = () => reject(new Error('the attempt to open it was given up'));
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    line.open((error) => {
      signal.removeEventListener('abort', aborted);
      if (error) reject(new Error(explained(error.message), { cause: error }));
      else if (signal.aborted) line.close(() => {});
      else resolve(line);
    });
  });
}

function explained(problem: string): string {
  if (/no such file|file not found|ENOENT/i.test(problem))
    return 'there is no such device: check that it is plugged in';
  if (/permission|EACCES|access denied/i.test(problem)) {
    return 'Node-RED may not use it: on Linux add its user to the group "dialout"';
  }
  if (/lock|busy|temporarily unavailable/i.test(problem)) return 'another program has it open: end that first';
  return problem;
}

function serialWire(line: Serial): Wire {
  return {
    write: (bytes) => void line.write(bytes),
    destroy: () =>
      new Promise((resolve) => {
        if (line.isOpen) line.close(() => resolve());
        else resolve();
      }),
  };
}
