// Modbus TCP (MODBUS Messaging on TCP/IP V1.0b) on modbus-serial, with what that leaves open: its promises can stay
// unsettled, its close can wait for ever and some of its errors are no Errors. Socket and lifetime are ours.
import { connect, type Socket } from 'node:net';
import modbusSerial from 'modbus-serial';
import { type LineOptions, ModbusLine } from './line.ts';
import type { Link, OpenLink, Request } from './link.ts';
import { exceptionError, ModbusError, type ModbusPort } from './port.ts';

export interface TcpPortOptions extends LineOptions {
  /** Name or address of the host. */
  readonly host: string;
  /** 1 to 65535; default 502. */
  readonly port?: number;
}

/** A port to one Modbus TCP host. It connects with the first request. @throws RangeError for a port that cannot be */
export function openTcpPort(options: TcpPortOptions): ModbusPort {
  const { host, port = 502 } = options;
  if (host === '' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RangeError(`a Modbus TCP host needs a name and a port from 1 to 65535, not "${host}" and ${port}`);
  }
  const name = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new ModbusLine(name, (lost, signal) => openLink(host, port, name, lost, signal), options);
}

async function openLink(host: string, port: number, name: string, ...rest: Parameters<OpenLink>): Promise<Link> {
  const [lost, signal] = rest;
  const socket = await connected(host, port, signal);
  socket.on('error', () => {});
  socket.once('close', lost);
  socket.setKeepAlive(true, 30_000);
  const client = new modbusSerial.default();
  await client.linkTCP(socket, { port });
  return {
    received: () => socket.bytesRead,
    destroy: () => socket.destroy(),
    send: (request) => send(client, request, `unit ${request.unit} at ${name}`),
  };
}

function connected(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    const end = (error: Error) => {
      signal.removeEventListener('abort', aborted);
      socket.destroy();
      reject(error);
    };
    const aborted = () => end(new Error('the attempt to connect was given up'));
    socket.once('error', end);
    socket.once('connect', () => {
      signal.removeEventListener('abort', aborted);
      socket.removeListener('error', end);
      resolve(socket);
    });
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  });
}

type Client = InstanceType<typeof modbusSerial.default>;

function send(client: Client, request: Request, who: string): Promise<number[]> {
  const { kind, unit, address, count, values, single } = request;
  return new Promise((resolve, reject) => {
    const read = (error: unknown, result?: { data: number[] }) => {
      if (error) reject(translate(error, who));
      else if (result?.data.length === count) resolve(result.data);
      else
        reject(new ModbusError('garbage', `${who} answered with ${result?.data.length} registers instead of ${count}`));
    };
    const wrote = (error: unknown) => (error ? reject(translate(error, who)) : resolve([]));
    if (kind === 'holding') client.writeFC3(unit, address, count, read);
    else if (kind === 'input') client.writeFC4(unit, address, count, read);
    else if (single) client.writeFC6(unit, address, values[0] ?? 0, wrote);
    else client.writeFC16(unit, address, [...values], wrote);
  });
}

/** modbus-serial's errors, some of them plain objects, as ours. */
function translate(error: unknown, who: string): ModbusError {
  if (typeof error === 'object' && error !== null) {
    if ('modbusCode' in error && typeof error.modbusCode === 'number') return exceptionError(who, error.modbusCode);
    if ('errno' in error) return new ModbusError('closed', `the connection to ${who} is gone`, error);
  }
  const text = error instanceof Error ? error.message : String(error);
  return new ModbusError('garbage', `${who} answered with something that is no Modbus: ${text}`, error);
}
