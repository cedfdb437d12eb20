// Puts virtual units on a wire: Modbus TCP (MODBUS Messaging on TCP/IP V1.0b) on an address of this machine, and RTU
// (MODBUS over Serial Line V1.02) on a terminal. Own framing, since a fault may be half a frame or none.
import { closeSync, constants, openSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { ReadStream, WriteStream } from 'node:tty';
import { encodeTcpFrame, TcpFrames } from '../modbus/mbap.ts';
import { encodeException, FUNCTIONS } from '../modbus/pdu.ts';
import { crc16, encodeRtuFrame } from '../modbus/rtu-frames.ts';
import { systemTimers, type Timers } from '../time/clock.ts';
import type { Answer, VirtualUnits } from './modbus-answer.ts';

export interface ModbusServer {
  /** Ends all connections and frees the wire. */
  close(): Promise<void>;
}

export interface TcpServer extends ModbusServer {
  readonly host: string;
  readonly port: number;
}

/** @param port 0 chooses a free one @throws Error when the port is taken, with what to do */
export async function serveTcp(
  units: VirtualUnits,
  { host = '127.0.0.1', port = 0, timers = systemTimers }: { host?: string; port?: number; timers?: Timers } = {},
): Promise<TcpServer> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`a TCP port lies within 0 and 65535, not ${port}`);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      units.left(socket);
    });
    serveSocket(units, socket, timers);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE';
      const advice = taken ? 'it is in use: choose another one or 0 for any' : error.message;
      reject(new Error(`the virtual devices cannot listen on port ${port}: ${advice}`));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    host,
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serveSocket(units: VirtualUnits, socket: Socket, timers: Timers): void {
  const frames = new TcpFrames();
  const sender = senderOn(timers, (bytes) => {
    if (!socket.destroyed) socket.write(bytes);
  });
  socket.once('close', sender.end);
  socket.on('data', (piece) => {
    try {
      for (const { transaction, unit, pdu } of frames.push(piece)) {
        const answer = units.answer(socket, unit, pdu);
        if (answer.kind === 'hang-up') throw new Error('the device hangs up');
        if (answer.kind === 'nobody')
          sender.whole(encodeTcpFrame(transaction, unit, encodeException(pdu[0] ?? 0, 11)), 0);
        else sender.answer(answer, (from, body) => encodeTcpFrame(transaction, from, body));
      }
    } catch {
      socket.destroy();
    }
  });
}

/** Sends what an answer says, late ones by the timers. */
function senderOn(timers: Timers, write: (bytes: Buffer) => void) {
  const waiting = new Set<() => void>();
  const sender = {
    whole(frame: Buffer, afterMs: number): void {
      if (afterMs === 0) {
        write(frame);
        return;
      }
      const cancel = timers.after(afterMs, () => {
        waiting.delete(cancel);
        write(frame);
      });
      waiting.add(cancel);
    },
    answer(answer: Answer, frame: (unit: number, pdu: Buffer) => Buffer): void {
      if (answer.kind === 'bytes') write(answer.bytes);
      else if (answer.kind === 'frame') sender.whole(frame(answer.unit, answer.pdu), answer.afterMs);
      else if (answer.kind === 'short') {
        const whole = frame(answer.unit, answer.pdu);
        write(whole.subarray(0, Math.ceil(whole.length / 2)));
      }
    },
    end(): void {
      for (const cancel of waiting) cancel();
      waiting.clear();
    },
  };
  return sender;
}

/** A pause that ends what was left of a broken request, ms; far above the 3.5 characters of the slowest line. */
const RTU_PAUSE_MS = 50;

/**
 * Serves on a terminal whose speed is set already, such as one end of a pair of pseudo-terminals.
 * @throws Error when it is no terminal
 */
export async function serveRtu(
  units: VirtualUnits,
  path: string,
  { timers = systemTimers }: { timers?: Timers } = {},
): Promise<ModbusServer> {
  const { reader, writer } = openTerminal(path);
  const line = {};
  const sender = senderOn(timers, (bytes) => {
    if (!writer.destroyed) writer.write(bytes);
  });
  let rest: Buffer = Buffer.alloc(0);
  let forget = () => {};
  reader.on('data', (data: Buffer) => {
    forget();
    rest = Buffer.concat([rest, data]);
    for (let taken = takeRtuRequest(rest); taken; taken = takeRtuRequest(rest)) {
      rest = rest.subarray(taken.length);
      sender.answer(units.answer(line, taken.unit, taken.pdu), encodeRtuFrame);
    }
    forget = timers.after(RTU_PAUSE_MS, () => {
      rest = Buffer.alloc(0);
    });
  });
  return {
    async close() {
      forget();
      sender.end();
      const ended = [reader, writer].map((stream) => new Promise((resolve) => stream.once('close', resolve)));
      reader.destroy();
      writer.destroy();
      await Promise.all(ended);
    },
  };
}

interface RtuRequest {
  readonly unit: number;
  readonly pdu: Buffer;
  /** Bytes up to its end. */
  readonly length: number;
}

/** The first request whose CRC holds; bytes before it that are none of it are taken along. */
function takeRtuRequest(bytes: Buffer): RtuRequest | null {
  for (let start = 0; start + 8 <= bytes.length; start++) {
    const isWrite = bytes[start + 1] === FUNCTIONS.write;
    const end = start + (isWrite ? 9 + (bytes[start + 6] ?? 0) : 8);
    if (end > bytes.length || crc16(bytes.subarray(start, end - 2)) !== bytes.readUInt16LE(end - 2)) continue;
    return { unit: bytes[start] ?? 0, pdu: bytes.subarray(start + 1, end - 2), length: end };
  }
  return null;
}

/** Both directions of a terminal, raw. The streams own their descriptors. */
function openTerminal(path: string): { reader: ReadStream; writer: WriteStream } {
  const descriptors: number[] = [];
  const opened = () => {
    const descriptor = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    descriptors.push(descriptor);
    return descriptor;
  };
  try {
    const reader = new ReadStream(opened());
    const writer = new WriteStream(opened());
    reader.setRawMode(true);
    for (const stream of [reader, writer]) stream.on('error', () => {});
    return { reader, writer };
  } catch (error) {
    for (const descriptor of descriptors) closeSync(descriptor);
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(`virtual devices cannot be served on ${path}: it must be a terminal (${text})`, { cause: error });
  }
}
