// Several batteries of one member behind one meter, in a real Node-RED, each a SunSpec battery of its own over Modbus: they
// share what the house needs, none charges another, and one that is silent or leaves does not stop the others.
import assert from 'node:assert/strict';
import { SiteRun } from '../../../src/simulation/site-run.ts';
import { serveVirtualDevices, type VirtualDevices } from '../../../src/simulation/virtual-devices.ts';
import type { BatterySpec } from '../../../src/simulation/virtual-site.ts';
import { batteryNode, modbusNode, type Payload, type RunningFlow, removeUserDirs, soon } from '../../support/flow.ts';
import { type SiteFlow, START, startSiteFlow } from '../../support/site-flow.ts';

const battery: BatterySpec = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 };
const UNIT = 3;

describe('batteries of one member', () => {
  let site: SiteFlow;
  let flow: RunningFlow;
  let more: { run: SiteRun; devices: VirtualDevices }[] = [];
  /** The house with its first battery, and further batteries that have nothing but themselves behind the meter. */
  const start = async (
    loadWh: number,
    socs: readonly [number, ...number[]],
    fields: object = {},
    ofOthers: object = fields,
  ) => {
    const [first, ...others] = socs;
    let now = () => START;
    more = await Promise.all(
      others.map(async (socPerMille) => {
        const profile = () => ({ loadWh: 0, pvWh: 0 });
        const run = new SiteRun({ profile, battery, start: START, socPerMille }, () => now());
        return { run, devices: await serveVirtualDevices(run) };
      }),
    );
    const extra = more.flatMap(({ devices }, i) => [
      modbusNode(devices.port, { id: `modbus-${i + 2}`, timeoutSeconds: '0.3' }),
      batteryNode({ id: `battery-${i + 2}`, modbus: `modbus-${i + 2}`, ...ofOthers }),
    ]);
    site = await startSiteFlow([batteryNode(fields), ...extra], {
      profile: () => ({ loadWh: Math.max(0, loadWh), pvWh: Math.max(0, -loadWh) }),
      battery,
      socPerMille: first,
    });
    flow = site.flow;
    const { clock } = flow.community;
    now = () => clock.now();
  };
  afterEach(async () => {
    await site.stop();
    for (const { devices } of more) await devices.close();
  });
  after(removeUserDirs);

  const gridW = () => site.site.power.gridW + more.reduce((sum, { run }) => sum + run.power.gridW, 0);
  const does = () => [site.site.power.batteryW, ...more.map(({ run }) => run.power.batteryW)];
  const names = () => ['battery', ...more.map((_, i) => `battery-${i + 2}`)];
  /** Hands the meter's reading to some of the nodes, and waits for a decision of each. */
  const cycle = async (to: readonly string[] = names(), all: readonly string[] = names()) => {
    const reading = {
      type: 'reading',
      member: 'home-01',
      role: 'grid',
      device: 'eastron-sdm630',
      at: flow.community.clock.now(),
      powerW: gridW(),
      importWh: 0,
      exportWh: 0,
      quality: 'measured',
      reasons: [],
    };
    const before = new Map(all.map((name) => [name, flow.payloads(name).length]));
    for (const name of to) flow.send(name, reading);
    const isDecision = ({ type }: Payload) => type === 'decision';
    return Promise.all(
      all.map((name) => flow.next<Payload & { reason: Payload }>(name, 0, isDecision, { from: before.get(name) ?? 0 })),
    );
  };

  it('share what the house needs by what they hold: two', async () => {
    await start(750, [300, 500]);
    const [one, two] = await cycle();
    assert.deepEqual([one?.['setpointW'], two?.['setpointW']], [1000, 2000]);
    assert.equal(
      one?.reason['text'],
      'The house needs 3000 W more than its roof gives; the part of this battery is 1000 W.',
    );
    assert.deepEqual([does(), gridW()], [[1000, 2000], 0]);
    for (let i = 1; i < 5; i++) {
      site.clock(i);
      await cycle();
      assert.equal(gridW(), 0, 'they do not fight');
    }
    assert.deepEqual(flow.caught, []);
  });

  it('share the sun by the room they have: three, with the reading at one of them', async () => {
    await start(-1500, [700, 550, 400]);
    await cycle(['battery-2']);
    // 300, 450 and 600 per mille of room
    assert.deepEqual([does(), gridW()], [[-1333, -2000, -2667], 0]);
  });

  it('leave one that the owner charges by hand to the grid', async () => {
    await start(250, [500, 500]);
    await cycle();
    assert.deepEqual(does(), [500, 500]);
    // The cycle that the wish begins ends with a decision of each.
    const decided = names().map((name) =>
      flow.next(name, 0, ({ type }) => type === 'decision', { from: flow.payloads(name).length }),
    );
    flow.send('battery-2', { type: 'manual', member: 'home-01', setpointW: -2000, forSeconds: 600 });
    await Promise.all(decided);
    assert.deepEqual([does(), gridW()], [[1000, -2000], 2000]);
    await cycle();
    assert.deepEqual([does(), gridW()], [[1000, -2000], 2000]);
  });

  it('keep a peak limit together', async () => {
    await start(2000, [500, 500], { mode: 'hold', peakImportKW: '5' });
    const decisions = await cycle();
    assert.deepEqual(
      decisions.map(({ reason }) => reason['code']),
      ['peak-import', 'peak-import'],
    );
    assert.deepEqual([does(), gridW()], [[1500, 1500], 5000]);
  });

  it('go on without one that is silent, and with it again', async () => {
    await start(750, [500, 500]);
    await cycle();
    assert.deepEqual(does(), [1500, 1500]);
    more[0]?.devices.setFault(UNIT, 'silence');
    const [one, two] = await cycle();
    assert.deepEqual([one?.['state'], two?.['state'], two?.reason['code']], ['discharging', 'safe', 'battery-missing']);
    assert.equal(flow.caught.length, 1);
    more[0]?.devices.setFault(UNIT, null);
    await soon(
      async () => (await cycle())[1]?.['state'] === 'discharging',
      () => 'it does not come back',
    );
    await cycle();
    assert.equal(gridW(), 0);
  });

  it('want the same: one with another mode or target is refused, the others go on', async () => {
    await start(750, [300, 500], {}, { mode: 'hold' });
    assert.equal(flow.status('battery-2')?.fill, 'red');
    assert.match(String(flow.status('battery-2')?.text), /another battery of this member/);
    const [one] = await cycle(['battery'], ['battery']);
    assert.equal(one?.['setpointW'], 3000);
    assert.deepEqual(does(), [3000, 0]);
  });

  it('are all given back when the meter falls silent, and when flows stop', async () => {
    await start(750, [500, 500, 500]);
    await cycle();
    const modes = () => [site.site, ...more.map(({ run }) => run)].map(({ storage }) => storage?.mode);
    assert.deepEqual(modes(), [3, 3, 3]);
    await site.runFrom(5.02, () =>
      Promise.all(names().map((name) => flow.next(name, 0, ({ state }) => state === 'safe'))),
    );
    assert.deepEqual(modes(), [0, 0, 0]);
    site.clock(6);
    await cycle();
    assert.deepEqual(modes(), [3, 3, 3]);
    await flow.stop();
    assert.deepEqual(modes(), [0, 0, 0]);
  });
});
