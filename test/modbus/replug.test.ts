// A line that is unplugged and plugged in a thousand times leaves nothing behind: handles and memory are counted.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ModbusPort } from '../../src/modbus/port.ts';
import { openRtuOverTcpPort, openSerialPort } from '../../src/modbus/rtu-port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { answer, rtuAnswer } from '../support/modbus-peers.ts';
import { needPrograms, type PluggedDevice, pluggedDevice } from '../support/peers.ts';

const CYCLES = 1000;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

interface Left {
  readonly handles: readonly string[];
  readonly heap: number;
}

async function left(): Promise<Left> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  return { handles: process.getActiveResourcesInfo().sort(), heap: process.memoryUsage().heapUsed };
}

/** Runs the cycles; the first hundred fill caches, the rest must leave the process as it is. A lost socket has over 2 kB. */
async function leavesNothing(cycle: () => Promise<void>): Promise<void> {
  for (let run = 0; run < 100; run++) await cycle();
  const before = await left();
  for (let run = 100; run < CYCLES; run++) await cycle();
  const after = await left();
  assert.deepEqual(after.handles, before.handles);
  const grown = (after.heap - before.heap) / (CYCLES - 100);
  assert.ok(grown < 1024, `${Math.round(grown)} bytes more of heap in use after each cycle`);
}

describe('a thousand times unplugged', function () {
  this.timeout(120_000);

  const sockets: Record<string, [open: (port: number) => ModbusPort, answer: (request: Buffer) => Buffer]> = {
    'modbus tcp': [(port) => openTcpPort({ host: '127.0.0.1', port, maxBackoffMs: 0 }), answer],
    'rtu over tcp': [(port) => openRtuOverTcpPort({ host: '127.0.0.1', port, maxBackoffMs: 0 }), rtuAnswer],
  };
  for (const [name, [open, answered]] of Object.entries(sockets)) {
    it(`${name} leaves neither handles nor memory`, async () => {
      const clients = new Set<Socket>();
      let silent = false;
      const server: Server = createServer((socket) => {
        clients.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => clients.delete(socket));
        socket.on('data', (request) => (silent ? socket.destroy() : socket.write(answered(request))));
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const address = server.address();
      const port = open(typeof address === 'object' && address ? address.port : 0);
      let cycles = 0;
      await leavesNothing(async () => {
        assert.deepEqual(await port.readHolding(1, cycles, 1), [cycles]);
        // In turn: unplugged when idle, and while an answer is awaited.
        if (cycles++ % 2 === 0) {
          for (const socket of clients) socket.destroy();
          return;
        }
        silent = true;
        await assert.rejects(port.writeRegister(1, 0, 1), { code: 'closed' });
        silent = false;
      });
      assert.ok(port.statistics.connections >= CYCLES / 2);
      await port.close();
      for (const socket of clients) socket.destroy();
      server.close();
    });
  }

  describe('a serial adapter', () => {
    let device: PluggedDevice;
    before(async function () {
      needPrograms(this, 'pymodbus');
      device = await pluggedDevice();
    });
    after(() => device?.close());

    it('leaves neither handles nor memory, and is found again each time', async () => {
      const port = openSerialPort({ path: device.path, baud: 115_200, timeoutMs: 2000, maxBackoffMs: 0 });
      await leavesNothing(async () => {
        await device.plug();
        assert.deepEqual(await port.readHolding(1, 0, 1), [513]);
        await device.unplug();
        await assert.rejects(port.readHolding(1, 0, 1), { code: 'refused' });
      });
      assert.equal(port.statistics.connections, CYCLES);
      await port.close();
    });
  });
});
