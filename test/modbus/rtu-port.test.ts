// RTU lines: real servers on pseudo-terminals and sockets, and scripted ones for every fault of a bus. An answer that comes
// late is never taken for another's.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ModbusError, type ModbusErrorCode, type ModbusPort } from '../../src/modbus/port.ts';
import { openRtuOverTcpPort, openSerialPort } from '../../src/modbus/rtu-port.ts';
import { type RawRtuPeer, rawRtuPeer, rtuAnswer, rtuFrame } from '../support/modbus-peers.ts';
import { libmodbusRtu, needPrograms, ptyPair, pymodbusRtu, pymodbusTcp } from '../support/peers.ts';

async function fails(promise: Promise<unknown>, code: ModbusErrorCode, text = /./): Promise<ModbusError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof ModbusError, `not a ModbusError: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    return error;
  }
  return assert.fail(`no ${code}`);
}

const many = Array.from({ length: 125 }, (_, index) => index * 500);
const images = [
  { unit: 1, holding: { '40000': [21365, 28243, 1, 66], '100': many }, input: { '52': [17254, 0] } },
  { unit: 2, input: { '52': [1, 2] } },
];

describe('rtu against real servers', function () {
  this.timeout(60_000);
  before(function () {
    needPrograms(this, 'libmodbus', 'pymodbus', 'socat');
  });

  const whole = async (port: ModbusPort) => {
    assert.deepEqual(await port.readHolding(1, 40_000, 4), [21365, 28243, 1, 66]);
    assert.deepEqual(await port.readHolding(1, 100, 125), many);
    assert.deepEqual(await port.readInput(1, 52, 2), [17254, 0]);
    await fails(port.readHolding(1, 9, 1), 'exception-2', /does not have these registers/);
    await port.writeRegisters(1, 40_002, [7, 8]);
    await port.writeRegister(1, 40_001, 9);
    assert.deepEqual(await port.readHolding(1, 40_000, 4), [21365, 9, 7, 8]);
  };

  it('reads and writes a libmodbus device on a pseudo-terminal', async () => {
    const peer = await libmodbusRtu(images[0]!, { baud: 19_200 });
    const port = openSerialPort({ path: peer.path, baud: 19_200, timeoutMs: 1000 });
    await whole(port);
    assert.equal(port.statistics.connections, 1);
    await port.close();
    await peer.close();
  });

  it('reads several pymodbus devices on one pseudo-terminal', async () => {
    const peer = await pymodbusRtu(images);
    const port = openSerialPort({ path: peer.path, timeoutMs: 1000 });
    await whole(port);
    assert.deepEqual(await port.readInput(2, 52, 2), [1, 2]);
    await fails(port.readInput(3, 52, 2), 'timeout', /unit 3 at \S+ did not answer within 1000 ms/);
    assert.deepEqual(await port.readInput(1, 52, 2), [17254, 0]);
    await port.close();
    await peer.close();
  });

  it('reads several pymodbus devices behind RTU over TCP', async () => {
    const peer = await pymodbusTcp(images, 'rtu');
    const port = openRtuOverTcpPort({ host: peer.host, port: peer.port, timeoutMs: 1000 });
    await whole(port);
    assert.deepEqual(await port.readInput(2, 52, 2), [1, 2]);
    await port.close();
    await peer.close();
  });

  it('says what keeps it from a serial line, and finds it when it is there', async () => {
    const pair = await ptyPair();
    const gone = openSerialPort({ path: `${pair.a}-not`, timeoutMs: 500, maxBackoffMs: 0 });
    await fails(gone.readHolding(1, 0, 1), 'refused', /cannot be reached: there is no such device: check that it is/);
    await gone.close();

    const first = openSerialPort({ path: pair.a, timeoutMs: 60_000 });
    const hanging = fails(first.readHolding(1, 0, 1), 'closed');
    await sleep(50);
    const second = openSerialPort({ path: pair.a, timeoutMs: 500, maxBackoffMs: 0 });
    await fails(second.readHolding(1, 0, 1), 'refused', /another program has it open/);
    const started = performance.now();
    await first.close();
    await hanging;
    assert.ok(performance.now() - started < 1000, 'close took a second');
    // The line is free at once for a flow that is deployed again.
    await fails(second.readHolding(1, 0, 1), 'timeout');
    await second.close();
    await pair.close();
  });

  it('ends a request on a line that vanishes, and goes on when it is back', async () => {
    const peer = await libmodbusRtu(images[0]!);
    const port = openSerialPort({ path: peer.path, timeoutMs: 5000, maxBackoffMs: 0 });
    assert.deepEqual(await port.readInput(1, 52, 1), [17254]);
    await sleep(20);
    const waiting = port.readInput(9, 52, 1);
    await sleep(50);
    const started = performance.now();
    await peer.close();
    // Once for the line that went, once for the new try.
    await fails(waiting, 'refused', /no such device/);
    assert.ok(performance.now() - started < 1000);
    await port.close();
  });
});

describe('rtu faults', () => {
  let peer: RawRtuPeer;
  let port: ModbusPort;
  const TIMEOUT = 400;
  const good: RawRtuPeer['behave'] = (request, socket) => socket.write(rtuAnswer(request));
  beforeEach(async () => {
    peer = await rawRtuPeer();
    port = openRtuOverTcpPort({ host: '127.0.0.1', port: peer.port, timeoutMs: TIMEOUT, maxBackoffMs: 0 });
  });
  afterEach(async () => {
    await port.close();
    await peer.stop();
  });

  const damaged = (request: Buffer) => {
    const bytes = Buffer.from(rtuAnswer(request));
    bytes[3] = (bytes[3] ?? 0) ^ 0x10;
    return bytes;
  };
  const faults: Record<string, [behave: RawRtuPeer['behave'], code: ModbusErrorCode, text: RegExp]> = {
    silence: [() => {}, 'timeout', /unit 1 at 127\.0\.0\.1:\d+ did not answer within 400 ms/],
    'an exception': [(request, socket) => socket.write(rtuFrame([1, request[1]! | 0x80, 6])), 'exception-6', /busy/],
    'a damaged answer': [(request, socket) => socket.write(damaged(request)), 'garbage', /its CRC is wrong/],
    'a short answer': [
      (request, socket) => socket.write(rtuAnswer(request).subarray(0, 6)),
      'garbage',
      /broke off after 6 of 9 bytes/,
    ],
    'another unit': [
      (_, socket) => socket.write(rtuFrame([2, 3, 4, 0, 1, 0, 2])),
      'garbage',
      /unit 2 answered in place/,
    ],
    'another function': [
      (_, socket) => socket.write(rtuFrame([1, 4, 4, 0, 1, 0, 2])),
      'garbage',
      /function 4 instead of 3/,
    ],
    'too few registers': [
      (_, socket) => socket.write(rtuFrame([1, 3, 2, 0, 1])),
      'garbage',
      /with 1 registers instead of 2/,
    ],
    noise: [(_, socket) => socket.write('\x00\xff noise'), 'garbage', /bytes that are no answer/],
    'a hang-up': [(_, socket) => socket.destroy(), 'closed', /closed the connection/],
  };
  for (const [name, [behave, code, text]] of Object.entries(faults)) {
    it(`ends ${name} in ${code}, and recovers`, async () => {
      assert.deepEqual(await port.readHolding(1, 1, 2), [1, 2]);
      peer.behave = behave;
      await fails(port.readHolding(1, 1, 2), code, text);
      peer.behave = good;
      assert.deepEqual(await port.readHolding(1, 5, 2), [5, 6]);
      assert.equal(peer.connections, code === 'closed' ? 3 : 1);
    });
  }

  it('takes the answer behind noise, behind an echo, and in pieces', async () => {
    peer.behave = (request, socket) => socket.write(Buffer.concat([Buffer.from([0, 0xff]), rtuAnswer(request)]));
    assert.deepEqual(await port.readHolding(1, 1, 2), [1, 2]);
    peer.behave = (request, socket) => {
      socket.write(request);
      setTimeout(() => socket.write(rtuAnswer(request)), 30);
    };
    assert.deepEqual(await port.readHolding(1, 0x0200, 1), [0x0200]);
    await port.writeRegisters(1, 3, [1, 2]);
    await port.writeRegister(1, 3, 1);
    peer.behave = (request, socket) => {
      for (const [index, byte] of rtuAnswer(request).entries()) {
        setTimeout(() => socket.write(Buffer.from([byte])), 4 * index);
      }
    };
    assert.deepEqual(await port.readHolding(1, 1, 2), [1, 2]);
    assert.equal(port.statistics.errors, 0);
  });

  it('never takes a late answer for that of another request', async () => {
    let first = true;
    peer.behave = (request, socket) => {
      const bytes = rtuAnswer(request);
      setTimeout(() => socket.write(bytes), first ? TIMEOUT + 100 : 20);
      first = false;
    };
    const [late, same, other, written] = await Promise.allSettled([
      port.readHolding(1, 100, 1),
      port.readHolding(1, 200, 1),
      port.readInput(7, 300, 1),
      sleep(TIMEOUT + 20).then(() => port.writeRegisters(1, 3, [1])),
    ]);
    assert.equal(late.status, 'rejected');
    assert.deepEqual(same, { status: 'fulfilled', value: [200] });
    assert.deepEqual(other, { status: 'fulfilled', value: [300] });
    assert.equal(written.status, 'fulfilled');
    assert.equal(port.statistics.errors, 1);
  });

  it('never takes a late exception either, nor an answer that comes over a new connection', async () => {
    let first = true;
    let newest: Parameters<RawRtuPeer['behave']>[1] | null = null;
    peer.behave = (request, socket) => {
      newest = socket;
      if (first) setTimeout(() => newest?.write(rtuFrame([1, 0x83, 2])), TIMEOUT + 100);
      else socket.write(rtuAnswer(request));
      if (first) setTimeout(() => socket.destroy(), TIMEOUT + 30);
      first = false;
    };
    await fails(port.readHolding(1, 100, 1), 'timeout');
    await sleep(50);
    assert.deepEqual(await port.readInput(2, 7, 1), [7]);
    assert.deepEqual(await port.readHolding(1, 200, 5), [200, 201, 202, 203, 204]);
  });

  it('lets no other unit wait for one that owes an answer', async () => {
    peer.behave = (request, socket) => {
      if (request[0] !== 1) socket.write(rtuAnswer(request));
    };
    await fails(port.readHolding(1, 0, 1), 'timeout');
    const order: string[] = [];
    await Promise.all([
      fails(port.readHolding(1, 0, 1), 'timeout').then(() => order.push('dead')),
      port.readHolding(2, 0, 1).then(() => order.push('alive')),
      port.readHolding(3, 0, 1).then(() => order.push('alive')),
    ]);
    assert.deepEqual(order, ['alive', 'alive', 'dead']);
  });

  it('does not talk into a line that is never silent', async () => {
    await port.readHolding(1, 0, 1);
    let babble: NodeJS.Timeout | undefined;
    peer.behave = (_, socket) => {
      babble = setInterval(() => socket.write('U'), 10);
    };
    await fails(port.readHolding(1, 0, 1), 'garbage', /no answer/);
    await fails(port.readHolding(2, 0, 1), 'garbage', /never falls silent/);
    clearInterval(babble);
    peer.behave = good;
    assert.deepEqual(await port.readHolding(2, 4, 1), [4]);
  });

  it('refuses unit 0, which nobody answers, and settings that cannot be', async () => {
    await assert.rejects(port.readHolding(0, 0, 1), /unit 0 means all at once/);
    assert.throws(() => openSerialPort({ path: '' }), /needs the name of its device/);
    assert.throws(() => openSerialPort({ path: '/dev/ttyUSB0', baud: 0 }), /not 0/);
    assert.throws(() => openRtuOverTcpPort({ host: '', port: 1 }), RangeError);
  });

  it('gives a request that nobody waits for no more time, so that last words come through', async () => {
    peer.behave = (request, socket) => {
      if (request[1] === 6) socket.write(rtuAnswer(request));
    };
    const slow = openRtuOverTcpPort({ host: '127.0.0.1', port: peer.port, timeoutMs: 60_000 });
    const given = new AbortController();
    const hanging = fails(slow.readHolding(1, 0, 1, given.signal), 'aborted');
    await sleep(30);
    const started = performance.now();
    given.abort();
    await hanging;
    await slow.writeRegister(1, 0, 1);
    assert.ok(performance.now() - started < 900);
    await slow.close();
  });
});
