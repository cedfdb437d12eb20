// Modbus TCP in front of a virtual site, on loopback only: what a real meter, inverter and battery would answer at this
// moment of the site's clock. Serves through modbus-serial's ServerTCP. Faults on request, per unit.
import { createServer } from 'node:net';
import { type FCallback, type FCallbackVal, type IServiceVector, ServerTCP } from 'modbus-serial';
import type { SiteRun } from './site-run.ts';
import { descriptionOf, type Image, imageOf, pointsWritten } from './virtual-registers.ts';

const HOST = '127.0.0.1';

/** silence: no answer. busy: exception 6. frozen: the registers of the moment the fault began; writes have no effect. */
export type Fault = 'silence' | 'busy' | 'frozen';

export interface VirtualDevices {
  readonly host: string;
  readonly port: number;
  /** Units that answer: 1 meter, 2 inverter, 3 battery. */
  readonly units: readonly number[];
  /** Puts a fault on a unit, or takes it away with null. */
  setFault(unit: number, fault: Fault | null): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * Serves a site. @param port 0 chooses a free one
 * @throws Error when the port is taken, with what to do
 */
export async function serveVirtualDevices(site: SiteRun, port = 0): Promise<VirtualDevices> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new RangeError(`a TCP port lies within 0 and 65535, not ${port}`);
  const faults = new Map<number, { fault: Fault; frozen: Image | null }>();
  const chosen = port === 0 ? await freePort() : port;
  const server = await listen(registersOf(site, faults), chosen);
  return {
    host: HOST,
    port: chosen,
    units: [1, 2, 3].filter((unit) => descriptionOf(site, unit)),
    setFault(unit, fault) {
      if (fault === null) faults.delete(unit);
      else faults.set(unit, { fault, frozen: fault === 'frozen' ? imageOf(site, unit) : null });
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

type Faults = ReadonlyMap<number, { readonly fault: Fault; readonly frozen: Image | null }>;

/** The answers: modbus-serial hands in single registers and ranges apart; both end in one place. */
function registersOf(site: SiteRun, faults: Faults): IServiceVector {
  const read = (table: Image['table'], address: number, count: number, unit: number, done: FCallbackVal<number[]>) => {
    const fault = faults.get(unit);
    if (fault?.fault === 'silence') return;
    if (fault?.fault === 'busy') return done(exception(6), []);
    const image = fault?.frozen ?? imageOf(site, unit);
    if (!image) return done(exception(11), []);
    const first = address - image.base;
    const there = image.table === table && first >= 0 && first + count <= image.registers.length;
    if (!there) return done(exception(2), []);
    done(null, image.registers.slice(first, first + count));
  };
  const write = (address: number, values: number[], unit: number, done: FCallback) => {
    const fault = faults.get(unit)?.fault;
    if (fault === 'silence') return;
    if (fault === 'busy') return done(exception(6));
    if (!descriptionOf(site, unit)) return done(exception(11));
    const points = pointsWritten(site, unit, address, values);
    if (!points) return done(exception(2));
    done(fault === 'frozen' || site.write(points) ? null : exception(3));
  };
  const single = (done: FCallbackVal<number>) => (error: Error | null, values: number[]) => done(error, values[0] ?? 0);
  return {
    getMultipleInputRegisters: (address: number, count: number, unit: number, done: FCallbackVal<number[]>) =>
      read('input', address, count, unit, done),
    getMultipleHoldingRegisters: (address: number, count: number, unit: number, done: FCallbackVal<number[]>) =>
      read('holding', address, count, unit, done),
    getInputRegister: (address: number, unit: number, done: FCallbackVal<number>) =>
      read('input', address, 1, unit, single(done)),
    getHoldingRegister: (address: number, unit: number, done: FCallbackVal<number>) =>
      read('holding', address, 1, unit, single(done)),
    setRegisterArray: (address: number, values: number[], unit: number, done: FCallback) =>
      write(address, values, unit, done),
    setRegister: (address: number, value: number, unit: number, done: FCallback) => write(address, [value], unit, done),
  };
}

/** An exception answer in modbus-serial's way. */
function exception(modbusErrorCode: number): Error {
  return Object.assign(new Error(`Modbus exception ${modbusErrorCode}`), { modbusErrorCode });
}

function listen(vector: IServiceVector, port: number): Promise<ServerTCP> {
  return new Promise((resolve, reject) => {
    const server = new ServerTCP(vector, { host: HOST, port });
    server.on('initialized', () => resolve(server));
    // modbus-serial does not say it in its types: the event carries the socket's own error
    server.on('serverError', (error) => {
      const taken = error !== null && 'code' in error && error.code === 'EADDRINUSE';
      const advice = taken ? 'it is in use: choose another one or 0 for any' : String(error?.message);
      reject(new Error(`the virtual devices cannot listen on port ${port}: ${advice}`));
    });
  });
}

/** ServerTCP takes port 0 for 502, so a free one is found first. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, HOST, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
