// A Modbus host that several nodes share: one connection, real Errors, last words before the line closes.
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { LineActivity, ModbusHost } from '../../../nodes/microgrid-modbus/microgrid-modbus.ts';
import { refuseRealDevice } from '../../../nodes/shared/devices.ts';
import { openTcpPort } from '../../../src/modbus/tcp-port.ts';
import {
  communityNode,
  memberNode,
  meterNode,
  modbusNode,
  type RunningFlow,
  removeUserDirs,
  startFlow,
} from '../../support/flow.ts';
import { type RawPeer, rawPeer, rawRtuPeer } from '../../support/modbus-peers.ts';
import { freePort, sleep } from '../../support/node-red.ts';
import { libmodbusRtu, needPrograms } from '../../support/peers.ts';

/** What version 2 says beyond version 1. */
const newest = {
  configVersion: 2,
  transport: 'tcp',
  path: '',
  baud: '9600',
  parity: 'none',
  stopBits: '1',
  proxy: 'off',
  proxyHost: '127.0.0.1',
  proxyPort: '5020',
};

describe('microgrid-modbus', () => {
  let flow: RunningFlow;
  let peer: RawPeer;
  const activity = async () =>
    (await helper.request().get('/microgrid/modbus/modbus').expect(200)).body as LineActivity;
  const host = () => flow.api<ModbusHost>('modbus', 'Modbus host');
  beforeEach(async () => {
    peer = await rawPeer();
  });
  afterEach(async () => {
    await flow.stop();
    await peer.stop();
  });
  after(removeUserDirs);

  it('connects once for all, and asks one after the other', async () => {
    flow = await startFlow([modbusNode(peer.port)]);
    const { port } = host();
    assert.deepEqual(await Promise.all([port.readHolding(1, 7, 2), port.readInput(2, 30, 1)]), [[7, 8], [30]]);
    assert.equal(peer.connections, 1);
  });

  it('turns silence, refusal and nonsense into Errors with a sentence', async () => {
    flow = await startFlow([modbusNode(peer.port, { timeoutSeconds: '0.05' })]);
    peer.behave = () => {};
    await assert.rejects(host().port.readHolding(1, 0, 1), {
      name: 'ModbusError',
      code: 'timeout',
      message: `unit 1 at 127.0.0.1:${peer.port} did not answer within 50 ms`,
    });
    await peer.stop();
    await assert.rejects(
      host().port.readHolding(1, 0, 1),
      (error: Error) => error instanceof Error && /cannot be reached/.test(error.message),
    );
    await peer.start();
  });

  it('waits for last words before it closes the line', async () => {
    flow = await startFlow([modbusNode(peer.port)]);
    const { port, lastWords } = host();
    let said = false;
    lastWords(
      sleep(60).then(async () => {
        await port.writeRegisters(1, 0, [5]);
        said = true;
      }),
    );
    await flow.stop();
    assert.ok(said);
    await assert.rejects(port.readHolding(1, 0, 1), { code: 'closed' });
  });

  it('does not wait for ever, nor trips over words that fail', async () => {
    flow = await startFlow([modbusNode(peer.port)]);
    host().lastWords(Promise.reject(new Error('no answer')));
    host().lastWords(new Promise(() => {}));
    const before = performance.now();
    await flow.stop();
    const took = performance.now() - before;
    assert.ok(took > 600 && took < 1500, `${took} ms`);
  });

  it('knows which hosts are this machine', async () => {
    const cases = {
      '127.0.0.1': true,
      '127.8.9.10': true,
      localhost: true,
      '::1': true,
      '192.0.2.1': false,
      '127.evil.example': false,
      'localhost.example': false,
    };
    for (const [name, loopback] of Object.entries(cases)) {
      flow = await startFlow([modbusNode(502, { host: name })]);
      assert.equal(host().loopback, loopback, name);
      await flow.stop();
    }
  });

  it('keeps real devices out of simulated time', async () => {
    const nodes = [memberNode(), modbusNode(502, { host: '192.0.2.1' }), meterNode()];
    flow = await startFlow([communityNode(), ...nodes]);
    const sentence =
      /192\.0\.2\.1:502 is not on this machine, but sunny-street\.example runs on a simulated clock; choose the real clock before/;
    assert.match(await flow.nextError('meter'), sentence);
    assert.match(await flow.refused('meter', {}), sentence);
    assert.equal(host().port.statistics.connections, 0);
    assert.equal(host().port.state, 'idle', 'nothing was ever asked');
    await flow.stop();
    flow = await startFlow([communityNode({ clock: 'real' }), modbusNode(502, { host: '192.0.2.1' })]);
    refuseRealDevice(flow.community, host());
  });

  it('takes a node that was saved by version 1, which knew TCP alone', async () => {
    flow = await startFlow([modbusNode(peer.port, { configVersion: 1 })]);
    assert.equal(host().port.name, `127.0.0.1:${peer.port}`);
    assert.deepEqual(await host().port.readHolding(1, 7, 2), [7, 8]);
    assert.equal((await activity()).proxy, null);
  });

  it('speaks RTU over TCP', async () => {
    const converter = await rawRtuPeer();
    flow = await startFlow([modbusNode(converter.port, { ...newest, transport: 'rtu-tcp' })]);
    assert.deepEqual(await host().port.readHolding(1, 7, 2), [7, 8]);
    assert.equal(host().loopback, true);
    await converter.stop();
  });

  it('speaks RTU on a serial line; a pseudo-terminal is this machine, another line is not', async function () {
    needPrograms(this, 'libmodbus', 'socat');
    const device = await libmodbusRtu({ unit: 5, input: { '52': [17254, 0] } });
    flow = await startFlow([modbusNode(502, { ...newest, transport: 'serial', host: '', path: device.path })]);
    assert.deepEqual(await host().port.readInput(5, 52, 2), [17254, 0]);
    assert.equal(host().loopback, true);
    await flow.stop();
    flow = await startFlow([modbusNode(502, { ...newest, transport: 'serial', path: '/dev/ttyUSB9' })]);
    assert.equal(host().loopback, false);
    await device.close();
  });

  it('lets other programs in as far as its owner says', async () => {
    const cases: [mode: string, write: string | undefined][] = [
      ['read', 'exception-1'],
      ['write', undefined],
    ];
    for (const [mode, refused] of cases) {
      const proxyPort = await freePort();
      flow = await startFlow([modbusNode(peer.port, { ...newest, proxy: mode, proxyPort: String(proxyPort) })]);
      const other = openTcpPort({ host: '127.0.0.1', port: proxyPort, timeoutMs: 1000, maxBackoffMs: 0 });
      assert.deepEqual(await other.readInput(3, 9, 1), [9]);
      const code = await other.writeRegister(3, 9, 1).then(
        () => undefined,
        (error) => error.code,
      );
      assert.equal(code, refused);
      assert.deepEqual((await activity()).proxy, { clients: 1, requests: 2, error: null });
      await flow.stop();
      await assert.rejects(other.readInput(3, 9, 1));
      await other.close();
    }
  });

  it('says when the place of its proxy is taken, and goes on without', async () => {
    flow = await startFlow([modbusNode(502, { ...newest, host: '192.0.2.1', proxy: 'read', proxyPort: peer.port })]);
    assert.match(
      await flow.complaint('modbus'),
      /127\.0\.0\.1:\d+ is already in use; choose another port for the proxy/,
    );
    assert.match((await activity()).proxy?.error ?? '', /already in use/);
    assert.equal(host().port.state, 'idle');
  });

  it('shows what the line does to the dialog', async () => {
    flow = await startFlow([modbusNode(peer.port, { timeoutSeconds: '0.05' })]);
    await host().port.readHolding(1, 7, 2);
    peer.behave = () => {};
    await assert.rejects(host().port.readHolding(1, 7, 2));
    const { latencyMs, slowestMs, ...rest } = await activity();
    assert.ok(Number(latencyMs) > 0 && Number(slowestMs) >= Number(latencyMs));
    const lastError = `unit 1 at 127.0.0.1:${peer.port} did not answer within 50 ms`;
    const counts = { requests: 2, errors: 1, connections: 1, waiting: 0 };
    assert.deepEqual(rest, { state: 'connected', ...counts, lastError, proxy: null });
    await helper.request().get('/microgrid/modbus/gone').expect(404);
  });

  it('refuses fields that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ host: '' }, /the host is missing; open this node and correct it/],
      [{ port: '0' }, /the port must be between 1 and 65535/],
      [{ port: '70000' }, /the port must be between/],
      [{ timeoutSeconds: '0' }, /the timeout \(seconds\) must be between 0\.05 and 60/],
      [{ gapMs: '-1' }, /the gap between requests \(ms\) must be between 0 and 10000/],
      [{ ...newest, transport: 'pigeon' }, /the kind of line must be one of tcp, rtu-tcp, serial/],
      [{ ...newest, transport: 'serial' }, /the serial line is missing; open this node and correct it/],
      [{ ...newest, baud: '0' }, /the baud rate must be between 50 and 4000000/],
      [{ ...newest, parity: 'mark' }, /the parity must be one of none, even, odd/],
      [{ ...newest, proxy: 'read', proxyHost: '' }, /the address of the proxy is missing/],
      [{ ...newest, proxy: 'read', proxyPort: '502' }, /the proxy would be its own device/],
      [{ ...newest, configVersion: 3 }, /saved by another version/],
    ];
    for (const [fields, sentence] of cases) {
      flow = await startFlow([modbusNode(502, fields)]);
      assert.equal(flow.status('modbus')?.fill, 'red');
      assert.match(await flow.complaint('modbus'), sentence);
      await flow.stop();
    }
  });
});
