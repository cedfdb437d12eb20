// A Modbus host that several nodes share: one connection, real Errors, last words before the line closes.
import assert from 'node:assert/strict';
import type { ModbusHost } from '../../../nodes/microgrid-modbus/microgrid-modbus.ts';
import { refuseRealDevice } from '../../../nodes/shared/devices.ts';
import {
  batteryNode,
  communityNode,
  memberNode,
  meterNode,
  modbusNode,
  type RunningFlow,
  removeUserDirs,
  startFlow,
} from '../../support/flow.ts';
import { type RawPeer, rawPeer } from '../../support/modbus-peers.ts';
import { sleep } from '../../support/node-red.ts';

describe('microgrid-modbus', () => {
  let flow: RunningFlow;
  let peer: RawPeer;
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
    assert.ok(took > 1500 && took < 4000, `${took} ms`);
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

  it('refuses fields that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ host: '' }, /the host is missing; open this node and correct it/],
      [{ port: '0' }, /the port must be between 1 and 65535/],
      [{ port: '70000' }, /the port must be between/],
      [{ timeoutSeconds: '0' }, /the timeout \(seconds\) must be between 0\.05 and 60/],
      [{ gapMs: '-1' }, /the gap between requests \(ms\) must be between 0 and 10000/],
    ];
    for (const [fields, sentence] of cases) {
      flow = await startFlow([communityNode(), memberNode(), modbusNode(502, fields), meterNode(), batteryNode()]);
      assert.equal(flow.status('modbus')?.fill, 'red');
      assert.match(await flow.complaint('modbus'), sentence);
      // No Catch node hears of a configuration node: those that use it say what is wrong with it.
      for (const id of ['meter', 'battery']) {
        const said = await flow.nextError(id);
        assert.match(said, /^Error: the Modbus host "modbus" has a problem of its own: /);
        assert.match(said, sentence);
        assert.equal(flow.status(id)?.fill, 'red');
      }
      await flow.stop();
    }
  });
});
