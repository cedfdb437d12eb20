// Peers for Modbus tests: registers in memory behind the port's interface, and a TCP server that answers as badly as told.
import { createServer, type Server, type Socket } from 'node:net';
import { exceptionError, type ModbusPort } from '../../src/modbus/port.ts';

export interface MemoryPort extends ModbusPort {
  /** Requests as `kind unit address count`, in order. */
  readonly log: string[];
  /** Registers of a unit, holding or input; may be changed by the test. */
  readonly registers: Map<string, number>;
  /** Called after every write. */
  onWrite: () => void;
}

/** A port whose registers are given from addresses on; what is not there is exception 2. */
export function memoryPort(
  images: readonly { unit?: number; table?: 'holding' | 'input'; base: number; registers: readonly number[] }[],
): MemoryPort {
  const registers = new Map<string, number>();
  for (const { unit = 1, table = 'holding', base, registers: words } of images) {
    for (const [index, word] of words.entries()) registers.set(`${table} ${unit} ${base + index}`, word);
  }
  const log: string[] = [];
  const read = async (table: string, unit: number, address: number, count: number) => {
    log.push(`${table} ${unit} ${address} ${count}`);
    return Array.from({ length: count }, (_, index) => {
      const word = registers.get(`${table} ${unit} ${address + index}`);
      if (word === undefined) throw exceptionError(`unit ${unit}`, 2);
      return word;
    });
  };
  const port: MemoryPort = {
    name: 'memory',
    state: 'connected',
    statistics: { requests: 0, errors: 0, connections: 1, latencyMs: null },
    log,
    registers,
    onWrite: () => {},
    readHolding: (unit, address, count) => read('holding', unit, address, count),
    readInput: (unit, address, count) => read('input', unit, address, count),
    async writeRegisters(unit, address, values) {
      log.push(`write ${unit} ${address} ${values.join(',')}`);
      for (const [index, value] of values.entries()) {
        const key = `holding ${unit} ${address + index}`;
        if (!registers.has(key)) throw exceptionError(`unit ${unit}`, 2);
        registers.set(key, value);
      }
      port.onWrite();
    },
    async writeRegister(unit, address, value) {
      log.push(`single ${unit} ${address} ${value}`);
      const key = `holding ${unit} ${address}`;
      if (!registers.has(key)) throw exceptionError(`unit ${unit}`, 2);
      registers.set(key, value);
      port.onWrite();
    },
    watch: () => () => {},
    close: async () => {},
  };
  return port;
}

export interface RawPeer {
  readonly port: number;
  readonly connections: number;
  /** What happens with each request; the default answers every read with its own address and count. */
  behave: (request: Buffer, socket: Socket) => void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A Modbus TCP server that speaks bytes. Requests come one per call, header included. */
export async function rawPeer(): Promise<RawPeer> {
  const sockets = new Set<Socket>();
  let server: Server;
  let connections = 0;
  const make = () =>
    createServer((socket) => {
      connections++;
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      let rest: Buffer = Buffer.alloc(0);
      socket.on('data', (data) => {
        rest = Buffer.concat([rest, data]);
        while (rest.length >= 6 && rest.length >= 6 + rest.readUInt16BE(4)) {
          const length = 6 + rest.readUInt16BE(4);
          const request = rest.subarray(0, length);
          rest = rest.subarray(length);
          peer.behave(request, socket);
        }
      });
    });
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server = make();
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
  const port = await listen(0);
  const peer: RawPeer = {
    port,
    get connections() {
      return connections;
    },
    behave: (request, socket) => socket.write(answer(request)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    start: async () => {
      await listen(port);
    },
  };
  return peer;
}

/** A good answer: registers that hold their own addresses, or the echo of a write. */
export function answer(request: Buffer): Buffer {
  const address = request.readUInt16BE(8);
  const count = request.readUInt16BE(10);
  if (request[7] === 16) return frame(request, request.subarray(8, 12));
  const body = Buffer.alloc(1 + count * 2);
  body[0] = count * 2;
  for (let index = 0; index < count; index++) body.writeUInt16BE(address + index, 1 + index * 2);
  return frame(request, body);
}

export function exceptionAnswer(request: Buffer, code: number): Buffer {
  const answered = frame(request, Buffer.from([code]));
  answered[7] = (answered[7] ?? 0) | 0x80;
  return answered;
}

/** An answer to a request: its transaction, unit and function, with this body. */
export function frame(request: Buffer, body: Buffer): Buffer {
  const head = Buffer.from(request.subarray(0, 8));
  head.writeUInt16BE(body.length + 2, 4);
  return Buffer.concat([head, body]);
}
