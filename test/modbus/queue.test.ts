// The queue of a line on real sockets: who asks for the same shares one request, never across a write; what is asked aside
// has its turn on a line that is never idle.
import assert from 'node:assert/strict';
import { asideOf, type ModbusPort } from '../../src/modbus/port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { soon } from '../support/flow.ts';
import { answer, type RawPeer, rawPeer } from '../support/modbus-peers.ts';

describe('the queue of a line', () => {
  let peer: RawPeer;
  let line: ModbusPort;
  /** Requests as the peer saw them: function, unit, address. */
  let seen: string[];
  /** Answers that are held back until the test lets them go. */
  let held: (() => void)[];
  let holding: boolean;
  let stored: number;

  beforeEach(async () => {
    peer = await rawPeer();
    line = openTcpPort({ host: '127.0.0.1', port: peer.port });
    [seen, held, holding, stored] = [[], [], false, 0];
    peer.behave = (request, socket) => {
      seen.push(`${request[7]} ${request[6]} ${request.readUInt16BE(8)}`);
      const reply = () => socket.write(answer(request));
      if (request[7] === 6) stored = request.readUInt16BE(10);
      if (holding) held.push(reply);
      else reply();
    };
  });
  afterEach(async () => {
    await line.close();
    await peer.stop();
  });

  /** Keeps the line busy until `release`. */
  const busy = async () => {
    holding = true;
    const first = line.readHolding(9, 999, 1);
    await soon(
      () => held.length === 1,
      () => 'nothing was sent',
    );
    seen.length = 0;
    return async () => {
      holding = false;
      for (const reply of held.splice(0)) reply();
      await first;
    };
  };

  it('answers those who ask for the same from one request, each with a list of its own', async () => {
    const release = await busy();
    const same = [1, 2, 3].map(() => line.readHolding(1, 40, 2));
    const others = [line.readHolding(2, 40, 2), line.readInput(1, 40, 2), line.readHolding(1, 40, 3)];
    const answers = Promise.all([...same, ...others]);
    await release();
    const [a, b] = await answers;
    assert.deepEqual(await answers, [
      [40, 41],
      [40, 41],
      [40, 41],
      [40, 41],
      [40, 41],
      [40, 41, 42],
    ]);
    assert.notEqual(a, b);
    assert.deepEqual(seen, ['3 1 40', '3 2 40', '4 1 40', '3 1 40']);
  });

  it('does so for those who ask in one turn of an idle line, as two nodes behind one message do', async () => {
    await line.readHolding(1, 0, 1);
    seen.length = 0;
    await Promise.all([line.readHolding(1, 40, 2), line.readHolding(1, 40, 2)]);
    const later = new Promise((resolve) => setImmediate(() => resolve(line.readHolding(1, 50, 1))));
    const latest = new Promise((resolve) => setImmediate(() => resolve(line.readHolding(1, 50, 1))));
    await Promise.all([later, latest]);
    assert.deepEqual(seen, ['3 1 40', '3 1 50']);
  });

  it('asks again for what was sent already', async () => {
    await line.readHolding(1, 0, 1);
    holding = true;
    seen.length = 0;
    const first = line.readHolding(1, 40, 2);
    await soon(
      () => held.length === 1,
      () => 'nothing was sent',
    );
    const second = line.readHolding(1, 40, 2);
    holding = false;
    held.pop()?.();
    await Promise.all([first, second]);
    assert.deepEqual(seen, ['3 1 40', '3 1 40']);
  });

  it('never joins a read from before a write to the unit with one from after it', async () => {
    for (const unit of [1, 0]) {
      const release = await busy();
      const before = line.readHolding(1, 40, 2);
      const elsewhere = line.readHolding(2, 40, 2);
      const write = line.writeRegister(unit, 40, 7);
      const after = [line.readHolding(1, 40, 2), line.readHolding(1, 40, 2), line.readHolding(2, 40, 2)];
      await release();
      await Promise.all([before, elsewhere, write, ...after]);
      assert.equal(stored, 7);
      const perUnit = unit === 0 ? ['3 1 40', '3 2 40', '3 1 40', '3 2 40'] : ['3 1 40', '3 2 40', '3 1 40'];
      assert.deepEqual(seen, [`6 ${unit} 40`, ...perUnit], `write to unit ${unit}`);
    }
  });

  it('never joins two writes', async () => {
    const release = await busy();
    const writes = [line.writeRegister(1, 40, 7), line.writeRegister(1, 40, 7)];
    await release();
    await Promise.all(writes);
    assert.deepEqual(seen, ['6 1 40', '6 1 40']);
  });

  it('goes on for the others when one of them gives up, and not at all when all do', async () => {
    const release = await busy();
    const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()];
    const gone = line.readHolding(1, 40, 2, one.signal);
    const stays = line.readHolding(1, 40, 2, two.signal);
    const alone = line.readHolding(1, 60, 2, three.signal);
    one.abort();
    three.abort();
    await assert.rejects(gone, { code: 'aborted' });
    await assert.rejects(alone, { code: 'aborted' });
    await release();
    assert.deepEqual(await stays, [40, 41]);
    await assert.rejects(line.readHolding(1, 40, 2, one.signal), { code: 'aborted' });
    assert.deepEqual(seen, ['3 1 40']);
  });

  it('tells all of them when the line is closed or the device refuses', async () => {
    const release = await busy();
    const answers = [1, 2].map(() => line.readHolding(1, 40, 2));
    await line.close();
    for (const each of answers) await assert.rejects(each, { code: 'closed' });
    await release().catch(() => {});
  });

  it('gives what is asked aside a turn on a line that is never idle, and cancels it at once', async function () {
    this.timeout(20_000);
    let going = true;
    const traffic = [1, 2].map(async (unit) => {
      for (let address = 0; going; address = (address + 1) % 1000) await line.readHolding(unit, address, 1);
    });
    let turns = 0;
    const aside = asideOf(line, { limitMs: 300, turn: () => turns++ });
    const from = performance.now();
    await aside.readHolding(77, 0, 1);
    const waited = performance.now() - from;
    assert.ok(waited > 1500, `it pushed in after ${waited} ms`);
    assert.equal(turns, 1);
    const cancel = new AbortController();
    const cancelled = aside.readHolding(78, 0, 1, cancel.signal);
    const others = seen.length;
    await soon(
      () => seen.length > others + 100,
      () => 'the others stand still',
    );
    cancel.abort();
    await assert.rejects(cancelled, { code: 'aborted' });
    going = false;
    await Promise.all(traffic);
    assert.deepEqual(
      seen.filter((each) => / 7[78] /.test(each)),
      ['3 77 0'],
    );
  });

  it('leaves the others two thirds of the time while a search asks units that are not there', async function () {
    this.timeout(20_000);
    const calm = peer.behave;
    peer.behave = (request, socket) => {
      if (request[6] === 77) seen.push('aside');
      else calm(request, socket);
    };
    let going = true;
    const traffic = [1, 2].map(async (unit) => {
      for (let address = 0; going; address = (address + 1) % 1000) await line.readHolding(unit, address, 1);
    });
    let asideMs = 0;
    const from = performance.now();
    for (let turn = 0; turn < 3; turn++) {
      let began = 0;
      const aside = asideOf(line, {
        limitMs: 1000,
        turn: () => {
          began = performance.now();
        },
      });
      await assert.rejects(aside.readHolding(77, turn, 1), { code: 'timeout' });
      asideMs += performance.now() - began;
    }
    const all = performance.now() - from;
    going = false;
    await Promise.all(traffic);
    assert.ok(asideMs < 0.45 * all, `${asideMs} of ${all} ms went to the search`);
  });
});
