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
    statistics: {
      requests: 0,
      errors: 0,
      connections: 1,
      latencyMs: null,
      slowestMs: null,
      waiting: 0,
      lastError: null,
    },
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
      await port.writeRegisters(unit, address, [value]);
      log[log.length - 1] = `single ${unit} ${address} ${value}`;
    },
    respect: () => {},
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
  if (request[7] === 16 || request[7] === 6) return frame(request, request.subarray(8, 12));
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

export interface RawRtuPeer {
  readonly port: number;
  readonly connections: number;
  /** What happens with each request; the default answers every read with its own address and count. */
  behave: (request: Buffer, socket: Socket) => void;
  stop(): Promise<void>;
}

/** RTU frames on a socket, as a serial-to-Ethernet converter passes them on. Requests come one per call, CRC included. */
export async function rawRtuPeer(): Promise<RawRtuPeer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        const length = rest[1] === 16 ? 9 + (rest[6] ?? 0) : 8;
        if (rest.length < length) return;
        const request = rest.subarray(0, length);
        rest = rest.subarray(length);
        peer.behave(request, socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const peer: RawRtuPeer = {
    port: typeof address === 'object' && address ? address.port : 0,
    get connections() {
      return connections;
    },
    behave: (request, socket) => socket.write(rtuAnswer(request)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return peer;
}

/** A good answer on a serial line, as `answer`. */
export function rtuAnswer(request: Buffer): Buffer {
  if (request[1] === 16 || request[1] === 6) return rtuFrame([...request.subarray(0, 6)]);
  const address = request.readUInt16BE(2);
  const count = request.readUInt16BE(4);
  const words = Array.from({ length: count }, (_, index) => [(address + index) >> 8, (address + index) & 0xff]);
  return rtuFrame([request[0]!, request[1]!, 2 * count, ...words.flat()]);
}

/** Bytes with their CRC, computed bit by bit as the specification describes it: nothing of ours is in it. */
export function rtuFrame(bytes: readonly number[]): Buffer {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return Buffer.from([...bytes, crc & 0xff, crc >>> 8]);
}
