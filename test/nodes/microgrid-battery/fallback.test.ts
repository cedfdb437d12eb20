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
  startFlow,
} from '../../support/flow.ts';
import { START } from '../../support/site-flow.ts';

describe('a battery whose sender may die', () => {
  let flow: RunningFlow;
  let server: ModbusServer;
  let unit: DescribedUnit;
  let now: number;
  const start = async (id: string) => {
    now = START;
    const device = deviceById(id);
    unit = new DescribedUnit(device, constantModel(device, now), () => now);
    const devices = new VirtualUnits(new Map([[device.defaultUnit, unit]]), () => now);
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

  const cycle = async (gridW: number) => {
    const from = flow.payloads('battery').length;
    const at = flow.community.clock.now();
    const counters = { importWh: 0, exportWh: 0, quality: 'measured', reasons: [] };
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
});
