// Modbus TCP (MODBUS Messaging on TCP/IP V1.0b). The frames are ours (mbap.ts, pdu.ts, 150 lines) and not modbus-serial's:
// that takes an answer of the wrong length, leaves promises unsettled when a socket goes, rejects with plain objects, and
// on serial lines neither drains nor says what was wrong; one set of frames serves both wires, the proxy and faults alike.
import { connect, type Socket } from 'node:net';
import { type LineOptions, ModbusLine } from './line.ts';
import type { Link, Request } from './link.ts';
import { encodeTcpFrame, type TcpFrame, TcpFrames } from './mbap.ts';
import { decodeAnswer, encodeRequest } from './pdu.ts';
import { ModbusError, type ModbusPort } from './port.ts';

export interface TcpPortOptions extends LineOptions {
  /** Name or address of the host. */
  readonly host: string;
  /** 1 to 65535; default 502. */
  readonly port?: number;
}

/** A port to one Modbus TCP host. It connects with the first request. @throws RangeError for a port that cannot be */
export function openTcpPort(options: TcpPortOptions): ModbusPort {
  const { host, port = 502 } = options;
  const name = hostName(host, port);
  return new ModbusLine(
    name,
    async (lost, signal) => {
      const socket = await connectTo(host, port, signal);
      socket.once('close', lost);
      return new TcpLink(socket, name);
    },
    options,
  );
}

/** `host:port` for texts. @throws RangeError */
export function hostName(host: string, port: number): string {
  if (host === '' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`a Modbus host needs a name and a port from 1 to 65535, not "${host}" and ${port}`);
  }
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A connected socket whose errors end it quietly. Aborting the signal ends the attempt. */
export function connectTo(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
    const end = (error: Error) => {
      signal.removeEventListener('abort', aborted);
      socket.destroy();
      reject(error);
    };
    const aborted = () => end(new Error('the attempt to connect was given up'));
    // Stays: an error of an open socket is followed by its `close`.
    socket.on('error', end);
    socket.once('connect', () => {
      signal.removeEventListener('abort', aborted);
      resolve(socket);
    });
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}

interface Pending {
  readonly transaction: number;
  readonly request: Request;
  readonly resolve: (registers: number[]) => void;
  readonly reject: (error: Error) => void;
}

class TcpLink implements Link {
  readonly resynchronises = false;
  readonly diesSilently = true;
  readonly #socket: Socket;
  readonly #name: string;
  readonly #frames = new TcpFrames();
  #transaction = 0;
  #pending: Pending | null = null;

  constructor(socket: Socket, name: string) {
    this.#socket = socket;
    this.#name = name;
    socket.on('data', (piece: Buffer) => this.#receive(piece));
  }

  send(request: Request): Promise<number[]> {
    this.#transaction = (this.#transaction + 1) & 0xffff;
    const transaction = this.#transaction;
    return new Promise((resolve, reject) => {
      this.#pending = { transaction, request, resolve, reject };
      this.#socket.write(encodeTcpFrame(transaction, request.unit, encodeRequest(request)));
    });
  }

  abandon(): ModbusError | null {
    const pending = this.#pending;
    this.#pending = null;
    if (!pending || !this.#frames.started) return null;
    return new ModbusError('timeout', `the answer of unit ${pending.request.unit} at ${this.#name} broke off halfway`);
  }

  wait(): number {
    return 0;
  }

  /** Every answer names its transaction. */
  owes(): boolean {
    return false;
  }

  received(): number {
    return this.#socket.bytesRead;
  }

  async destroy(): Promise<void> {
    this.#socket.destroy();
  }

  #receive(piece: Buffer): void {
    try {
      for (const frame of this.#frames.push(piece)) this.#take(frame);
    } catch (error) {
      const text = `${this.#name} sent something that is no Modbus TCP: check that this is its Modbus port, and that it does not speak RTU over TCP`;
      this.#pending?.reject(new ModbusError('garbage', text, error));
      this.#socket.destroy();
    }
  }

  /** An answer to an earlier transaction comes too late and is dropped. */
  #take({ transaction, unit, pdu }: TcpFrame): void {
    const pending = this.#pending;
    if (pending?.transaction !== transaction) return;
    this.#pending = null;
    const { request, resolve, reject } = pending;
    const who = `unit ${request.unit} at ${this.#name}`;
    try {
      if (unit !== request.unit) throw new ModbusError('garbage', `unit ${unit} answered in place of ${who}`);
      resolve(decodeAnswer(request, pdu, who));
    } catch (error) {
      reject(error as Error);
    }
  }
}
