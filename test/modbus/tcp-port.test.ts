// A TCP port against peers that refuse, keep silent, talk garbage, hang up or are busy: each ends in a real ModbusError in
// time, the port works again afterwards, and close frees everything at once.
import assert from 'node:assert/strict';
import { ModbusError, type ModbusErrorCode, type PortState } from '../../src/modbus/port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { answer, exceptionAnswer, frame, type RawPeer, rawPeer } from '../support/modbus-peers.ts';

const TIMEOUT = 150;

async function fails(promise: Promise<unknown>, code: ModbusErrorCode): Promise<ModbusError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ModbusError && error instanceof Error, `not a ModbusError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /127\.0\.0\.1/);
    return error;
  }
  return assert.fail(`no ${code}`);
}

describe('modbus tcp port', () => {
  let peer: RawPeer;
  const open = (options: { timeoutMs?: number; gapMs?: number; maxBackoffMs?: number } = {}) =>
    openTcpPort({ host: '127.0.0.1', port: peer.port, timeoutMs: TIMEOUT, ...options });

  beforeEach(async () => {
    peer = await rawPeer();
  });
  afterEach(() => peer.stop());

  it('reads and writes, one request at a time, with statistics', async () => {
    const port = open();
    let running = 0;
    let most = 0;
    peer.behave = (request, socket) => {
      most = Math.max(most, ++running);
      setTimeout(() => {
        running--;
        socket.write(answer(request));
      }, 5);
    };
    const answers = await Promise.all([
      port.readHolding(1, 10, 3),
      port.readInput(2, 20, 1),
      port.writeRegisters(1, 5, [1, 2]),
    ]);
    assert.deepEqual(answers, [[10, 11, 12], [20], undefined]);
    assert.equal(most, 1);
    assert.equal(peer.connections, 1);
    assert.deepEqual([port.statistics.requests, port.statistics.errors, port.statistics.connections], [3, 0, 1]);
    assert.ok((port.statistics.latencyMs ?? 0) > 0);
    await port.close();
  });

  it('serves writes before reads that wait', async () => {
    const port = open();
    const order: number[] = [];
    peer.behave = (request, socket) => {
      order.push(request[7] ?? 0);
      setTimeout(() => socket.write(answer(request)), 5);
    };
    await Promise.all([
      port.readHolding(1, 0, 1),
      port.readHolding(1, 1, 1),
      port.readInput(1, 2, 1),
      port.writeRegisters(1, 3, [1]),
      port.writeRegisters(1, 4, [1]),
    ]);
    assert.deepEqual(order, [16, 16, 3, 3, 4]);
    await port.close();
  });

  it('keeps the gap between an answer and the next request', async () => {
    const port = open({ gapMs: 30 });
    const times: number[] = [];
    peer.behave = (request, socket) => {
      times.push(performance.now());
      socket.write(answer(request));
    };
    await Promise.all([1, 2, 3].map((address) => port.readHolding(1, address, 1)));
    assert.ok(times[1]! - times[0]! >= 28 && times[2]! - times[1]! >= 28, times.join(' '));
    await port.close();
  });

  it('refuses what the protocol cannot carry', async () => {
    const port = open();
    await assert.rejects(port.readHolding(256, 0, 1), RangeError);
    await assert.rejects(port.readHolding(1, 65_535, 2), RangeError);
    await assert.rejects(port.readInput(1, 0, 126), RangeError);
    await assert.rejects(port.readInput(1, 0, 0), RangeError);
    await assert.rejects(port.writeRegisters(1, 0, new Array<number>(124).fill(0)), RangeError);
    await assert.rejects(port.writeRegisters(1, 0, [65_536]), RangeError);
    await assert.rejects(port.writeRegisters(1, 0, [-1]), RangeError);
    assert.throws(() => openTcpPort({ host: '', port: 502 }), RangeError);
    assert.throws(() => openTcpPort({ host: 'a', port: 0 }), RangeError);
    assert.throws(() => openTcpPort({ host: 'a', timeoutMs: Number.NaN }), RangeError);
    assert.equal(peer.connections, 0);
    await port.close();
  });

  it('says what a device answers with an exception, busy included, and stays connected', async () => {
    const port = open();
    for (const code of [1, 2, 3, 4, 5, 6, 10, 11, 99]) {
      peer.behave = (request, socket) => socket.write(exceptionAnswer(request, code));
      const error = await fails(port.readHolding(1, 0, 1), `exception-${code}`);
      assert.equal(error.busy, code === 5 || code === 6);
      await fails(port.writeRegisters(1, 0, [1]), `exception-${code}`);
    }
    peer.behave = (request, socket) => socket.write(answer(request));
    assert.deepEqual(await port.readHolding(1, 7, 1), [7]);
    assert.equal(peer.connections, 1);
    await port.close();
  });

  const faults: Record<string, { behave: RawPeer['behave']; code: ModbusErrorCode }> = {
    silence: { behave: () => {}, code: 'timeout' },
    'a hang-up': { behave: (_, socket) => socket.destroy(), code: 'closed' },
    'a hang-up in mid-answer': {
      behave: (request, socket) => socket.end(answer(request).subarray(0, 9)),
      code: 'closed',
    },
    'half an answer': { behave: (request, socket) => socket.write(answer(request).subarray(0, 9)), code: 'timeout' },
    'noise instead of a frame': {
      behave: (_, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      code: 'garbage',
    },
    'an empty frame': {
      behave: (request, socket) => socket.write(Buffer.concat([request.subarray(0, 4), Buffer.from([0, 0, 0])])),
      code: 'garbage',
    },
    'too few registers': {
      behave: (request, socket) => socket.write(frame(request, Buffer.from([2, 0, 1]))),
      code: 'garbage',
    },
    'a byte count that is not true': {
      behave: (request, socket) => {
        const lie = answer(request);
        lie[8] = 200;
        socket.write(lie);
      },
      code: 'garbage',
    },
    'too small a byte count': {
      behave: (request, socket) => {
        const lie = answer(request);
        lie[8] = 2;
        socket.write(lie);
      },
      code: 'garbage',
    },
    'another unit': {
      behave: (request, socket) => {
        const other = answer(request);
        other[6] = 99;
        socket.write(other);
      },
      code: 'garbage',
    },
    'another function': {
      behave: (request, socket) => {
        const other = answer(request);
        other[7] = 4;
        socket.write(other);
      },
      code: 'garbage',
    },
    'another transaction': {
      behave: (request, socket) => {
        const other = answer(request);
        other.writeUInt16BE(0x7777, 0);
        socket.write(other);
      },
      code: 'timeout',
    },
  };

  for (const [name, { behave, code }] of Object.entries(faults)) {
    it(`ends ${name} in ${code} and recovers`, async () => {
      const port = open({ maxBackoffMs: 20 });
      assert.deepEqual(await port.readHolding(1, 1, 2), [1, 2]);
      for (let round = 0; round < 3; round++) {
        peer.behave = behave;
        const started = performance.now();
        await fails(port.readHolding(1, 1, 2), code);
        assert.ok(performance.now() - started < TIMEOUT + 120, 'it took longer than the timeout');
        peer.behave = (request, socket) => socket.write(answer(request));
        await new Promise((resolve) => setTimeout(resolve, 30));
        assert.deepEqual(await port.readHolding(1, 1, 2), [1, 2]);
      }
      await port.close();
    });
  }

  it('does not take a late answer for the next one', async () => {
    const port = open();
    let first = true;
    peer.behave = (request, socket) => {
      const good = answer(request);
      if (first) setTimeout(() => socket.write(good), TIMEOUT + 20);
      else setTimeout(() => socket.write(good), 60);
      first = false;
    };
    await fails(port.readHolding(1, 100, 1), 'timeout');
    assert.deepEqual(await port.readHolding(1, 200, 1), [200]);
    await port.close();
  });

  it('keeps the connection through one silent unit, and renews it when all is silent', async () => {
    const port = open({ maxBackoffMs: 0 });
    peer.behave = (request, socket) => {
      if (request[6] !== 9) socket.write(answer(request));
    };
    for (let round = 0; round < 3; round++) {
      await fails(port.readHolding(9, 0, 1), 'timeout');
      assert.deepEqual(await port.readHolding(1, 5, 1), [5]);
    }
    assert.equal(peer.connections, 1);
    for (let round = 0; round < 3; round++) await fails(port.readHolding(9, 0, 1), 'timeout');
    assert.equal(peer.connections, 2);
    await port.close();
  });

  it('refuses while nobody listens, waits longer each time, and works once someone does', async () => {
    await peer.stop();
    const port = open();
    const states: PortState[] = [];
    port.watch((state) => states.push(state));
    await fails(port.readHolding(1, 0, 1), 'refused');
    await fails(port.readHolding(1, 0, 1), 'refused');
    assert.equal(port.state, 'waiting');
    const started = performance.now();
    const error = await fails(port.readHolding(1, 0, 1), 'refused');
    assert.ok(performance.now() - started < 50);
    assert.match(error.message, /next attempt comes in 0\.\d s/);
    await peer.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(await port.readHolding(1, 3, 1), [3]);
    assert.deepEqual(states, ['connecting', 'waiting', 'connecting', 'waiting', 'connecting', 'connected']);
    await port.close();
    assert.equal(port.state, 'closed');
  });

  it('cancels one request at once and leaves the others alone', async () => {
    const port = open();
    peer.behave = (request, socket) => {
      setTimeout(() => socket.write(answer(request)), 40);
    };
    const running = new AbortController();
    const waiting = new AbortController();
    const first = port.readHolding(1, 1, 1, running.signal);
    const second = port.readHolding(1, 2, 1, waiting.signal);
    const third = port.readHolding(1, 3, 1);
    setTimeout(() => {
      running.abort();
      waiting.abort();
    }, 10);
    const started = performance.now();
    await Promise.all([fails(first, 'aborted'), fails(second, 'aborted')]);
    assert.ok(performance.now() - started < 35);
    assert.deepEqual(await third, [3]);
    await fails(port.readHolding(1, 1, 1, AbortSignal.abort()), 'aborted');
    await port.close();
  });

  it('ends everything on close, in whatever state', async () => {
    peer.behave = () => {};
    const port = open({ timeoutMs: 60_000 });
    const pending = [port.readHolding(1, 0, 1), port.readInput(1, 0, 1), port.writeRegisters(1, 0, [1])];
    const outcomes = Promise.all(pending.map((promise) => fails(promise, 'closed')));
    await new Promise((resolve) => setTimeout(resolve, 30));
    const started = performance.now();
    await port.close();
    await outcomes;
    assert.ok(performance.now() - started < 200);
    await fails(port.readHolding(1, 0, 1), 'closed');
    await port.close();
  });

  it('ends on close while it still connects or waits in a gap', async () => {
    // an address reserved for documentation (RFC 5737): no one answers there
    const connecting = openTcpPort({ host: '192.0.2.1', port: 502, timeoutMs: 60_000 });
    const attempt = connecting.readHolding(1, 0, 1).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await connecting.close();
    assert.ok((await attempt) instanceof ModbusError);

    const gap = open({ gapMs: 60_000 });
    await gap.readHolding(1, 0, 1);
    const waiting = gap.readHolding(1, 0, 1);
    const outcome = fails(waiting, 'closed');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await gap.close();
    await outcome;
  });

  it('leaves nothing behind after a hundred lost connections', async () => {
    const port = open({ maxBackoffMs: 0 });
    for (let round = 0; round < 100; round++) {
      peer.behave = (_, socket) => socket.destroy();
      await fails(port.readHolding(1, 0, 1), 'closed');
    }
    peer.behave = (request, socket) => socket.write(answer(request));
    assert.deepEqual(await port.readHolding(1, 0, 1), [0]);
    await port.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
    assert.ok(sockets.length <= 1, `${sockets.length} sockets are still open`);
  });
});
