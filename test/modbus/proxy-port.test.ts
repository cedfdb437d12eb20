// The proxy as other programs meet it: mbpoll and our own port as clients, a libmodbus server or a scripted one behind it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ModbusPort } from '../../src/modbus/port.ts';
import { type ModbusProxy, openProxy } from '../../src/modbus/proxy-port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { exceptionAnswer, type RawPeer, rawPeer } from '../support/modbus-peers.ts';
import { libmodbusTcp, mbpoll, needPrograms } from '../support/peers.ts';

/** A request for one register of unit 1, as it stands on the wire. */
const readOne = (address: number): Buffer => {
  const request = Buffer.from('000000000006010300000001', 'hex');
  request.writeUInt16BE(address, 8);
  return request;
};

describe('modbus proxy', () => {
  let peer: RawPeer;
  let line: ModbusPort;
  let proxy: ModbusProxy;
  const start = async (writes: boolean, timeoutMs = 10_000) => {
    peer = await rawPeer();
    line = openTcpPort({ host: '127.0.0.1', port: peer.port, timeoutMs, maxBackoffMs: 0 });
    proxy = await openProxy({ line, port: 0, writes });
  };
  const client = () => openTcpPort({ host: proxy.host, port: proxy.port, timeoutMs: 10_000 });
  afterEach(async () => {
    await proxy.close();
    await line.close();
    await peer.stop();
  });

  it('answers many clients over the one connection', async () => {
    await start(false);
    const clients = Array.from({ length: 5 }, client);
    const answers = await Promise.all(clients.map((each, index) => each.readHolding(1, 100 * index, 3)));
    assert.deepEqual(answers[4], [400, 401, 402]);
    assert.deepEqual(await clients[0]?.readInput(9, 7, 1), [7]);
    assert.deepEqual([peer.connections, proxy.clients, proxy.requests], [1, 5, 6]);
    for (const each of clients) await each.close();
  });

  it('writes only where the owner allows it', async () => {
    await start(false);
    let port = client();
    await assert.rejects(port.writeRegisters(1, 0, [1]), { code: 'exception-1' });
    await assert.rejects(port.writeRegister(1, 0, 1), { code: 'exception-1' });
    assert.equal(line.statistics.requests, 0);
    await port.close();
    await proxy.close();
    proxy = await openProxy({ line, port: 0, writes: true });
    port = client();
    await port.writeRegisters(1, 0, [1, 2]);
    await port.writeRegister(1, 0, 1);
    assert.equal(line.statistics.requests, 2);
    await port.close();
  });

  it('passes exceptions through', async () => {
    await start(false);
    const port = client();
    peer.behave = (request, socket) => socket.write(exceptionAnswer(request, 6));
    await assert.rejects(port.readHolding(1, 0, 1), { code: 'exception-6' });
    await port.close();
  });

  it('says when there is no answer or no connection', async () => {
    await start(false, 100);
    const port = client();
    peer.behave = () => {};
    await assert.rejects(port.readHolding(1, 0, 1), { code: 'exception-11' });
    await peer.stop();
    await assert.rejects(port.readHolding(1, 0, 1), { code: 'exception-10' });
    await port.close();
    await peer.start();
  });

  const raw = async (): Promise<Socket> => {
    const socket = connect(proxy.port, proxy.host);
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const said = async (request: string): Promise<string> => {
    const socket = await raw();
    socket.write(Buffer.from(request, 'hex'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return answer.toString('hex');
  };

  it('answers what it cannot carry with the exception for it', async () => {
    await start(true);
    assert.equal(await said('000100000006010100000001'), '000100000003018101', 'read coils: exception 1');
    assert.equal(await said('00020000000601030000007e'), '000200000003018303', '126 registers: exception 3');
    assert.equal(await said('000300000006010300000000'), '000300000003018303', 'no register: exception 3');
    assert.equal(await said('00040000000601 03ffff0002'.replace(' ', '')), '000400000003018302', 'past the end');
    assert.equal(await said('0005000000040103 0000'.replace(' ', '')), '000500000003018303', 'cut short');
    assert.equal(await said('000600000009011000000001040001'), '000600000003019003', 'a byte count that lies');
    assert.equal(line.statistics.requests, 0);
  });

  it('ends a client that sends no Modbus, and no other', async () => {
    await start(false);
    const good = client();
    await good.readHolding(1, 0, 1);
    const bad = await raw();
    bad.resume();
    bad.write('GET / HTTP/1.1\r\n\r\n');
    await once(bad, 'close');
    assert.deepEqual(await good.readHolding(1, 5, 1), [5]);
    assert.equal(proxy.clients, 1);
    await good.close();
  });

  it('takes no more requests of a client than it can hold, and no more clients', async () => {
    await start(false);
    let most = 0;
    const answered = peer.behave;
    peer.behave = (request, socket) => {
      most = Math.max(most, line.statistics.waiting);
      answered(request, socket);
    };
    const eager = await raw();
    let received = 0;
    const all = new Promise<void>((resolve) => {
      eager.on('data', (piece: Buffer) => {
        received += piece.length;
        if (received === 1000 * 11) resolve();
      });
    });
    eager.write(Buffer.concat(Array.from({ length: 1000 }, (_, address) => readOne(address))));
    await all;
    assert.equal(most, 8);
    const crowd = await Promise.all(Array.from({ length: 15 }, raw));
    const late = await raw();
    late.resume();
    await once(late, 'close');
    assert.equal(proxy.clients, 16);
    for (const socket of [eager, ...crowd]) socket.destroy();
  });

  it('drops the requests of a client that is gone', async () => {
    await start(false);
    peer.behave = () => {};
    const socket = await raw();
    socket.write(Buffer.concat([readOne(0), readOne(1), readOne(2)]));
    while (line.statistics.waiting < 3 || line.statistics.requests === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    socket.destroy();
    while (line.statistics.waiting > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(line.statistics.requests, 1);
  });

  it('says why it cannot listen', async () => {
    await start(false);
    await assert.rejects(openProxy({ line, port: proxy.port }), /127\.0\.0\.1:\d+ is already in use; choose another/);
    await assert.rejects(openProxy({ line, host: '192.0.2.1', port: 0 }), /192\.0\.2\.1 is no address of this machine/);
  });

  it('serves mbpoll with what libmodbus has', async function () {
    needPrograms(this, 'libmodbus', 'mbpoll');
    await start(false);
    const device = await libmodbusTcp({ unit: 3, holding: { '40000': [21365, 28243] } });
    const behind = openTcpPort({ host: device.host, port: device.port });
    const front = await openProxy({ line: behind, port: 0 });
    const where = ['-m', 'tcp', '-p', String(front.port), '-a', '3', '-t', '4', '-0'];
    assert.deepEqual([...(await mbpoll(...where, '-r', '40000', '-c', '2', front.host)).values()], ['21365', '28243']);
    await assert.rejects(mbpoll(...where, '-r', '5', '-c', '1', front.host), /[Ii]llegal data address/);
    await front.close();
    await behind.close();
    await device.close();
  });
});
