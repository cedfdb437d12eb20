// The peer of the bench `meter` in a Node-RED of its own: node-red-contrib-modbus with the settings its dialog starts with,
// installed on demand in its own package under bench/. Messages circle through a Flex-Getter, several at once.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = join(root, 'bench/node-red-contrib-modbus');
/** Messages in flight: more of them make it no faster. */
const IN_FLIGHT = 4;

export interface ContribModbus {
  /** Reads per second, counted for so long. */
  readsPerSecond(ms: number): Promise<number>;
  close(): Promise<void>;
}

/** @param tcpPort of the Modbus server on loopback @param count registers of each read, holding, from 0 */
export async function startContribModbus(tcpPort: number, count: number): Promise<ContribModbus> {
  if (!existsSync(join(home, 'node_modules/node-red-contrib-modbus'))) {
    const flags = ['--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...flags], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const userDir = mkdtempSync(join(tmpdir(), 'microgrid-contrib-'));
  symlinkSync(join(home, 'node_modules'), join(userDir, 'node_modules'), 'junction');
  writeFileSync(
    join(userDir, 'package.json'),
    JSON.stringify({ name: 'bench', dependencies: { 'node-red-contrib-modbus': '5.45.2' } }),
  );
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flowOf(tcpPort, count)));
  const child = spawn(
    process.execPath,
    [
      ...[join(root, 'node_modules/node-red/red.js'), '-s', join(home, 'settings.cjs')],
      ...['-u', userDir, '-p', String(await freePort())],
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  await printed(child, /Started flows/);
  // Its client connects when flows start; the first command goes once it is there.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return {
    readsPerSecond: (ms) =>
      new Promise((resolve, reject) => {
        child.once('message', (answer) => {
          const { reads } = answer as { reads: number };
          if (reads === 0) reject(new Error('node-red-contrib-modbus read nothing'));
          else resolve((reads * 1000) / ms);
        });
        child.send({ ms });
      }),
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      rmSync(userDir, { recursive: true, force: true });
    },
  };
}

function flowOf(tcpPort: number, quantity: number): object[] {
  const next = `{ payload: { fc: 3, unitid: 1, address: 0, quantity: ${quantity} } }`;
  const place = { z: 'tab', x: 1, y: 1 };
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    {
      ...{ id: 'client', type: 'modbus-client', name: '', clienttype: 'tcp', bufferCommands: true },
      ...{ stateLogEnabled: false, queueLogEnabled: false, failureLogEnabled: true, tcpHost: '127.0.0.1', tcpPort },
      ...{ tcpType: 'DEFAULT', serialPort: '/dev/ttyUSB', serialType: 'RTU-BUFFERD', serialBaudrate: 9600 },
      ...{ serialDatabits: 8, serialStopbits: 1, serialParity: 'none', serialConnectionDelay: 100 },
      ...{ serialAsciiResponseStartDelimiter: '0x3A', unit_id: 1, commandDelay: 1, clientTimeout: 1000 },
      ...{ reconnectOnTimeout: true, reconnectTimeout: 2000, parallelUnitIdsAllowed: true },
      ...{ showErrors: false, showWarnings: true, showLogs: true },
    },
    {
      ...{ ...place, id: 'getter', type: 'modbus-flex-getter', name: '', server: 'client' },
      ...{ showStatusActivities: false, showErrors: false, showWarnings: true, logIOActivities: false },
      ...{ useIOFile: false, ioFile: '', useIOForPayload: false, emptyMsgOnFail: false, keepMsgProperties: false },
      ...{ delayOnStart: false, enableDeformedMessages: false, startDelayTime: '', wires: [['again'], []] },
    },
    {
      ...{ ...place, id: 'again', type: 'function', name: '', outputs: 1, timeout: 0, libs: [], finalize: '' },
      initialize: `global.get('bench').start = () => { for (let i = 0; i < ${IN_FLIGHT}; i++) node.send(${next}); };`,
      func: `const bench = global.get('bench'); bench.count++; return bench.running ? ${next} : null;`,
      wires: [['getter']],
    },
  ];
}

function printed(child: ChildProcess, expected: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (piece: Buffer) => {
      text += piece.toString();
      if (expected.test(text)) resolve();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', () => reject(new Error(`Node-RED ended early:\n${text}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
