// Virtual devices over real Modbus TCP: what the catalogue reads from them is what the site's model says, commands take
// effect, faults show as such, and the port is free again afterwards.
import assert from 'node:assert/strict';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import { openDevice } from '../../src/devices/device.ts';
import type { ModbusPort } from '../../src/modbus/port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { SiteRun } from '../../src/simulation/site-run.ts';
import { serveVirtualDevices, type VirtualDevices } from '../../src/simulation/virtual-devices.ts';
import { BATTERY_UNIT, FACTORY_TEST_WH, INVERTER_UNIT, METER_UNIT } from '../../src/simulation/virtual-registers.ts';

const start = Date.parse('2017-07-10T06:00Z');

describe('virtual devices', () => {
  const clock = { now: start };
  const now = () => clock.now;
  let site: SiteRun;
  let devices: VirtualDevices;
  let port: ModbusPort;
  const unit = (id: number, name: string) => openDevice(port, id, deviceById(name));

  beforeEach(async () => {
    clock.now = start;
    site = new SiteRun(
      {
        profile: () => ({ loadWh: 301, pvWh: 450 }),
        battery: {
          capacityWh: 6400,
          maxChargeW: 5000,
          maxDischargeW: 5000,
          roundTripPerMille: 900,
          minSocPerMille: 100,
        },
        start,
        socPerMille: 555,
      },
      now,
    );
    devices = await serveVirtualDevices(site);
    port = openTcpPort({ host: devices.host, port: devices.port, timeoutMs: 300 });
  });
  afterEach(async () => {
    await port.close();
    await devices.close();
  });

  it('show what the model says', async () => {
    clock.now += 900_000;
    const meter = await unit(METER_UNIT, 'eastron-sdm630').read(now);
    assert.deepEqual([meter.powerW, meter.importWh, meter.exportWh, meter.at], [-596, 0, 149, clock.now]);
    assert.equal(meter.phases?.length, 3);
    const inverter = await unit(INVERTER_UNIT, 'sunspec-inverter-103').read(now);
    assert.deepEqual([inverter.powerW, inverter.exportWh], [1800, 450 + FACTORY_TEST_WH]);
    const battery = await unit(BATTERY_UNIT, 'sunspec-battery-124').read(now);
    assert.deepEqual([battery.powerW, battery.socPerMille, battery.exportWh], [0, 555, FACTORY_TEST_WH]);
    for (const reading of [meter, inverter, battery]) assert.equal(reading.quality, 'measured');
    assert.deepEqual(devices.units, [1, 2, 3]);
  });

  it('follow commands, and drop them on the site clock', async () => {
    const battery = unit(BATTERY_UNIT, 'sunspec-battery-124');
    const { setpointW, validForSeconds, writes } = await battery.set(-596, 60);
    assert.deepEqual([setpointW, validForSeconds, writes], [-596, 60, 3]);
    assert.equal((await unit(METER_UNIT, 'eastron-sdm630').read(now)).powerW, 0);
    assert.equal((await battery.read(now)).powerW, -596);
    clock.now += 60_000;
    assert.equal((await battery.read(now)).powerW, 0);
    await battery.set(1000, 600);
    clock.now += 300_000;
    await battery.set(1000, 600);
    clock.now += 599_000;
    assert.equal((await battery.read(now)).powerW, 1000);
    await battery.release();
    assert.equal((await battery.read(now)).powerW, 0);
  });

  it('refuse what a real device refuses', async () => {
    await assert.rejects(port.readHolding(9, 0, 1), { code: 'exception-11' });
    await assert.rejects(port.readHolding(METER_UNIT, 0, 2), { code: 'exception-2' });
    await assert.rejects(port.readInput(METER_UNIT, 75, 2), { code: 'exception-2' });
    await assert.rejects(port.readHolding(BATTERY_UNIT, 39_999, 2), { code: 'exception-2' });
    await assert.rejects(port.writeRegisters(METER_UNIT, 0, [1]), { code: 'exception-2' });
    await assert.rejects(port.writeRegisters(BATTERY_UNIT, 40_000, [1]), { code: 'exception-2' });
    // StorCtl_Mod may be written, ChaState three registers on may not: nothing of both is
    await assert.rejects(port.writeRegisters(BATTERY_UNIT, 40_155, [3, 0, 0, 0]), { code: 'exception-2' });
    await assert.rejects(port.writeRegisters(BATTERY_UNIT, 40_155, [7]), { code: 'exception-3' });
    assert.equal(site.storage?.mode, 0);
    assert.deepEqual(await port.readHolding(BATTERY_UNIT, 40_000, 1), [0x5375]);
  });

  it('show faults as such, and recover', async () => {
    const meter = unit(METER_UNIT, 'eastron-sdm630');
    devices.setFault(METER_UNIT, 'silence');
    await assert.rejects(meter.read(now), { code: 'timeout' });
    devices.setFault(METER_UNIT, 'busy');
    await assert.rejects(meter.read(now), { code: 'exception-6' });
    devices.setFault(METER_UNIT, 'frozen');
    const before = await meter.read(now);
    clock.now += 900_000;
    assert.equal((await meter.read(now)).exportWh, before.exportWh);
    devices.setFault(METER_UNIT, null);
    assert.equal((await meter.read(now)).exportWh, 149);

    const battery = unit(BATTERY_UNIT, 'sunspec-battery-124');
    devices.setFault(BATTERY_UNIT, 'frozen');
    await assert.rejects(battery.set(500, 60), { code: 'not-applied' });
    devices.setFault(BATTERY_UNIT, 'silence');
    await assert.rejects(battery.set(500, 60), { code: 'timeout' });
    devices.setFault(BATTERY_UNIT, null);
    assert.equal((await battery.set(500, 60)).setpointW, 500);
  });

  it('carry large figures by changing the scale factor', async () => {
    const big = new SiteRun({ profile: () => ({ loadWh: 0, pvWh: 12_345 }), start }, now);
    const server = await serveVirtualDevices(big);
    const line = openTcpPort({ host: server.host, port: server.port });
    const inverter = openDevice(line, INVERTER_UNIT, deviceById('sunspec-inverter-103'));
    assert.equal((await inverter.read(now)).powerW, 49_380);
    assert.deepEqual(server.units, [1, 2]);
    await line.close();
    await server.close();
  });

  it('say when their port is taken, and free it when closed', async () => {
    await assert.rejects(serveVirtualDevices(site, devices.port), /port \d+: it is in use/);
    await assert.rejects(serveVirtualDevices(site, 70_000), RangeError);
    const started = performance.now();
    await port.readHolding(BATTERY_UNIT, 40_000, 2);
    await devices.close();
    assert.ok(performance.now() - started < 500);
    devices = await serveVirtualDevices(site, devices.port);
    assert.deepEqual(await port.readHolding(BATTERY_UNIT, 40_000, 1), [0x5375]);
  });
});
