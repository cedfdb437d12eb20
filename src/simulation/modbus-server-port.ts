// Puts virtual units on a wire: Modbus TCP (MODBUS Messaging on TCP/IP V1.0b) on an address of this machine, and RTU
// (MODBUS over Serial Line V1.02) on a terminal. Own framing, since a fault may be half a frame or none.
import { open } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { ReadStream, WriteStream } from 'node:tty';
import { systemTimers, type Timers } from '../time/clock.ts';
import { exception, type VirtualUnits } from './modbus-answer.ts';
import { rtuFrame, takeRtuRequest, takeTcpRequest, tcpFrame } from './modbus-frames.ts';

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
  let rest: Uint8Array = new Uint8Array(0);
  const send = (bytes: Uint8Array) => {
    if (!socket.destroyed) socket.write(bytes);
  };
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data]);
    for (let taken = takeTcpRequest(rest); taken; taken = takeTcpRequest(rest)) {
      if (taken === 'no-modbus') return socket.destroy();
      rest = rest.subarray(taken.length);
      const { transaction, unit, pdu } = taken;
      const answer = units.answer(socket, unit, pdu);
      if (answer.kind === 'hang-up') return socket.destroy();
      if (answer.kind === 'nobody') send(tcpFrame(transaction, unit, exception(pdu, 11)));
      else if (answer.kind === 'bytes') send(answer.bytes);
      else if (answer.kind === 'short') {
        const whole = tcpFrame(transaction, answer.unit, answer.pdu);
        send(whole.subarray(0, Math.ceil(whole.length / 2)));
      } else if (answer.kind === 'frame') {
        const whole = tcpFrame(transaction, answer.unit, answer.pdu);
        if (answer.afterMs === 0) send(whole);
        else
          socket.once(
            'close',
            timers.after(answer.afterMs, () => send(whole)),
          );
      }
    }
  });
}

/** A pause that ends what was left of a broken request, ms; far above the 3.5 characters of the slowest line. */
const RTU_PAUSE_MS = 50;

/** Serves on a terminal, such as one end of a pair of pseudo-terminals. @throws Error when it cannot be opened */
export async function serveRtu(
  units: VirtualUnits,
  path: string,
  { timers = systemTimers }: { timers?: Timers } = {},
): Promise<ModbusServer> {
  const [input, output] = [await open(path, 'r+'), await open(path, 'r+')];
  let reader: ReadStream;
  let writer: WriteStream;
  try {
    reader = new ReadStream(input.fd);
    writer = new WriteStream(output.fd);
  } catch (error) {
    await Promise.all([input.close(), output.close()]);
    throw new Error(`${path} is no terminal that virtual devices could be served on`, { cause: error });
  }
  reader.setRawMode(true);
  const line = {};
  let rest: Uint8Array = new Uint8Array(0);
  let cancel = () => {};
  const pending = new Set<() => void>();
  reader.on('error', () => {});
  writer.on('error', () => {});
  reader.on('data', (data: Buffer) => {
    cancel();
    rest = Buffer.concat([rest, data]);
    for (let taken = takeRtuRequest(rest); taken; taken = takeRtuRequest(rest)) {
      rest = rest.subarray(taken.length);
      const answer = units.answer(line, taken.unit, taken.pdu);
      if (answer.kind === 'bytes') writer.write(answer.bytes);
      else if (answer.kind === 'short') {
        const whole = rtuFrame(answer.unit, answer.pdu);
        writer.write(whole.subarray(0, Math.ceil(whole.length / 2)));
      } else if (answer.kind === 'frame') {
        const whole = rtuFrame(answer.unit, answer.pdu);
        if (answer.afterMs === 0) writer.write(whole);
        else {
          const stop = timers.after(answer.afterMs, () => {
            pending.delete(stop);
            writer.write(whole);
          });
          pending.add(stop);
        }
      }
    }
    cancel = timers.after(RTU_PAUSE_MS, () => {
      rest = new Uint8Array(0);
    });
  });
  return {
    async close() {
      cancel();
      for (const stop of pending) stop();
      reader.destroy();
      writer.destroy();
    },
  };
}
