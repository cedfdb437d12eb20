// A process of the bench `meter`: reads a hundred devices once a second, each over a connection of its own, and prints what
// that cost as JSON. `ours`: readings of a meter through our port. `modbus-serial`: the same blocks, and nothing made of them.
import modbusSerial from 'modbus-serial';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import { openDevice } from '../../src/devices/device.ts';
import type { ModbusPort } from '../../src/modbus/port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';

/** One reading of one device. */
type Read = () => Promise<unknown>;
interface Block {
  readonly table: 'holding' | 'input';
  readonly address: number;
  readonly count: number;
}

export interface Cost {
  /** Of one core, per cent. */
  readonly cpuPercent: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMb: number;
}

const DEVICES = 100;
const SETTLE_MS = 2000;
const DEVICE = 'eastron-sdm630';
const [kind, port, seconds] = process.argv.slice(2);
const host = { host: '127.0.0.1', port: Number(port) };

async function ours(): Promise<Read> {
  const device = openDevice(openTcpPort(host), 1, deviceById(DEVICE));
  return () => device.read(Date.now);
}

async function theirs(): Promise<Read> {
  const client = new modbusSerial.default();
  await client.connectTCP(host.host, { port: host.port });
  client.setID(1);
  client.setTimeout(2000);
  return async () => {
    for (const { table, address, count } of blocks) {
      if (table === 'holding') await client.readHoldingRegisters(address, count);
      else await client.readInputRegisters(address, count);
    }
  };
}

/** What one reading of ours asks for. */
async function blocksOfReading(): Promise<Block[]> {
  const asked: Block[] = [];
  const line = openTcpPort(host);
  const watched: Pick<ModbusPort, 'readHolding' | 'readInput' | 'respect'> = {
    respect: (needs) => line.respect(needs),
    readHolding(unit, address, count, signal) {
      asked.push({ table: 'holding', address, count });
      return line.readHolding(unit, address, count, signal);
    },
    readInput(unit, address, count, signal) {
      asked.push({ table: 'input', address, count });
      return line.readInput(unit, address, count, signal);
    },
  };
  await openDevice(Object.assign(Object.create(line), watched) as ModbusPort, 1, deviceById(DEVICE)).read(Date.now);
  await line.close();
  return asked;
}

const blocks = await blocksOfReading();
const readers = await Promise.all(Array.from({ length: DEVICES }, () => (kind === 'ours' ? ours() : theirs())));
const latencies: number[] = [];
for (const [index, read] of readers.entries()) {
  const once = () => {
    const started = performance.now();
    read().then(
      () => latencies.push(performance.now() - started),
      (problem) => {
        console.error(problem);
        process.exit(1);
      },
    );
  };
  // Spread over the second, as a hundred nodes that started at different times are.
  setTimeout(() => setInterval(once, 1000), (index * 1000) / DEVICES);
}
await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
latencies.length = 0;
const before = process.cpuUsage();
const started = performance.now();
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
const { user, system } = process.cpuUsage(before);
const wall = performance.now() - started;
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
if (latencies.length < 0.98 * DEVICES * Number(seconds)) throw new Error(`only ${latencies.length} readings came in`);
const cost: Cost = {
  cpuPercent: (user + system) / 10 / wall,
  p50Ms: at(0.5),
  p99Ms: at(0.99),
  rssMb: process.memoryUsage().rss / 1024 / 1024,
};
process.stdout.write(JSON.stringify(cost));
process.exit(0);
