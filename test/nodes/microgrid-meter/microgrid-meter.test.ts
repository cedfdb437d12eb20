// The meter node on real Modbus: the energy of every interval to the Wh, and what becomes of it when the device is silent,
// the node restarts or the simulation starts over. Time is turned by hand wherever figures are compared.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { Community } from '../../../nodes/microgrid-community/community.ts';
import { apiOf, defineNode } from '../../../nodes/shared/define-node.ts';
import { deviceById } from '../../../src/devices/catalogue-store.ts';
import { constantModel } from '../../../src/simulation/constant-model.ts';
import { VirtualUnits } from '../../../src/simulation/modbus-answer.ts';
import { serveTcp } from '../../../src/simulation/modbus-server-port.ts';
import { FACTORY_TEST_WH } from '../../../src/simulation/virtual-registers.ts';
import { DescribedUnit, type VirtualUnit } from '../../../src/simulation/virtual-unit.ts';
import { INTERVAL_MS } from '../../../src/time/interval.ts';
import {
  communityNode,
  intervalNode,
  memberNode,
  meterNode,
  modbusNode,
  newUserDir,
  type Payload,
  removeUserDirs,
  siteNode,
  soon,
  startFlow,
} from '../../support/flow.ts';
import { freePort, sleep } from '../../support/node-red.ts';
import { type SiteFlow, type SiteFlowOptions, START, startSiteFlow } from '../../support/site-flow.ts';

/** Quarter hours of a house with a roof, Wh: odd figures, so that nothing fits by chance. */
const rows = [
  [251, 0],
  [97, 33],
  [103, 650],
  [0, 777],
  [512, 511],
  [1, 0],
  [2999, 13],
  [64, 64],
].map(([loadWh = 0, pvWh = 0]) => ({ loadWh, pvWh }));
const profile = (start: number) => rows[(start - START) / INTERVAL_MS] ?? null;
const taken = (index: number) => Math.max(0, (rows[index]?.loadWh ?? 0) - (rows[index]?.pvWh ?? 0));
const given = (index: number) => Math.max(0, (rows[index]?.pvWh ?? 0) - (rows[index]?.loadWh ?? 0));

/** "No value" of an unsigned 64-bit register. */
const NO_VALUE = [0xffff, 0xffff, 0xffff, 0xffff];

describe('microgrid-meter', () => {
  let site: SiteFlow;
  const start = async (more: object = {}, options: Partial<SiteFlowOptions> = {}) => {
    site = await startSiteFlow([meterNode(more)], { profile, ...options });
    await sleep(5);
    return site.flow;
  };
  afterEach(() => site.stop());
  after(removeUserDirs);

  /** Reads now, and waits for the reading. */
  const read = async (payload: unknown = 'now'): Promise<Payload> => {
    const from = site.flow.payloads('meter').length;
    site.flow.send('meter', payload);
    return site.flow.next('meter', 0, () => true, { from });
  };
  /** Reads until the device, which may still be silent or waited for, answers. */
  const recover = () =>
    soon(
      async () => (await read())['quality'] === 'measured',
      () => 'it does not recover',
    );
  /** Ends the interval before so many minutes after 06:00, and returns its energy. */
  const close = async (minutes: number): Promise<Payload> => {
    const from = site.flow.payloads('meter', 1).length;
    site.clock(minutes);
    site.flow.send('meter', site.end(minutes));
    return site.flow.next('meter', 1, () => true, { from });
  };

  for (const version of ['5', '4.1'] as const) {
    it(`measures each interval to the Wh (Node-RED ${version})`, async () => {
      const flow = await start({}, { version });
      const first = await read();
      assert.deepEqual(
        [first.type, first['member'], first['role'], first['device']],
        ['reading', 'home-01', 'grid', 'eastron-sdm630'],
      );
      assert.deepEqual(
        [first['at'], first['powerW'], first['importWh'], first['quality'], first['reasons']],
        [START, 1004, 0, 'measured', []],
      );
      let [importCounterWh, exportCounterWh] = [0, 0];
      for (const index of rows.keys()) {
        importCounterWh += taken(index);
        exportCounterWh += given(index);
        assert.deepEqual(await close((index + 1) * 15), {
          type: 'meter',
          member: 'home-01',
          interval: `2017-07-10T0${6 + Math.floor(index / 4)}:${['00', '15', '30', '45'][index % 4]}Z`,
          importWh: taken(index),
          exportWh: given(index),
          importCounterWh,
          exportCounterWh,
          quality: 'measured',
          reason: null,
        });
      }
      assert.equal(flow.messages('meter', 1)[0]?.topic, 'home-01');
      assert.deepEqual(flow.caught, []);
      assert.equal(flow.status('meter')?.fill, 'green');
    });
  }

  it('integrates the power of a device that has no counters, as an estimate', async () => {
    const description = deviceById('e3dc-meter');
    const unit = new DescribedUnit(description, constantModel(description, START), () => START);
    const server = await serveTcp(new VirtualUnits(new Map([[1, unit]]), () => START));
    try {
      await start({ device: 'e3dc-meter', unit: '1' }, { modbus: { port: String(server.port) } });
      for (const minutes of [0, 5, 10]) {
        site.clock(minutes);
        assert.equal((await read())['powerW'], 750);
      }
      const energy = await close(15);
      // 750 W for a quarter of an hour.
      assert.deepEqual([energy['importWh'], energy['exportWh'], energy['quality']], [187, 0, 'estimated']);
      assert.equal(energy['importCounterWh'], null);
    } finally {
      await server.close();
    }
  });

  it('knows by night what an inverter gives that only says that it is off', async () => {
    const big = (value: number) => [Math.floor(value / 65_536), value % 65_536];
    let shown = { powerW: 40, wh: 1_000_000, asleep: false };
    const inverter: VirtualUnit = {
      description: deviceById('sma-inverter'),
      images: () => [
        { table: 'holding', base: 30201, registers: [0, shown.asleep ? 303 : 307] },
        { table: 'holding', base: 30217, registers: shown.asleep ? [0xff, 0xfffd] : [0, 51] },
        { table: 'holding', base: 30775, registers: shown.asleep ? [0x8000, 0] : big(shown.powerW) },
        { table: 'holding', base: 30513, registers: shown.asleep ? NO_VALUE : [0, 0, ...big(shown.wh)] },
      ],
      write: () => 2,
      reboot: () => {},
    };
    const server = await serveTcp(new VirtualUnits(new Map([[3, inverter]]), () => START));
    try {
      const modbus = { port: String(server.port) };
      const flow = await start({ device: 'sma-inverter', unit: '3', role: 'pv' }, { modbus });
      await read();
      shown = { powerW: 20, wh: 1_000_007, asleep: false };
      assert.deepEqual([(await close(15))['generationWh'], flow.status('meter')?.fill], [7, 'green']);
      site.clock(20);
      await read();
      // It gives one more Wh before it sleeps.
      shown = { powerW: 0, wh: 1_000_008, asleep: true };
      site.clock(21);
      const night = await read();
      assert.deepEqual([night['powerW'], night['quality'], night['asleep']], [0, 'measured', true]);
      assert.deepEqual([night['exportWh'], night['counterQuality']], [1_000_007, 'estimated']);
      assert.deepEqual(
        (night['reasons'] as Payload[]).map((reason) => reason['code']),
        ['asleep', 'not-implemented', 'counter-held'],
      );
      assert.deepEqual(flow.status('meter'), { fill: 'green', shape: 'dot', text: '0 W' });
      for (const minutes of [30, 45, 60]) {
        const energy = await close(minutes);
        assert.deepEqual([energy['generationWh'], energy['quality']], [0, 'estimated']);
      }
      shown = { powerW: 30, wh: 1_000_010, asleep: false };
      site.clock(70);
      await read();
      shown = { powerW: 30, wh: 1_000_013, asleep: false };
      const morning = await close(75);
      assert.deepEqual([morning['generationWh'], morning['quality']], [6, 'estimated']);
      shown = { powerW: 60, wh: 1_000_024, asleep: false };
      const day = await close(90);
      assert.deepEqual([day['generationWh'], day['quality']], [11, 'measured']);
      assert.deepEqual(flow.caught, []);
    } finally {
      await server.close();
    }
  });

  it('loses no Wh on a fast clock: intervals are differences of one counter, and near the profile', async () => {
    const port = await freePort();
    const flow = await startFlow([
      communityNode({ speed: '3600' }),
      memberNode(),
      modbusNode(port),
      intervalNode({ outputs: 2, wires: [[], [], ['meter'], []] }),
      siteNode(port),
      meterNode(),
    ]);
    site = { stop: () => flow.stop() } as SiteFlow;
    const history = await flow.next<Payload & { intervals: { interval: string; loadWh: number; pvWh: number }[] }>(
      'site',
      0,
    );
    await soon(
      () => flow.payloads('meter', 1).length >= 6,
      () => 'fewer than six intervals',
      6000,
    );
    const meters = flow.payloads('meter', 1) as (Payload & Record<string, number>)[];
    assert.equal(history.intervals.at(-1)?.interval, '2017-07-10T05:45Z');
    meters.slice(1).forEach((meter, index) => {
      const before = meters[index];
      assert.ok(before);
      assert.equal(meter['importWh'], Number(meter['importCounterWh']) - Number(before['importCounterWh']));
      assert.equal(meter['exportWh'], Number(meter['exportCounterWh']) - Number(before['exportCounterWh']));
      assert.notEqual(meter['quality'], 'missing');
    });
    // The first hours of that day need 32 to 47 Wh per quarter hour and give nothing before 06:45.
    const [first, third] = [meters[0], meters[2]];
    const net = Number(third?.['importCounterWh']) - Number(first?.['importCounterWh']);
    assert.ok(net > 40 && net < 130, String(net));
  });

  it('reads on its own, no faster than the device can follow', async () => {
    const flow = await start({ pollSeconds: '0.1' });
    await site.runFrom(0, () =>
      soon(
        () => flow.payloads('meter').length >= 3,
        () => 'it does not poll',
      ),
    );
    const times = flow.payloads('meter').map(({ at }) => Number(at));
    times.slice(1).forEach((time, index) => {
      assert.ok(time - (times[index] ?? 0) >= 95, String(times));
    });
  });

  it('says that the device is silent: once to Catch nodes, in every reading, and until it answers again', async () => {
    const flow = await start({}, { modbus: { timeoutSeconds: '0.3' } });
    await read();
    site.fault(1, 'silence');
    site.clock(2);
    const missing = await read();
    assert.deepEqual(
      [missing['quality'], missing['powerW'], missing['importWh'], missing['at']],
      ['missing', null, null, START + 120_000],
    );
    const [reason] = missing['reasons'] as { code: string; text: string }[];
    assert.equal(reason?.code, 'no-answer');
    assert.match(reason?.text ?? '', /^unit 1 at 127\.0\.0\.1:\d+ did not answer within 300 ms$/);
    assert.match(
      await flow.nextError('meter'),
      /^Error: the grid meter of home-01 cannot be read: unit 1 at .* did not answer within 300 ms; check 127\.0\.0\.1:\d+$/,
    );
    site.clock(3);
    await read();
    assert.equal(flow.caught.length, 1);
    assert.deepEqual(flow.status('meter'), { fill: 'red', shape: 'ring', text: 'no answer for 60 s' });
    site.fault(1, null);
    site.clock(4);
    await recover();
    assert.equal(flow.status('meter')?.fill, 'green');
    site.fault(1, 'busy');
    assert.equal((await read())['quality'], 'missing');
    assert.match(await flow.nextError('meter', 1), /it is busy, ask again later/);
  });

  it('gives an interval up as missing when the device stays silent, and measures again afterwards', async () => {
    const flow = await start({}, { modbus: { timeoutSeconds: '0.3' } });
    await read();
    await close(15);
    site.fault(1, 'silence');
    site.clock(30);
    await read(site.end(30));
    assert.equal(flow.payloads('meter', 1).length, 1, 'it may still come');
    await site.runFrom(40.01, () => flow.next('meter', 1, () => true, { from: 1 }));
    const given = flow.payloads('meter', 1)[1] ?? {};
    assert.deepEqual(
      [given['interval'], given['importWh'], given['exportWh'], given['quality'], (given['reason'] as Payload)['code']],
      ['2017-07-10T06:15Z', null, null, 'missing', 'no-reading'],
    );
    site.fault(1, null);
    site.clock(43);
    await recover();
    assert.equal((await close(45))['interval'], '2017-07-10T06:30Z');
    const whole = await close(60);
    assert.deepEqual(
      [whole['interval'], whole['quality'], whole['importWh'], whole['exportWh']],
      ['2017-07-10T06:45Z', 'measured', 0, 777],
    );
    assert.deepEqual(
      flow.payloads('meter', 1).map(({ interval }) => String(interval).slice(11, 16)),
      ['06:00', '06:15', '06:30', '06:45'],
    );
  });

  it('misses a device that never answered, from the start on', async () => {
    const flow = await start({}, { faults: [[1, 'silence']], modbus: { timeoutSeconds: '0.3' } });
    site.clock(15);
    await read(site.end(15));
    await site.runFrom(25.01, () => flow.next('meter', 1));
    site.clock(30);
    await read(site.end(30));
    site.fault(1, null);
    site.clock(32);
    await recover();
    await flow.next('meter', 1, () => true, { from: 1 });
    assert.deepEqual(
      flow.payloads('meter', 1).map(({ interval, quality }) => [String(interval).slice(11, 16), quality]),
      [
        ['06:00', 'missing'],
        ['06:15', 'missing'],
      ],
    );
    assert.equal((await close(45))['quality'], 'missing', 'it was not read at the start of this one');
    assert.equal((await close(60))['quality'], 'measured');
  });

  it('tells the last energies again after a restart, and loses no interval in between', async () => {
    const userDir = newUserDir();
    await start({}, { userDir });
    await read();
    for (const minutes of [15, 30, 45]) await close(minutes);
    const before = site.flow.payloads('meter', 1);
    const run = site.site;
    await site.stop();
    const flow = await start({}, { userDir, at: 60, site: run });
    await soon(
      () => flow.payloads('meter', 1).length === 2,
      () => 'not told again',
    );
    assert.deepEqual(flow.payloads('meter', 1), before.slice(1));
    const across = await close(60);
    assert.deepEqual(
      [across['interval'], across['importWh'], across['exportWh'], across['quality']],
      ['2017-07-10T06:45Z', 0, 777, 'measured'],
    );
    assert.deepEqual((await close(75))['importWh'], 1);
  });

  it('starts afresh where its memory is of no use', async () => {
    const userDir = newUserDir();
    await start({}, { userDir });
    await read();
    await close(15);
    await close(30);
    await site.stop();
    const folder = join(userDir, 'microgrid', 'meters');
    const [file = ''] = readdirSync(folder);
    assert.deepEqual(readdirSync(folder), ['sunny-street.example_home-01_meter.json']);
    const kept = readFileSync(join(folder, file), 'utf8');
    const cases: [string, string, RegExp | null][] = [
      ['a simulation that starts over without a ledger', kept, null],
      ['another epoch', kept.replace('"epoch":1', '"epoch":7'), null],
      ['half a file', kept.slice(0, 50), /the saved state in .* is damaged and is left aside/],
      ['a file of another kind', '{"energy":5}', /is damaged and is left aside/],
    ];
    for (const [name, text, warning] of cases) {
      writeFileSync(join(folder, file), text);
      const flow = await start({}, { userDir });
      assert.equal((await read())['quality'], 'measured', name);
      assert.equal((await close(15))['importWh'], 251, name);
      assert.equal(flow.payloads('meter', 1).length, 1, name);
      if (warning) assert.match(flow.log, warning);
      assert.deepEqual(flow.caught, [], name);
      await site.stop();
    }
  });

  it('keeps its memory when it is stopped before it has started', async () => {
    const userDir = newUserDir();
    await start({}, { userDir });
    await read();
    await close(15);
    await site.stop();
    const file = join(userDir, 'microgrid', 'meters', 'sunny-street.example_home-01_meter.json');
    const kept = readFileSync(file, 'utf8');
    const slow = (RED: NodeAPI) =>
      defineNode(RED, {
        type: 'microgrid-slow-ledger',
        config: v.object({}),
        create() {
          apiOf<Community>(RED, 'community', 'community').hold(new Promise(() => {}));
          return {};
        },
      });
    const nodes = [meterNode(), { id: 'slow', type: 'microgrid-slow-ledger' }];
    site = await startSiteFlow(nodes, { profile, userDir, at: 20, more: [slow] });
    await sleep(20);
    await site.stop();
    assert.equal(readFileSync(file, 'utf8'), kept);
  });

  it('forgets the old epoch with a reset', async () => {
    const flow = await start();
    await read();
    await close(15);
    await close(30);
    flow.community.reset();
    flow.community.pause();
    site.clock(0);
    site.site.reset(START);
    await sleep(5);
    assert.equal((await read())['importWh'], 0);
    const again = await close(15);
    assert.deepEqual([again['interval'], again['importWh'], again['quality']], ['2017-07-10T06:00Z', 251, 'measured']);
    assert.deepEqual(flow.caught, []);
    const stored = readFileSync(
      join(flow.userDir, 'microgrid', 'meters', 'sunny-street.example_home-01_meter.json'),
      'utf8',
    );
    assert.equal(JSON.parse(stored).epoch, 2);
  });

  it('drops what was asked before a reset: it shows the old epoch', async () => {
    const flow = await start({}, { modbus: { timeoutSeconds: '0.2' } });
    await read();
    site.fault(1, 'silence');
    flow.send('meter', 'now');
    await sleep(50);
    flow.community.reset();
    flow.community.pause();
    await flow.nextError('meter');
    await sleep(20);
    assert.equal(flow.payloads('meter').length, 1);
  });

  it('keeps one pace of reading when a reset comes while it waits for an answer', async () => {
    const flow = await start({}, { community: { speed: '600' }, modbus: { timeoutSeconds: '0.15' } });
    site.fault(1, 'silence');
    flow.community.resume();
    // The first poll comes after 0.2 s, and waits for its answer until 0.35 s.
    await sleep(280);
    flow.community.reset();
    site.site.reset(START);
    site.fault(1, null);
    await flow.next('meter', 0, ({ quality }) => quality === 'measured');
    const from = flow.payloads('meter').length;
    await sleep(1000);
    const count = flow.payloads('meter').length - from;
    assert.ok(count >= 2 && count <= 12, `${count} readings in a second at one per 0.1 s`);
  });

  it('measures a roof for the overview, and a load for nobody', async () => {
    const flow = await start({ role: 'pv', device: 'sunspec-inverter-103', unit: '2' });
    const first = await read();
    assert.deepEqual([first['role'], first['exportWh'], first['importWh']], ['pv', FACTORY_TEST_WH, null]);
    await close(15);
    assert.deepEqual(await close(30), {
      type: 'energy',
      member: 'home-01',
      interval: '2017-07-10T06:15Z',
      role: 'pv',
      generationWh: 33,
      quality: 'measured',
    });
    await site.stop();
    await start({ role: 'load' });
    await read();
    site.clock(15);
    assert.equal((await read(site.end(15)))['role'], 'load');
    await sleep(10);
    assert.deepEqual(site.flow.payloads('meter', 1), []);
    assert.deepEqual([...flow.caught, ...site.flow.caught], []);
  });

  it('records no half of an energy', async () => {
    await start({ device: 'sunspec-inverter-103', unit: '2' });
    await read();
    const { importWh, exportWh, quality, reason } = await close(15);
    assert.deepEqual(
      [importWh, exportWh, quality, (reason as Payload)['code']],
      [null, null, 'missing', 'one-direction'],
    );
  });

  it('does not believe what the connection cannot carry', async () => {
    const flow = await start({ connectionKW: '1' });
    const { powerW, importWh, quality, reasons } = await read();
    assert.deepEqual(
      [powerW, importWh, quality, (reasons as Payload[])[0]?.['code']],
      [null, null, 'missing', 'power-beyond-connection'],
    );
    assert.deepEqual(flow.status('meter'), { fill: 'yellow', shape: 'dot', text: 'power-beyond-connection' });
  });

  it('refuses the end of an interval that is none, and reads at every other message', async () => {
    const flow = await start();
    for (const interval of ['2017-07-10T06:10Z', 'now', 5, undefined]) {
      assert.match(
        await flow.refused('meter', { type: 'interval', event: 'end', interval }),
        /the interval is malformed: interval /,
      );
    }
    assert.match(
      await flow.refused('meter', { type: 'interval', event: 'over', interval: '2017-07-10T06:15Z' }),
      /the interval is malformed: event/,
    );
    for (const payload of [
      null,
      undefined,
      5,
      'x',
      [],
      {},
      { type: 'order' },
      { type: 'interval', event: 'start', interval: '2017-07-10T06:15Z' },
    ]) {
      assert.equal((await read(payload))['quality'], 'measured', JSON.stringify(payload));
    }
  });

  it('refuses a configuration that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ member: '' }, /no member is chosen, or it is disabled; open this node/],
      [{ member: 'modbus' }, /a microgrid-modbus stands where the member should be/],
      [{ modbus: '' }, /no Modbus host is chosen/],
      [{ modbus: 'member' }, /a microgrid-member stands where the Modbus host should be/],
      [{ device: '' }, /the device is missing; open this node and correct it/],
      [{ device: 'abacus' }, /there is no device "abacus" in the catalogue; /],
      [{ unit: '256' }, /the unit must be between 0 and 255/],
      [{ role: 'roof' }, /the role must be one of grid, pv, load/],
      [{ pollSeconds: '0' }, /the time between two readings \(seconds\) must be between 0\.1 and/],
      [{ connectionKW: '' }, /what the connection carries \(kW\) must be a number/],
      [{ configVersion: 2 }, /this node was saved by another version of the package/],
    ];
    for (const [fields, sentence] of cases) {
      const flow = await start(fields);
      assert.match(await flow.nextError('meter'), sentence, JSON.stringify(fields));
      assert.match(await flow.refused('meter', {}), sentence);
      await site.stop();
    }
  });
});
