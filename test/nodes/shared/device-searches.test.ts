// Searches for devices: progress, cancel, and an end for those that nobody asks for any more.
import assert from 'node:assert/strict';
import { DeviceSearches } from '../../../nodes/shared/device-searches.ts';
import { deviceById } from '../../../src/devices/catalogue-store.ts';
import { exceptionError, ModbusError, type ModbusPort } from '../../../src/modbus/port.ts';
import { openTcpPort } from '../../../src/modbus/tcp-port.ts';
import { soon } from '../../support/flow.ts';
import { answer, frame, memoryPort, rawPeer } from '../../support/modbus-peers.ts';

const never = (): ModbusPort => {
  const port = memoryPort([]);
  port.readHolding = (_unit, _address, _count, signal) =>
    new Promise((_, reject) =>
      signal?.addEventListener('abort', () => reject(new ModbusError('aborted', 'cancelled'))),
    );
  return port;
};

describe('device searches', () => {
  let given = 0;
  const lend = (port: ModbusPort) => ({
    port,
    shared: false,
    giveBack: async () => {
      given += 1;
    },
  });
  const range = { from: 3, to: 5, usual: false, limitMs: 300, device: null };
  beforeEach(() => {
    given = 0;
  });

  it('tells who was found, and gives the line back', async () => {
    const searches = new DeviceSearches();
    const port = memoryPort([]);
    const limits: unknown[] = [];
    port.readHolding = async (unit, _address, _count, _signal, aside) => {
      limits.push(aside?.limitMs);
      throw exceptionError(`unit ${unit}`, unit === 4 ? 2 : 11);
    };
    port.readInput = port.readHolding;
    const id = searches.start(lend(port), range);
    await soon(
      () => searches.progress(id)?.state === 'done',
      () => 'it does not end',
    );
    const { round, ...progress } = searches.progress(id)!;
    assert.ok(round > 1, 'silent units were not asked anything else');
    assert.deepEqual(progress, {
      state: 'done',
      asked: 3,
      total: 3,
      unit: null,
      secondsLeft: 0,
      waitingSeconds: 0,
      found: [{ unit: 4, sunspec: null, identity: null, suggestions: [] }],
      error: null,
    });
    assert.deepEqual(new Set(limits), new Set([300]));
    assert.equal(given, 1);
    searches.cancel(id);
    assert.equal(searches.progress(id), undefined);
  });

  it('reads what does not speak SunSpec as the chosen device', async () => {
    const searches = new DeviceSearches();
    const zeros = new Array<number>(80).fill(0);
    // 230.0 V (0x43660000) at the first register of an Eastron meter.
    const meter = [0x4366, 0, ...zeros.slice(2)];
    const port = memoryPort([
      { unit: 3, table: 'input', base: 0, registers: meter },
      { unit: 4, table: 'input', base: 0, registers: zeros },
    ]);
    const id = searches.start(lend(port), { ...range, device: deviceById('eastron-sdm630') });
    await soon(
      () => searches.progress(id)?.state === 'done',
      () => 'it does not end',
    );
    assert.deepEqual(
      searches.progress(id)?.found.map(({ unit, suggestions }) => [unit, suggestions]),
      [
        [3, ['eastron-sdm630']],
        [4, []],
        [5, []],
      ],
    );
    searches.cancel(id);
  });

  it('says on a line that is never idle how long it has waited for a turn, and can be cancelled there', async function () {
    this.timeout(20_000);
    const peer = await rawPeer();
    peer.behave = (request, socket) => {
      if (request[6] === 1) setTimeout(() => socket.write(answer(request)), 2);
    };
    const port = openTcpPort({ host: '127.0.0.1', port: peer.port });
    let going = true;
    const traffic = [0, 1, 2].map(async (place) => {
      for (let address = 0; going; address = (address + 3) % 900) await port.readHolding(1, address + place, 1);
    });
    const searches = new DeviceSearches();
    const id = searches.start(lend(port), range);
    await soon(
      () => (searches.progress(id)?.waitingSeconds ?? 0) >= 1,
      () => 'it does not say that it waits',
    );
    await soon(
      () => (searches.progress(id)?.asked ?? 0) > 0,
      () => 'it never has a turn',
    );
    const from = performance.now();
    searches.cancel(id);
    await soon(
      () => given === 1,
      () => 'it goes on',
    );
    assert.ok(performance.now() - from < 1000);
    going = false;
    await Promise.all(traffic);
    await port.close();
    await peer.stop();
  });

  it('finds a map at 0 of a unit that is silent at 40000, and says how long it may take', async () => {
    const peer = await rawPeer();
    const map = [0x5375, 0x6e53, 203, 2, 0, 0, 0xffff, 0];
    peer.behave = (request, socket) => {
      const [at, count] = [request.readUInt16BE(8), request.readUInt16BE(10)];
      const words = map.slice(at, at + count);
      if (request[6] !== 4 || words.length < count) return;
      socket.write(frame(request, Buffer.from([count * 2, ...words.flatMap((word) => [word >> 8, word & 0xff])])));
    };
    const port = openTcpPort({ host: '127.0.0.1', port: peer.port });
    const searches = new DeviceSearches();
    const id = searches.start(lend(port), { ...range, limitMs: 100 });
    assert.equal(searches.progress(id)?.secondsLeft, 4, 'three units of 0.1 s, and 3 s for silent ones');
    await soon(
      () => searches.progress(id)?.state === 'done',
      () => 'it does not end',
      8000,
    );
    const { found, round } = searches.progress(id)!;
    assert.deepEqual(
      found.map(({ unit, sunspec }) => [unit, sunspec?.base, sunspec?.models]),
      [[4, 0, [203]]],
    );
    assert.ok(round >= 3);
    assert.deepEqual(found[0]?.suggestions, ['sunspec-meter']);
    searches.cancel(id);
    await port.close();
    await peer.stop();
  });

  it('asks the usual units, too, each once', async () => {
    const searches = new DeviceSearches();
    const asked = new Set<number>();
    const port = memoryPort([]);
    port.readHolding = async (unit) => {
      asked.add(unit);
      throw exceptionError(`unit ${unit}`, 11);
    };
    port.readInput = port.readHolding;
    const id = searches.start(lend(port), { ...range, from: 100, to: 126, usual: true });
    await soon(
      () => searches.progress(id)?.state === 'done',
      () => 'it does not end',
    );
    for (const unit of [100, 113, 126, 71, 200, 240, 247]) assert.ok(asked.has(unit), `${unit} was not asked`);
    assert.equal(searches.progress(id)?.total, asked.size);
    searches.cancel(id);
  });

  it('says why it failed', async () => {
    const searches = new DeviceSearches();
    const port = memoryPort([]);
    port.readHolding = async () => {
      throw new ModbusError('refused', '192.0.2.1:502 cannot be reached');
    };
    const id = searches.start(lend(port), range);
    await soon(
      () => searches.progress(id)?.state === 'failed',
      () => 'it does not fail',
    );
    assert.deepEqual([searches.progress(id)?.error, given], ['192.0.2.1:502 cannot be reached', 1]);
    searches.cancel(id);
  });

  it('ends when its line is closed, as on a deploy', async () => {
    const searches = new DeviceSearches();
    const peer = await rawPeer();
    peer.behave = () => {};
    const port = openTcpPort({ host: '127.0.0.1', port: peer.port });
    const id = searches.start(lend(port), range);
    await soon(
      () => port.state === 'connected',
      () => 'it does not connect',
    );
    await port.close();
    await soon(
      () => searches.progress(id)?.state === 'failed',
      () => 'it goes on without a line',
    );
    assert.match(String(searches.progress(id)?.error), /was closed on this side/);
    searches.cancel(id);
    await peer.stop();
  });

  it('runs a few at once and no more; cancelled ones make room', async () => {
    const searches = new DeviceSearches();
    const ids = [1, 2, 3].map(() => searches.start(lend(never()), range));
    assert.throws(() => searches.start(lend(never()), range), /3 searches are running already; wait until one has/);
    assert.equal(given, 1, 'the line of the refused one is given back');
    for (const id of ids) searches.cancel(id);
    await soon(
      () => given === 4,
      () => `${given} of 4 lines given back`,
    );
    assert.equal(searches.running, 0);
    searches.cancel('never there');
  });

  it('ends by itself when nobody asks for it', async () => {
    const searches = new DeviceSearches(30);
    const id = searches.start(lend(never()), range);
    assert.equal(searches.progress(id)?.state, 'running');
    await soon(
      () => given === 1,
      () => 'it runs on',
    );
    assert.equal(searches.progress(id), undefined);
  });
});
