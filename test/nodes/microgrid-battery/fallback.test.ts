// What ends an order when its sender dies: a battery with a timer of its own goes back by itself, one without says in the
// status that it would not. Real devices of the catalogue over Modbus TCP.
import assert from 'node:assert/strict';
import { deviceById } from '../../../src/devices/catalogue-store.ts';
import { constantModel } from '../../../src/simulation/constant-model.ts';
import { VirtualUnits } from '../../../src/simulation/modbus-answer.ts';
import { type ModbusServer, serveTcp } from '../../../src/simulation/modbus-server-port.ts';
import { DescribedUnit } from '../../../src/simulation/virtual-unit.ts';
import {
  batteryNode,
  communityNode,
  memberNode,
  modbusNode,
  type RunningFlow,
  removeUserDirs,
  soon,
  startFlow,
} from '../../support/flow.ts';
import { START } from '../../support/site-flow.ts';

describe('a battery whose sender may die', () => {
  let flow: RunningFlow;
  let server: ModbusServer;
  let unit: DescribedUnit;
  let devices: VirtualUnits;
  let now: number;
  const start = async (id: string) => {
    now = START;
    const device = deviceById(id);
    unit = new DescribedUnit(device, constantModel(device, now), () => now);
    devices = new VirtualUnits(new Map([[device.defaultUnit, unit]]), () => now);
    const tcp = await serveTcp(devices);
    server = tcp;
    const battery = batteryNode({ device: id, unit: String(device.defaultUnit), validSeconds: '60' });
    flow = await startFlow([communityNode(), memberNode(), modbusNode(tcp.port), battery]);
    flow.community.pause();
    flow.community.resumeAt(now);
    flow.community.pause();
  };
  afterEach(async () => {
    await flow.stop();
    await server.close();
  });
  after(removeUserDirs);

  const cycle = async (gridW: number | null) => {
    const from = flow.payloads('battery').length;
    const at = flow.community.clock.now();
    const quality = gridW === null ? 'missing' : 'measured';
    const counters = { importWh: 0, exportWh: 0, quality, reasons: [] };
    flow.send('battery', {
      type: 'reading',
      member: 'home-01',
      role: 'grid',
      device: 'x',
      at,
      powerW: gridW,
      ...counters,
    });
    await flow.next('battery', 0, ({ type }) => type === 'decision', { from });
  };

  for (const id of ['goodwe-et-battery', 'marstek-venus']) {
    it(`${id} keeps its last order, and its status says so`, async () => {
      await start(id);
      await cycle(1000);
      assert.equal(unit.command.setpointW, 1000);
      assert.match(flow.status('battery')?.text ?? '', /^1\.0 kW 50 %, no fallback$/);
      now += 3_600_000;
      assert.equal(unit.command.setpointW, 1000, 'an hour later');
    });
  }

  it('sungrow-sh-battery goes back to its own mode when its heartbeat has run down', async () => {
    await start('sungrow-sh-battery');
    await cycle(1000);
    assert.deepEqual(unit.command, { setpointW: 1000, validForSeconds: 60 });
    assert.match(flow.status('battery')?.text ?? '', /^1\.0 kW 50 %$/);
    now += 60_000;
    assert.equal(unit.command.setpointW, null);
  });

  it('goodwe-et-battery that does not let itself be given back: a person is told what to set', async function () {
    // It wants silence between two requests.
    this.timeout(90_000);
    await start('goodwe-et-battery');
    await cycle(1000);
    devices.setFault(unit.description.defaultUnit, 'not-applied');
    for (let minute = 1; minute <= 8; minute++) {
      now += 60_000;
      flow.community.resumeAt(now);
      flow.community.pause();
      const before = flow.payloads('battery').length;
      await cycle(null);
      // What comes of the try is decided upon, too.
      await soon(
        () =>
          flow
            .payloads('battery')
            .slice(before)
            .filter(({ type }) => type === 'decision').length > 1,
        () => `nothing comes of try ${minute}`,
      );
    }
    assert.equal(unit.command.setpointW, 1000, 'nothing ends it');
    assert.deepEqual(flow.status('battery'), { fill: 'red', shape: 'ring', text: 'give it back by hand' });
    const messages = flow.caught.map(({ error }) => error.message);
    assert.equal(messages.length, 2, messages.join('\n'));
    assert.match(
      messages[1] ?? '',
      /^Error: the battery of home-01 needs you: The battery could not be given back to its own mode in 6 tries\. Give it back by hand: choose its own mode in the app or on the display of GoodWe \(by Modbus: mode = 1\)\.$/,
    );
    devices.setFault(unit.description.defaultUnit, null);
    now += 60_000;
    flow.community.resumeAt(now);
    flow.community.pause();
    await cycle(null);
    assert.equal(unit.command.setpointW, null);
  });
});
