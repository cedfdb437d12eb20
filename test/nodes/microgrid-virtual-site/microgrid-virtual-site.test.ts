// A virtual home as Node-RED runs it: its devices over real Modbus, its history, and a state that survives restarts; at the
// end of its data the simulation starts over.
import assert from 'node:assert/strict';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { deviceById } from '../../../src/devices/catalogue-store.ts';
import { openDevice } from '../../../src/devices/device.ts';
import type { ModbusPort } from '../../../src/modbus/port.ts';
import { openTcpPort } from '../../../src/modbus/tcp-port.ts';
import {
  communityNode,
  memberNode,
  newUserDir,
  type Payload,
  type RunningFlow,
  removeUserDirs,
  siteNode,
  soon,
  startFlow,
  type Version,
} from '../../support/flow.ts';
import { freePort, sleep } from '../../support/node-red.ts';
import { projectRoot } from '../../support/source.ts';

const START = Date.parse('2017-07-10T06:00Z');
const QUARTER = 900_000;
const stamp = (quarter: number) => `${new Date(START + quarter * QUARTER).toISOString().slice(0, 16)}Z`;
/** Two quarter hours of history, then four of the simulation. */
const lines = [
  ['100', '0', '7'],
  ['110', '5', '7'],
  ['250', '0', '7'],
  ['300', '900', '7'],
  ['120', '20', '7'],
  ['80', '0', '7'],
].map((cells, index) => [stamp(index - 2), ...cells].join(','));
const csv = (rows: readonly string[] = lines) => `start,home-01.load,home-01.pv,bakery.load\n${rows.join('\n')}\n`;

describe('microgrid-virtual-site', () => {
  let flow: RunningFlow;
  let port: number;
  let userDir: string;
  let line: ModbusPort;
  beforeEach(async () => {
    port = await freePort();
    userDir = newUserDir();
    writeFileSync(join(userDir, 'street.csv'), csv());
    line = openTcpPort({ host: '127.0.0.1', port, timeoutMs: 1000 });
  });
  afterEach(async () => {
    await line.close();
    await flow.stop();
  });
  after(removeUserDirs);

  const own = (more: object = {}) => siteNode(port, { profile: 'csv', csv: join(userDir, 'street.csv'), ...more });
  /** Starts a site with the clock paused at its start. */
  const start = async (more: object = {}, community: object = {}, version: Version = '5') => {
    flow = await startFlow([communityNode(community), memberNode(), own(more)], { userDir, version });
    const { community: street } = flow;
    street.pause();
    street.resumeAt(Date.parse(String(community['start' as never] ?? stamp(0))));
    return flow.next<Payload & { intervals: Payload[] }>('site', 0);
  };
  const clock = (quarters: number) => flow.community.resumeAt(START + quarters * QUARTER);
  const read = (unit: number, device: string) =>
    openDevice(line, unit, deviceById(device)).read(() => flow.community.clock.now());
  const meter = async () => {
    const { powerW, importWh, exportWh } = await read(1, 'eastron-sdm630');
    return [powerW, importWh, exportWh];
  };

  for (const version of ['5', '4.1'] as const) {
    it(`shows on its devices what its profile says (Node-RED ${version})`, async () => {
      await start({}, {}, version);
      assert.deepEqual(await meter(), [1000, 0, 0]);
      clock(1);
      assert.deepEqual(await meter(), [-2400, 250, 0]);
      clock(2);
      assert.deepEqual(await meter(), [400, 250, 600]);
      clock(2.5);
      assert.deepEqual(await meter(), [400, 300, 600]);
      const [inverter, battery] = [await read(2, 'sunspec-inverter-103'), await read(3, 'sunspec-battery-124')];
      assert.deepEqual([inverter.powerW, inverter.exportWh, battery.powerW, battery.socPerMille], [80, 1910, 0, 500]);
      assert.deepEqual(flow.caught, []);
      assert.equal(flow.status('site')?.fill, 'green');
      assert.match(flow.status('site')?.text ?? '', /^1\.0 kW 50 %$/);
    });
  }

  it('plays a battery like a real one where that was chosen, and an ideal one as version 1 did', async () => {
    const charge = async () => (await read(3, 'sunspec-battery-124')).socPerMille;
    await start({ batteryModel: 'real', batteryKWh: '1' });
    assert.equal(await charge(), 500);
    clock(2);
    assert.equal(await charge(), 493, 'it used 15 W itself, 7.5 Wh of 1 kWh');
    await flow.stop();
    userDir = newUserDir();
    writeFileSync(join(userDir, 'street.csv'), csv());
    const { batteryModel: _, ...first } = own();
    flow = await startFlow(
      [communityNode(), memberNode(), { ...first, id: 'site', type: siteNode(port).type, configVersion: 1 }],
      {
        userDir,
      },
    );
    await flow.next('site', 0);
    flow.community.pause();
    clock(2);
    assert.equal(await charge(), 500);
    assert.deepEqual(flow.caught, []);
  });

  it('tells its history once: what was before, oldest first, without the running interval', async () => {
    const history = await start();
    assert.deepEqual(history, {
      type: 'history',
      member: 'home-01',
      intervals: [
        { interval: '2017-07-10T05:30Z', loadWh: 100, pvWh: 0 },
        { interval: '2017-07-10T05:45Z', loadWh: 110, pvWh: 5 },
      ],
    });
    clock(2);
    await meter();
    assert.equal(flow.payloads('site').length, 1);
    assert.equal(flow.messages('site')[0]?.topic, 'home-01');
  });

  it('knows the street of the package by the id of its member, or by a column', async () => {
    await start({ profile: 'street', csv: '' });
    const rows = readFileSync(join(projectRoot, 'profiles', 'street.csv'), 'utf8')
      .split('\n')
      .slice(1);
    const earlier = rows.filter((row) => row !== '' && row < stamp(0));
    assert.ok(earlier.length > 1900, 'three weeks');
    const { intervals } = (flow.payloads('site')[0] ?? {}) as { intervals: Payload[] };
    assert.deepEqual(
      intervals.map(({ interval, loadWh, pvWh }) => `${interval},${loadWh},${pvWh}`),
      earlier.map((row) => row.split(',').slice(0, 3).join(',')),
    );
    await flow.stop();
    await start({ profile: 'street', csv: '', column: 'bakery' });
    const bakery = flow.payloads('site')[0]?.['intervals'] as Payload[];
    assert.ok(bakery.every(({ pvWh }) => pvWh === 0));
    assert.equal(flow.payloads('site')[0]?.['member'], 'home-01');
  });

  it('goes on after a restart with its counters and its charge', async () => {
    await start();
    clock(1);
    const battery = openDevice(line, 3, deviceById('sunspec-battery-124'));
    await battery.set(-2400, 3600);
    clock(1.5);
    const before = await meter();
    const charged = (await read(3, 'sunspec-battery-124')).socPerMille;
    assert.deepEqual([before, charged], [[0, 250, 0], 542]);
    await flow.stop();
    await start({}, { start: '2017-07-10T06:25Z' });
    clock(1.75);
    assert.deepEqual(await meter(), [0, 250, 0], 'the setpoint still holds');
    assert.ok(((await read(3, 'sunspec-battery-124')).socPerMille ?? 0) > 560);
    clock(2);
    assert.deepEqual(await meter(), [2800, 250, 0]);
  });

  it('keeps its state apart from that of another site of the same member', async () => {
    const other = own({ id: 'other', port: String(await freePort()), column: 'bakery' });
    writeFileSync(
      join(userDir, 'street.csv'),
      csv().replace('bakery.load', 'bakery.load,bakery.pv').replaceAll(',7\n', ',7,0\n'),
    );
    flow = await startFlow([communityNode(), memberNode(), own(), other], { userDir });
    flow.community.pause();
    await Promise.all([flow.next('site', 0), flow.next('other', 0)]);
    clock(2);
    await flow.stop();
    const kept = (id: string) => {
      const file = join(userDir, 'microgrid', 'sites', `sunny-street.example_home-01_${id}.json`);
      return JSON.parse(readFileSync(file, 'utf8')).snapshot.site.importWms / 3_600_000;
    };
    assert.deepEqual([kept('site'), kept('other')], [250, 14]);
  });

  it('keeps its state at every quarter hour, for the end without warning', async () => {
    await start();
    flow.community.resumeAt(START + QUARTER - 5);
    flow.community.resume();
    const file = join(userDir, 'microgrid', 'sites', 'sunny-street.example_home-01_site.json');
    await soon(
      () => {
        try {
          return JSON.parse(readFileSync(file, 'utf8')).snapshot.site.importWms >= 250 * 3_600_000;
        } catch {
          return false;
        }
      },
      () => 'no state was kept',
    );
    flow.community.pause();
  });

  it('starts afresh where its kept state is of no use, and says so if that is strange', async () => {
    await start();
    clock(2);
    await meter();
    await flow.stop();
    const file = join(userDir, 'microgrid', 'sites', 'sunny-street.example_home-01_site.json');
    const kept = readFileSync(file, 'utf8');
    const later = { start: '2017-07-10T06:45Z' };
    const cases: [string, string, object, RegExp | null][] = [
      ['of a simulation that starts over without a ledger', kept, {}, null],
      ['of another epoch', kept.replace('"epoch":1', '"epoch":3'), later, null],
      [
        'half written',
        kept.slice(0, 40),
        later,
        /the saved state in .*home-01_site\.json is damaged and is left aside/,
      ],
      [
        'that makes no sense',
        kept.replace('"importWms":', '"importWms":-'),
        later,
        /the saved state of home-01 does not fit and is left aside: importWms/,
      ],
      [
        'of a site without a battery',
        kept.replace(/"storage":\{.*?\}/, '"storage":null'),
        later,
        /does not fit and is left aside: .*one has a battery/,
      ],
    ];
    for (const [name, text, community, warning] of cases) {
      writeFileSync(file, text);
      await start({}, community);
      assert.deepEqual((await meter()).slice(1), [0, 0], name);
      if (warning) assert.match(flow.log, warning, name);
      assert.deepEqual(flow.caught, [], name);
      await flow.stop();
    }
    writeFileSync(file, kept);
    await start({}, later);
    assert.deepEqual((await meter()).slice(1), [350, 600], 'the same, whole');
  });

  it('says that its port is in use, and frees it when it stops', async () => {
    const taken = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    flow = await startFlow([communityNode(), memberNode(), own()], { userDir });
    assert.match(
      await flow.nextError('site'),
      new RegExp(`^Error: the virtual devices cannot listen on port ${port}: it is in use: choose another one`),
    );
    assert.deepEqual([flow.status('site')?.fill, flow.status('site')?.shape], ['red', 'ring']);
    flow.community.reset();
    await sleep(20);
    assert.equal(flow.status('site')?.fill, 'red', 'a reset does not make it serve');
    assert.deepEqual(flow.payloads('site'), []);
    await flow.stop();
    await new Promise((resolve) => taken.close(resolve));
    await start();
    await flow.stop();
    await start();
    assert.deepEqual(await meter(), [1000, 0, 0]);
  });

  it('refuses two sites on one port, and serves the first', async () => {
    flow = await startFlow(
      [
        communityNode(),
        memberNode(),
        memberNode({ id: 'member2', memberId: 'bakery' }),
        own(),
        own({ id: 'twin', member: 'member2' }),
      ],
      { userDir },
    );
    await soon(
      () => flow.caught.length === 1 && flow.payloads('site').length + flow.payloads('twin').length === 1,
      () => 'both serve',
    );
    assert.match(flow.caught[0]?.error.message ?? '', /it is in use: choose another one/);
  });

  it('starts over in a new epoch at the end of its data', async () => {
    await start();
    clock(2);
    await meter();
    flow.community.resumeAt(START + 4 * QUARTER - 3);
    flow.community.resume();
    await flow.next('site', 0, () => true, { from: 1 });
    flow.community.pause();
    assert.equal(flow.community.epoch, 2);
    assert.deepEqual(flow.payloads('site')[1], flow.payloads('site')[0]);
    clock(1);
    // It began anew some milliseconds after the start.
    const [powerW, importWh = 0, exportWh] = (await meter()) as number[];
    assert.deepEqual([powerW, exportWh], [-2400, 0]);
    assert.ok(importWh === 249 || importWh === 250, String(importWh));
    assert.equal((await read(3, 'sunspec-battery-124')).socPerMille, 500);
    assert.deepEqual(flow.caught, []);
  });

  it('refuses a profile that ends before the simulation starts, instead of starting over for ever', async () => {
    flow = await startFlow([communityNode({ start: stamp(4), speed: '1000' }), memberNode(), own()], { userDir });
    assert.match(
      await flow.nextError('site'),
      /the profile ends at 2017-07-10T07:00Z, before the simulation of sunny-street\.example starts at 2017-07-10T07:00Z/,
    );
    await sleep(30);
    assert.equal(flow.community.epoch, 1);
    await assert.rejects(meter(), /cannot be reached/);
  });

  it('has no battery where there is none', async () => {
    await start({ batteryKWh: '0' });
    assert.deepEqual(await meter(), [1000, 0, 0]);
    await assert.rejects(read(3, 'sunspec-battery-124'), /unit 3 .* the gateway got no answer from it/);
    assert.equal(flow.status('site')?.text, '1.0 kW');
  });

  it('shows where its profile has nothing for now', async () => {
    flow = await startFlow([communityNode({ clock: 'real' }), memberNode(), own()], { userDir });
    await flow.next('site', 0);
    assert.deepEqual(flow.status('site'), { fill: 'yellow', shape: 'dot', text: 'no profile now 50 %' });
    assert.deepEqual(await meter(), [0, 0, 0]);
  });

  it('reads a CSV file anew when it was mended or changed', async () => {
    const path = join(userDir, 'street.csv');
    const deploys: [string, RegExp | number][] = [
      [csv().replace('250', '2.5'), /^ProfileError: the profile's line 4, column 2: home-01\.load must be whole Wh/],
      ['', /line 1: the header is missing/],
      ['start,home-01.load\n', /line 2: the profile needs at least one row/],
      [csv().replaceAll('home-01', 'home-09'), /has no column for "home-01"; it has home-09, bakery/],
      [csv(), 1000],
      [csv().replace(',250,', ',500,'), 2000],
    ];
    for (const [index, [text, expected]] of deploys.entries()) {
      writeFileSync(path, text);
      utimesSync(path, index, index);
      if (typeof expected === 'number') {
        await start();
        assert.equal((await meter())[0], expected);
      } else {
        flow = await startFlow([communityNode(), memberNode(), own()], { userDir });
        assert.match(await flow.nextError('site'), expected);
        assert.equal(flow.status('site')?.fill, 'red');
      }
      await flow.stop();
    }
  });

  it('refuses a configuration that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ member: '' }, /no member is chosen/],
      [{ member: 'community' }, /a microgrid-community stands where the member should be/],
      [{ profile: 'moon' }, /the profile must be one of street, csv/],
      [{ csv: '' }, /the path of the CSV file is missing; give it, or choose a profile of the package/],
      [
        { csv: '/nowhere/street.csv' },
        /there is no profile "\/nowhere\/street\.csv": neither a CSV file, nor one of the package \(street\)/,
      ],
      [{ column: 'castle' }, /has no column for "castle"; it has home-01, bakery/],
      [{ port: '0' }, /the port must be between 1 and 65535/],
      [{ batteryKWh: '2001' }, /the battery \(kWh\) must be between 0 and 2000/],
      [{ batteryKW: 'x' }, /the battery power \(kW\) must be a number/],
      [{ efficiency: '101' }, /the round trip efficiency \(%\) must be between 1 and 100/],
      [{ startSoc: '-1' }, /the charge at the start \(%\) must be between 0 and 100/],
    ];
    for (const [fields, sentence] of cases) {
      flow = await startFlow([communityNode(), memberNode(), own(fields)], { userDir });
      assert.match(await flow.nextError('site'), sentence, JSON.stringify(fields));
      assert.equal(flow.status('site')?.fill, 'red');
      assert.match(await flow.refused('site', {}), /./);
      await flow.stop();
    }
  });

  it('misbehaves when a message says so, and behaves again', async () => {
    await start();
    flow.send('site', { type: 'fault', unit: 1, fault: 'flipped-sign' });
    assert.deepEqual(await meter(), [-1000, 0, 0]);
    flow.send('site', { type: 'fault', unit: 1, fault: 'busy' });
    await assert.rejects(meter(), { code: 'exception-6' });
    flow.send('site', { type: 'fault', unit: 1, fault: null });
    assert.deepEqual(await meter(), [1000, 0, 0]);
    for (const [payload, problem] of [
      [{ type: 'fault', unit: 1, fault: 'fire' }, /fault must be null or one of silence, busy/],
      [{ type: 'fault', unit: 9, fault: 'busy' }, /there is no unit 9; there are 1, 2, 3/],
      ['fault', /fault/],
    ] as const) {
      assert.match(await flow.refused('site', payload), problem);
    }
  });
});
