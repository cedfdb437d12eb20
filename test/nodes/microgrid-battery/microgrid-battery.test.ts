// The battery node on a real SunSpec battery over Modbus: what is decided is what the battery does, and whatever fails, it is
// given back to its own safe mode. Time is turned by hand.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BatterySpec } from '../../../src/simulation/virtual-site.ts';
import {
  batteryNode,
  communityNode,
  memberNode,
  modbusNode,
  type Payload,
  type RunningFlow,
  removeUserDirs,
  soon,
  startFlow,
} from '../../support/flow.ts';
import { sleep } from '../../support/node-red.ts';
import { type SiteFlow, type SiteFlowOptions, START, startSiteFlow } from '../../support/site-flow.ts';

const battery: BatterySpec = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 };
/** The house needs 1000 W, the roof gives nothing. */
const profile = () => ({ loadWh: 250, pvWh: 0 });
const FIRST = '2017-07-10T06:00Z';
const UNIT = 3;

describe('microgrid-battery', () => {
  let site: SiteFlow;
  let flow: RunningFlow;
  const start = async (more: object = {}, options: Partial<SiteFlowOptions> = {}) => {
    site = await startSiteFlow([batteryNode(more)], { profile, battery, ...options });
    flow = site.flow;
  };
  afterEach(() => site.stop());
  after(removeUserDirs);

  const reading = (more: object = {}) => ({
    type: 'reading',
    member: 'home-01',
    role: 'grid',
    device: 'eastron-sdm630',
    at: flow.community.clock.now(),
    powerW: site.site.power.gridW,
    importWh: 0,
    exportWh: 0,
    quality: 'measured',
    reasons: [],
    ...more,
  });
  /** One control cycle: returns the decision. */
  const cycle = async (more: object = {}): Promise<Payload & { reason: { code: string; text: string } }> => {
    const isDecision = ({ type }: Payload) => type === 'decision';
    const from = flow.payloads('battery').length;
    flow.send('battery', reading(more));
    return flow.next('battery', 0, isDecision, { from });
  };
  const fills = (member: string, side: string, wh: number, interval = FIRST) => ({
    type: 'fills',
    member,
    interval,
    price: 200_000,
    fills: [{ id: 'x', member, side, wh }],
  });
  const clearing = (interval: string, all: [string, string, number][]) => ({
    type: 'clearing',
    rule: 'uniform-price/1',
    interval,
    volumeWh: 0,
    price: null,
    priceLow: null,
    priceHigh: null,
    orders: [],
    fills: all.map(([member, side, wh]) => ({ id: member, member, side, wh })),
    pairs: [],
  });
  /** Hands over a message that makes no cycle. */
  const tell = async (payload: object) => {
    flow.send('battery', payload);
    await sleep(5);
  };
  const does = () => site.site.power.batteryW;

  for (const version of ['5', '4.1'] as const) {
    it(`takes over what the house needs (Node-RED ${version})`, async () => {
      await start({}, { version });
      const decision = await cycle();
      assert.deepEqual(
        [
          decision['member'],
          decision['setpointW'],
          decision['state'],
          decision['socPerMille'],
          decision['positionWh'],
          decision['at'],
        ],
        ['home-01', 1000, 'discharging', 500, 0, START],
      );
      assert.deepEqual(decision.reason, {
        code: 'self-consumption',
        text: 'The house needs 1000 W more than its roof gives.',
        numbers: { gridW: 1000, batteryW: 0 },
      });
      assert.deepEqual(site.site.power, { loadW: 1000, pvW: 0, batteryW: 1000, gridW: 0 });
      assert.equal(site.site.storage?.revertSeconds, 600, 'a setpoint that is not renewed ends by itself');
      const shown = await flow.next('battery', 0, ({ type }) => type === 'reading');
      assert.deepEqual(
        [shown['role'], shown['device'], shown['powerW'], shown['socPerMille'], shown['importWh']],
        ['battery', 'sunspec-battery-124', 0, 500, null],
      );
      assert.deepEqual(flow.status('battery'), { fill: 'green', shape: 'dot', text: '1.0 kW 50 %' });
      site.clock(1);
      assert.equal((await cycle())['setpointW'], 1000, 'it holds what it does');
      assert.deepEqual(flow.caught, []);
    });
  }

  it('follows the position of the running interval, and no other', async () => {
    await start();
    const next = '2017-07-10T06:15Z';
    await tell(fills('home-01', 'buy', 250));
    await tell(
      clearing(next, [
        ['home-02', 'sell', 50],
        ['home-01', 'sell', 100],
        ['home-01', 'sell', 25],
      ]),
    );
    const bought = await cycle();
    assert.deepEqual([bought['positionWh'], bought['setpointW'], bought.reason.code], [250, 0, 'position']);
    site.clock(15);
    const sold = await cycle();
    assert.deepEqual(
      [sold['positionWh'], sold['setpointW'], sold.reason.text],
      [-125, 1500, 'With 125 Wh sold for this interval, the connection should feed 500 W.'],
    );
    assert.equal(site.site.power.gridW, -500);
    site.clock(30);
    assert.equal((await cycle())['positionWh'], 0);
  });

  it('is not misled by the fills of its neighbours on the same wire', async () => {
    await start();
    await tell(fills('home-01', 'buy', 250));
    await tell(fills('home-02', 'sell', 400));
    await tell(fills('bakery', 'buy', 10));
    assert.equal((await cycle())['positionWh'], 250);
    await tell(clearing(FIRST, [['home-02', 'sell', 400]]));
    assert.equal((await cycle())['positionWh'], 0, 'a clearing is the whole book');
  });

  it('keeps within its limits, and says which', async () => {
    await start({ maxDischargeKW: '0.6' });
    const decision = await cycle();
    assert.deepEqual([decision['setpointW'], decision.reason.code, does()], [600, 'max-discharge', 600]);
    await site.stop();
    await start({ minSoc: '50' });
    const empty = await cycle();
    assert.deepEqual([empty['setpointW'], empty['state'], empty.reason.code, does()], [0, 'holding', 'soc-minimum', 0]);
    await site.stop();
    await start({ rampWPerSecond: '10' });
    assert.deepEqual([(await cycle())['setpointW'], (await cycle()).reason.code], [10, 'ramp']);
  });

  it('gives the battery back when the meter falls silent', async () => {
    await start();
    await cycle();
    assert.equal(site.site.storage?.mode, 3);
    await site.runFrom(300 / 60 + 0.02, () => flow.next('battery', 0, ({ state }) => state === 'safe'));
    const safe = flow.payloads('battery').findLast(({ state }) => state === 'safe') as Payload & { reason: Payload };
    assert.deepEqual([safe['setpointW'], safe.reason['code']], [0, 'meter-stale']);
    assert.deepEqual([site.site.storage?.mode, does()], [0, 0]);
    assert.deepEqual(flow.status('battery')?.fill, 'yellow');
    assert.match(flow.status('battery')?.text ?? '', /^safe \d+ %, meter-stale$/);
    assert.deepEqual(flow.caught, []);
    site.clock(7);
    assert.equal((await cycle())['setpointW'], 1000, 'and goes on when it speaks again');
    assert.equal(site.site.storage?.mode, 3);
  });

  it('takes a reading that never changes for as old as it is', async () => {
    await start();
    await cycle();
    const hung = { quality: 'estimated', powerW: 500, reasons: [{ code: 'unchanged', text: 'No value has changed.' }] };
    site.clock(2);
    assert.equal((await cycle(hung))['setpointW'], 1000, 'what hangs is not added up');
    site.clock(4);
    assert.equal((await cycle(hung))['setpointW'], 1000);
    site.clock(5.1);
    const safe = await cycle(hung);
    assert.deepEqual([safe['state'], safe.reason.code, site.site.storage?.mode], ['safe', 'meter-stale', 0]);
  });

  it('books no energy for a battery that shows what cannot be', async () => {
    await start();
    await cycle();
    site.fault(UNIT, 'wild');
    site.clock(2);
    const wild = await cycle();
    assert.deepEqual([wild['state'], wild.reason.code, does()], ['safe', 'battery-impossible', 0]);
    assert.match(flow.status('battery')?.text ?? '', /^safe 50 %, battery-impossible$/);
    const shown = flow.payloads('battery').filter(({ type }) => type === 'reading');
    assert.ok(
      shown.every(({ powerW }) => Math.abs(Number(powerW)) <= 5000),
      'nor is it told to anyone',
    );
    site.fault(UNIT, null);
    site.clock(14);
    await cycle();
    flow.send('battery', site.end(15));
    const record = await flow.next<Payload & { dischargeWh: number }>('battery', 1);
    assert.ok(record.dischargeWh <= 250, `${record.dischargeWh} Wh`);
  });

  it('watches the meter through a battery that is slow to answer', async () => {
    await start({}, { modbus: { timeoutSeconds: '0.3' } });
    await cycle();
    site.fault(UNIT, 'silence');
    flow.send('battery', reading());
    await sleep(50);
    site.clock(5.2);
    flow.community.resume();
    await sleep(60);
    site.fault(UNIT, null);
    await soon(
      () => site.site.storage?.mode === 0,
      () => 'the setpoint stands',
    );
    assert.equal(
      (await flow.next('battery', 0, (payload) => (payload['reason'] as Payload)?.['code'] === 'meter-stale'))['state'],
      'safe',
    );
  });

  it('gives the battery back at once for a reading that is missing or old', async () => {
    await start();
    for (const [more, code] of [
      [{ quality: 'missing', powerW: null, reasons: [{ code: 'no-answer', text: 'Silence.' }] }, 'meter-missing'],
      [{ quality: 'missing' }, 'meter-missing'],
      [{ at: START - 400_000 }, 'meter-stale'],
      [{ at: START + 400_000 }, 'meter-stale'],
    ] as const) {
      await cycle();
      assert.equal(site.site.storage?.mode, 3);
      const decision = await cycle(more);
      assert.deepEqual([decision['state'], decision.reason.code, site.site.storage?.mode], ['safe', code, 0]);
    }
  });

  it('gives the battery back when flows stop', async () => {
    await start();
    await cycle();
    assert.equal(site.site.storage?.mode, 3);
    await flow.stop();
    assert.deepEqual([site.site.storage?.mode, does()], [0, 0]);
    assert.deepEqual(flow.caught, []);
  });

  it('stops in the middle of a cycle without a word', async () => {
    await start({}, { modbus: { timeoutSeconds: '1' } });
    await cycle();
    site.fault(UNIT, 'silence');
    flow.send('battery', reading());
    await sleep(20);
    const before = performance.now();
    await flow.stop();
    assert.ok(performance.now() - before < 3500);
    assert.deepEqual(flow.caught, []);
    assert.deepEqual(
      flow.statuses.filter(({ status }) => status.fill === 'red'),
      [],
    );
  });

  it('says once that the battery is silent, and takes it over again', async () => {
    await start({}, { modbus: { timeoutSeconds: '0.3' } });
    await cycle();
    site.fault(UNIT, 'silence');
    const silent = await cycle();
    assert.deepEqual([silent['state'], silent.reason.code, silent['socPerMille']], ['safe', 'battery-missing', null]);
    assert.match(
      await flow.nextError('battery'),
      /^Error: the battery of home-01 cannot be read; it goes back to its own safe mode: unit 3 at .* did not answer within 300 ms; check 127\.0\.0\.1:\d+$/,
    );
    assert.deepEqual(flow.status('battery'), { fill: 'red', shape: 'ring', text: 'no answer' });
    await cycle();
    assert.equal(flow.caught.length, 1);
    site.fault(UNIT, null);
    await soon(
      async () => (await cycle())['setpointW'] === 1000,
      () => 'it is not taken over',
    );
    assert.equal(flow.status('battery')?.fill, 'green');
    // Nothing spoke for longer than the setpoint was good for.
    site.fault(UNIT, 'silence');
    site.clock(11);
    assert.equal(does(), 0);
  });

  it('does not believe a battery that takes no command', async () => {
    await start();
    site.fault(UNIT, 'frozen');
    assert.match(
      await flow.refused('battery', reading()),
      /^DeviceError: unit 3 at .* did not take the command: InOutWRte_RvrtTms shows 0 instead of 600$/,
    );
    assert.deepEqual(flow.status('battery'), { fill: 'red', shape: 'ring', text: 'does not follow 50 %' });
    const alarm = await cycle();
    assert.deepEqual([alarm['state'], alarm.reason.code], ['alarm', 'not-applied']);
    assert.equal(flow.caught.length, 1, 'it is said once');
    site.fault(UNIT, null);
    site.clock(1);
    assert.equal((await cycle())['setpointW'], 1000, 'it is tried again after a minute');
    assert.equal(flow.status('battery')?.fill, 'green');
  });

  it('is asked ever less often to take itself back, when it does not, and says so', async () => {
    await start();
    await cycle();
    site.fault(UNIT, 'not-applied');
    const decisions = () => flow.payloads('battery').filter(({ type }) => type === 'decision');
    const reasons = () => decisions().map(({ reason }) => reason as { code: string; text: string });
    for (let minute = 1; minute <= 7; minute++) {
      const before = decisions().length;
      site.clock(minute);
      await cycle({ powerW: null, quality: 'missing' });
      // What comes of the try is decided upon, too.
      await soon(
        () => decisions().length > before + 1,
        () => `nothing comes of try ${minute}`,
      );
    }
    assert.ok(reasons().findIndex(({ code }) => code === 'not-released') > 6);
    assert.match(
      reasons().find(({ code }) => code === 'not-released')?.text ?? '',
      /^The battery could not be given back to its own mode in 6 tries\. What it was told last ends by itself\.$/,
    );
    // A second one within the same minute is not made.
    const before = decisions().length;
    await cycle({ powerW: null, quality: 'missing' });
    await sleep(700);
    assert.equal(decisions().length, before + 1);
    assert.equal(flow.caught.length, 1, 'it is said once');
    assert.match(flow.caught[0]?.error.message ?? '', /did not take the command/);
    site.fault(UNIT, null);
    site.clock(9);
    await cycle({ powerW: null, quality: 'missing' });
    assert.equal(site.site.storage?.mode, 0);
  });

  it('raises the alarm for a battery that takes commands and does nothing', async () => {
    // The battery keeps 30 % for itself, and nobody told its owner.
    await start({ followSeconds: '60' }, { socPerMille: 300, battery: { ...battery, minSocPerMille: 300 } });
    await cycle();
    for (const minutes of [0.5, 1, 1.5]) {
      site.clock(minutes);
      await cycle();
    }
    const [alarm] = flow.payloads('battery').filter(({ state }) => state === 'alarm') as { reason?: Payload }[];
    assert.equal(alarm?.reason?.['code'], 'not-following');
    assert.equal(site.site.storage?.mode, 0);
    assert.match(
      await flow.nextError('battery'),
      /^Error: the battery of home-01 does not follow: The battery was told 1000 W and has shown 0 W for 60 s, so it is given back to its own mode\. It is tried again later; check 127\.0\.0\.1:\d+$/,
    );
    assert.equal(flow.status('battery')?.fill, 'red');
    site.clock(3);
    await cycle();
    assert.equal(site.site.storage?.mode, 3, 'it is tried again');
  });

  it('writes a setpoint once, and renews it at half of its validity', async () => {
    await start();
    await cycle();
    const until = () => (site.site.storage?.revertAt ?? 0) - START;
    assert.equal(until(), 600_000);
    site.clock(4.5);
    await cycle();
    assert.equal(until(), 600_000, 'nothing has changed, so nothing is written');
    site.clock(4.99);
    flow.community.resume();
    await soon(
      () => until() >= 899_000,
      () => `it is not renewed by itself: ${until()}`,
    );
    assert.equal(does(), 1000, 'the old reading is not taken for a new need');
    site.clock(5.1);
    const asked = await nextDecision({ type: 'manual', member: 'home-01', setpointW: null });
    assert.deepEqual([asked['setpointW'], does()], [1000, 1000]);
  });

  const manual = (setpointW: number | null, forSeconds = 600) => ({
    type: 'manual',
    member: 'home-01',
    setpointW,
    forSeconds,
  });
  const nextDecision = async (payload: object) => {
    const from = flow.payloads('battery').length;
    flow.send('battery', payload);
    return flow.next<Payload & { reason: Payload }>('battery', 0, ({ type }) => type === 'decision', { from });
  };

  it('does what the owner asks at once, until its end, also through a restart', async () => {
    await start();
    await cycle();
    const asked = await nextDecision(manual(-2000));
    assert.deepEqual([asked['setpointW'], asked.reason['code'], does()], [-2000, 'manual', -2000]);
    const { userDir } = flow;
    await site.stop();
    await start({}, { userDir, at: 5, community: { clock: 'simulated' } });
    await sleep(20);
    // A simulation without a ledger starts over, and what it remembers may lie ahead of it: here it does not.
    assert.equal((await cycle())['setpointW'], -2000);
    site.clock(10);
    assert.equal((await cycle()).reason.code, 'self-consumption');
    assert.equal((await nextDecision(manual(300)))['setpointW'], 300);
    assert.equal(
      (await nextDecision({ type: 'manual', member: 'home-01', setpointW: null })).reason['code'],
      'self-consumption',
    );
  });

  it('keeps a reserve that a message raises', async () => {
    await start();
    const kept = await nextDecision({ type: 'reserve', member: 'home-01', socPerMille: 500, forSeconds: 60 });
    assert.equal(kept.reason['code'], 'meter-missing', 'it waits for the meter');
    assert.deepEqual([(await cycle()).reason.code, does()], ['reserve', 0]);
    site.clock(1);
    assert.equal((await cycle())['setpointW'], 1000);
  });

  it('follows a plan where that was chosen, and own use where the plan ends', async () => {
    await start({ mode: 'plan' });
    assert.equal((await cycle()).reason.code, 'plan-missing');
    await tell({
      type: 'plan',
      member: 'home-01',
      madeAt: START,
      intervals: [{ interval: FIRST, mode: 'charge', maxChargeW: 1500 }],
    });
    const planned = await cycle();
    assert.deepEqual([planned['setpointW'], planned.reason.code, does()], [-1500, 'plan-limit', -1500]);
    site.clock(15);
    const after = await cycle();
    assert.deepEqual([after['setpointW'], after.reason.code], [1000, 'plan-missing']);
  });

  it('keeps limits per phase with a meter that tells its phases, and none without', async () => {
    await start({ mode: 'hold', phase: '2', peakPhaseKW: '0.4' });
    const phases = [0, 1000, 0].map((powerW) => ({ powerW }));
    const decision = await cycle({ phases });
    assert.deepEqual([decision['setpointW'], decision.reason.code], [600, 'peak-phase']);
    assert.equal((await cycle()).reason.code, 'phases-missing');
  });

  it('does what it did, when it was stored by version 1', async () => {
    const { mode, phase, minChargeC, maxChargeC, followSeconds, ...first } = batteryNode();
    assert.ok(mode && phase && minChargeC && maxChargeC && followSeconds);
    site = await startSiteFlow([{ ...first, id: 'battery', type: 'microgrid-battery', outputs: 2, configVersion: 1 }], {
      profile,
      battery,
    });
    flow = site.flow;
    assert.deepEqual([(await cycle())['setpointW'], flow.caught], [1000, []]);
  });

  it('records what it did in an interval, and why', async () => {
    await start();
    site.clock(0);
    await cycle();
    site.clock(5);
    await cycle();
    await cycle({ quality: 'missing' });
    site.clock(15);
    flow.send('battery', site.end(15));
    const record = await flow.next('battery', 1);
    assert.equal(flow.messages('battery', 1)[0]?.topic, 'home-01');
    const { setpoints, reasons, ...rest } = record as Payload & { setpoints: Payload[]; reasons: Payload[] };
    // 1000 W for five minutes, then nothing.
    assert.deepEqual(rest, {
      type: 'battery',
      member: 'home-01',
      interval: FIRST,
      chargeWh: 0,
      dischargeWh: 83,
      socPerMille: 487,
    });
    assert.deepEqual(
      setpoints.map(({ time, setpointW, code }) => [String(time).slice(11, 19), setpointW, code]),
      [
        ['06:00:00', 1000, 'self-consumption'],
        ['06:05:00', 0, 'meter-missing'],
      ],
    );
    assert.deepEqual(reasons, [
      { code: 'self-consumption', cycles: 2 },
      { code: 'meter-missing', cycles: 1 },
    ]);
    await tell({ type: 'interval', event: 'start', interval: FIRST });
    await tell({ type: 'interval', event: 'gate', interval: FIRST });
    assert.equal(flow.payloads('battery', 1).length, 1);
  });

  it('forgets the old epoch with a reset', async () => {
    await start();
    await tell(fills('home-01', 'buy', 250));
    flow.community.reset();
    flow.community.pause();
    site.clock(0);
    site.site.reset(START);
    assert.equal((await cycle())['positionWh'], 0);
    flow.send('battery', site.end(15));
    assert.deepEqual((await flow.next('battery', 1))['reasons'], [{ code: 'self-consumption', cycles: 1 }]);
  });

  describe('restarted in mid-interval', () => {
    const restart = async (at: number, options: Partial<SiteFlowOptions> = {}, more: object = {}) => {
      const { userDir } = flow;
      await site.stop();
      await start(more, { userDir, site: site.site, at, ...options });
    };
    const next = '2017-07-10T06:15Z';
    beforeEach(async () => {
      await start();
      await tell(fills('home-01', 'buy', 250));
      await tell(fills('home-01', 'sell', 75, next));
      assert.equal((await cycle())['positionWh'], 250);
      site.clock(7);
    });

    it('goes on with the position of the running interval, then with the next', async () => {
      await restart(7);
      const decision = await cycle();
      assert.deepEqual([decision['positionWh'], decision.reason.code], [250, 'position']);
      site.clock(15);
      assert.equal((await cycle())['positionWh'], -75);
    });

    it('does not bring back what is over, and takes what is told anew', async () => {
      await restart(16);
      await tell(fills('home-01', 'buy', 10, next));
      assert.equal((await cycle())['positionWh'], 10);
      // Nothing bought or sold is a position too.
      await tell(fills('home-01', 'buy', 0, next));
      await restart(17);
      assert.equal((await cycle())['positionWh'], 0);
      site.clock(1);
      assert.equal((await cycle())['positionWh'], 0);
    });

    it('leaves the position of another battery alone, and that of a simulation that starts over', async () => {
      await restart(7, {}, { id: 'other' });
      flow.send('other', reading());
      assert.equal((await flow.next('other', 0))['positionWh'], 0);
      await restart(-15);
      assert.equal((await cycle())['positionWh'], 0);
      site.clock(1);
      assert.equal((await cycle())['positionWh'], 0);
    });

    it('says that it starts afresh where the file is damaged', async () => {
      const file = join(flow.userDir, 'microgrid', 'batteries', 'sunny-street.example_home-01_battery.json');
      writeFileSync(file, '{');
      await restart(7);
      assert.equal((await cycle())['positionWh'], 0);
      assert.match(flow.log, /is damaged and is left aside; this node starts afresh/);
    });

    it('keeps to a position that cannot be saved, and says so', async () => {
      const folder = join(flow.userDir, 'microgrid', 'batteries');
      rmSync(folder, { recursive: true });
      writeFileSync(folder, '');
      assert.match(
        await flow.refused('battery', fills('home-01', 'buy', 90)),
        /the state of this node cannot be saved/,
      );
      assert.equal((await cycle())['positionWh'], 90);
    });
  });

  it('gives the battery back when the old epoch ended and no reading comes in the new one', async () => {
    await start();
    await cycle();
    flow.community.reset();
    await site.runFrom(5.03, () => flow.next('battery', 0, ({ state }) => state === 'safe'));
    assert.equal(site.site.storage?.mode, 0);
  });

  it('refuses what it cannot follow, and leaves the battery as it is', async () => {
    await start();
    await cycle();
    const cases: [unknown, RegExp][] = [
      [
        undefined,
        /^Error: this node expects msg\.payload\.type to be "reading" or "clearing" or "fills" or "plan" or "manual" or "reserve" or "interval", but it is undefined$/,
      ],
      ['x', /but it is undefined/],
      [{ type: 'meter' }, /but it is the text "meter"/],
      [reading({ powerW: '5' }), /^Error: the reading is malformed: powerW must be a number, but is the text "5"$/],
      [reading({ at: null }), /the reading is malformed: at must be a whole number/],
      [
        reading({ member: 'home-02' }),
        /^Error: this battery follows the grid meter of home-01, not a grid reading of home-02; check the wire$/,
      ],
      [reading({ role: 'pv' }), /not a pv reading of home-01; check the wire/],
      [
        { ...fills('home-01', 'buy', -5) },
        /the fills is malformed: .*wh must be a whole number of at least 0, but is -5/,
      ],
      [{ ...fills('home-01', 'buy', 5, 'soon') }, /interval must be a UTC quarter hour/],
      [{ ...clearing(FIRST, []), fills: 'none' }, /the clearing is malformed: fills/],
      [{ type: 'interval', event: 'end' }, /the interval is malformed: interval is missing/],
      [
        { type: 'manual', member: 'home-01', setpointW: 5 },
        /the manual is malformed: forSeconds is missing: say how long/,
      ],
      [{ ...manual(5), member: 'home-02' }, /this manual is for home-02, not for home-01; check the wire/],
      [
        { type: 'plan', member: 'home-01', madeAt: 1, intervals: [] },
        /the battery of home-01 does not follow a plan; choose the mode "plan" in this node/,
      ],
    ];
    for (const [payload, sentence] of cases) assert.match(await flow.refused('battery', payload), sentence);
    assert.equal(does(), 1000);
    assert.equal((await cycle())['setpointW'], 1000);
    assert.equal(flow.status('battery')?.fill, 'green');
  });

  it('refuses a configuration that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ member: '' }, /no member is chosen/],
      [{ modbus: 'member' }, /a microgrid-member stands where the Modbus host should be/],
      [{ device: 'abacus' }, /there is no device "abacus"/],
      [
        { device: 'eastron-sdm630' },
        /a eastron-sdm630 is no battery that can be told what to do; choose another device/,
      ],
      [{ capacityKWh: '0' }, /the capacity \(kWh\) must be between 0\.001 and 2000/],
      [{ maxChargeKW: '-1' }, /the charging power \(kW\) must be between 0/],
      [{ minSoc: '90', maxSoc: '10' }, /the charge may lie between 90 and 10 %, but must have 2 % of room; widen it/],
      [{ minSoc: '99' }, /the charge may lie between 99 and 100 %, but must have 2 % of room/],
      [{ maxSoc: '101' }, /the highest charge \(%\) must be between 0 and 100/],
      [{ mode: 'coffee' }, /the mode must be one of self-consumption, plan, peak-shaving, hold/],
      [{ mode: 'peak-shaving' }, /a battery that is kept ready for peaks needs a peak limit; set one/],
      [{ reserveSoc: '101' }, /the reserve \(%\) must be between 0 and 100/],
      [{ maxSoc: '90', reserveSoc: '91' }, /a reserve of 910 per mille cannot be kept/],
      [{ rampWPerSecond: '0' }, /the ramp \(W per second\) must be between 1 and/],
      [{ rampWPerSecond: 'x' }, /the ramp \(W per second\) must be a number/],
      [{ staleSeconds: '0' }, /the age of a stale reading \(seconds\) must be between 1/],
      [{ validSeconds: '65535' }, /the validity of a setpoint \(seconds\) must be between 1 and 65534/],
    ];
    for (const [fields, sentence] of cases) {
      await start(fields);
      assert.match(await flow.nextError('battery'), sentence, JSON.stringify(fields));
      assert.match(await flow.refused('battery', reading()), sentence);
      assert.equal(site.site.storage?.mode, 0);
      await site.stop();
    }
  });

  it('keeps a real battery out of simulated time', async () => {
    await start();
    await site.stop();
    const far = await startFlow([communityNode(), memberNode(), modbusNode(502, { host: '192.0.2.7' }), batteryNode()]);
    assert.match(
      await far.nextError('battery'),
      /192\.0\.2\.7:502 is not on this machine, but .* runs on a simulated clock/,
    );
    await far.stop();
  });
});
