// Reading meters: reads per second through our port against bare modbus-serial and against node-red-contrib-modbus, and what
// a hundred devices at 1 Hz cost one core. The server is libmodbus in a process of its own, faster than any of them can ask.
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import modbusSerial from 'modbus-serial';
import { encodeTcpFrame } from '../src/modbus/mbap.ts';
import { encodeRequest } from '../src/modbus/pdu.ts';
import { openTcpPort } from '../src/modbus/tcp-port.ts';
import { libmodbusTcp, type TcpPeer } from '../test/support/peers.ts';
import { type Figure, measure } from './harness.ts';
import type { Cost } from './support/hundred-devices.ts';
import { startContribModbus } from './support/node-red-contrib-modbus.ts';

/** Registers of a read: about what a meter's block has. */
const COUNT = 40;
/** Many short runs: loopback is two to three times faster while the other core is busy, which changes by the second. */
const RUN_MS = 200;
const SHORT_RUNS = 41;
const RUNS = 5;
const SECONDS = 5;
/** Requests on their way at once when the server's own speed is taken. */
const PIPELINE = 64;
const UNIT = 'reads/s';

export async function* figures(): AsyncGenerator<Figure> {
  const ones = Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? 0x3f80 : 0));
  const server = await libmodbusTcp({ unit: 1, holding: { '0': ones }, input: { '0': ones } });
  try {
    yield* readsPerSecond(server);
    yield* hundredDevices(server);
  } finally {
    await server.close();
  }
}

async function* readsPerSecond({ host, port }: TcpPeer): AsyncGenerator<Figure> {
  const line = openTcpPort({ host, port });
  const bare = new modbusSerial.default();
  await bare.connectTCP(host, { port });
  bare.setID(1);
  bare.setTimeout(2000);
  const contrib = await startContribModbus(port, COUNT);
  const ours = () => perSecond(() => line.readHolding(1, 0, COUNT));
  const theirs = () => perSecond(() => bare.readHoldingRegisters(0, COUNT));
  yield await measure({
    name: 'the server, with requests on their way',
    unit: UNIT,
    runs: SHORT_RUNS,
    ours: () => pipelined(port),
    against: { name: 'bare modbus-serial', run: theirs },
    aim: { atLeast: 3 },
  });
  yield await measure({
    name: 'reads through the port',
    unit: UNIT,
    runs: SHORT_RUNS,
    ours,
    against: { name: 'bare modbus-serial', run: theirs },
    aim: { atLeast: 0.8 },
  });
  yield await measure({
    name: 'reads through the port',
    unit: UNIT,
    runs: SHORT_RUNS,
    ours,
    against: { name: 'node-red-contrib-modbus', run: () => contrib.readsPerSecond(RUN_MS) },
    aim: { atLeast: 10 },
  });
  await contrib.close();
  await line.close();
  bare.destroy(() => {});
}

async function* hundredDevices({ port }: TcpPeer): AsyncGenerator<Figure> {
  const costs: Record<'ours' | 'modbus-serial', Cost[]> = { ours: [], 'modbus-serial': [] };
  for (let run = 0; run < RUNS; run++) {
    const turns = ['ours', 'modbus-serial'] as const;
    for (const kind of run % 2 === 0 ? turns : turns.toReversed()) costs[kind].push(await cost(kind, port));
  }
  for (const [name, key, unit] of [
    ['100 devices at 1 Hz: share of a core', 'cpuPercent', '%'],
    ['100 devices at 1 Hz: latency of a reading, p50', 'p50Ms', 'ms'],
    ['100 devices at 1 Hz: latency of a reading, p99', 'p99Ms', 'ms'],
    ['100 devices at 1 Hz: resident memory', 'rssMb', 'MB'],
  ] as const) {
    const values = (kind: 'ours' | 'modbus-serial') => costs[kind].map((one) => one[key])[Symbol.iterator]();
    const [ours, theirs] = [values('ours'), values('modbus-serial')];
    yield await measure({
      name,
      unit,
      runs: RUNS,
      warmUp: 0,
      ours: () => ours.next().value,
      against: { name: 'the same blocks, raw, through bare modbus-serial', run: () => theirs.next().value },
    });
  }
}

async function cost(kind: string, port: number): Promise<Cost> {
  const script = join(import.meta.dirname, 'support/hundred-devices.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, kind, String(port), String(SECONDS)]);
  return JSON.parse(stdout) as Cost;
}

/** One read after the other, as a poll does. */
async function perSecond(read: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let reads = 0;
  while (performance.now() - started < RUN_MS) {
    await read();
    reads++;
  }
  return (reads * 1000) / (performance.now() - started);
}

/** What the server can do when it need not wait for the next request. */
function pipelined(port: number): Promise<number> {
  const request = encodeTcpFrame(
    1,
    1,
    encodeRequest({ kind: 'holding', unit: 1, address: 0, count: COUNT, values: [] }),
  );
  const answerBytes = 9 + 2 * COUNT;
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const started = performance.now();
    let received = 0;
    let answered = 0;
    socket.once('error', reject);
    socket.write(Buffer.concat(Array.from({ length: PIPELINE }, () => request)));
    socket.on('data', (piece: Buffer) => {
      received += piece.length;
      const now = Math.floor(received / answerBytes);
      const passed = performance.now() - started;
      if (passed >= RUN_MS) {
        socket.destroy();
        resolve((now * 1000) / passed);
        return;
      }
      socket.write(Buffer.concat(Array.from({ length: now - answered }, () => request)));
      answered = now;
    });
  });
}
