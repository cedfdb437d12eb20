// The moments of a community's day as messages: order, lead times, and a clock that is paused, sped up, reset or jumps.
import assert from 'node:assert/strict';
import { intervalAt } from '../../../src/time/interval.ts';
import {
  communityNode,
  intervalNode,
  memberNode,
  type Payload,
  type RunningFlow,
  removeUserDirs,
  soon,
  startFlow,
  type Version,
} from '../../support/flow.ts';
import { sleep } from '../../support/node-red.ts';

const START = Date.parse('2017-07-10T06:00Z');
const time = (clock: string) => Date.parse(`2017-07-10T${clock}Z`);
const MINUTE = 60_000;

describe('microgrid-interval', () => {
  let flow: RunningFlow;
  const start = async (more: object = {}, version: Version = '5') => {
    flow = await startFlow([communityNode(more), intervalNode()], { version });
    // The first start has been told once the community is ready.
    await flow.next('interval', 0);
  };
  afterEach(() => flow.stop());
  after(removeUserDirs);

  /** Everything told so far, as `hh:mm event hh:mm`, in the order of the clock and of the outputs end, start, gate. */
  const told = () =>
    [2, 0, 1]
      .flatMap((output) => flow.payloads('interval', output))
      .map(({ event, interval, time: at }) => ({
        at: Date.parse(String(at)),
        event: String(event),
        interval: String(interval),
      }))
      .sort((a, b) => a.at - b.at)
      .map(
        ({ at, event, interval }) => `${new Date(at).toISOString().slice(11, 16)} ${event} ${interval.slice(11, 16)}`,
      );
  const clocks = () => flow.payloads('interval', 3);
  /** Stops the clock at a moment; what is due until then comes first. */
  const jump = async (to: number) => {
    flow.community.pause();
    flow.community.resumeAt(to);
    flow.community.resume();
    for (let [before, still] = [-1, 0]; still < 5; still += 1) {
      await sleep(6);
      if (before !== told().length) [before, still] = [told().length, 0];
    }
    flow.community.pause();
  };

  for (const version of ['5', '4.1'] as const) {
    it(`tells each moment on its own output (Node-RED ${version})`, async () => {
      await start({ speed: '18000' }, version);
      await flow.next('interval', 2, ({ interval }) => interval === '2017-07-10T06:15Z');
      flow.community.pause();
      const [first, ...rest] = flow.payloads('interval', 0);
      assert.equal(first?.['interval'], '2017-07-10T06:00Z');
      assert.ok(
        Date.parse(String(first?.['time'])) < time('06:15'),
        'the running interval is told once, when it runs already',
      );
      assert.deepEqual(rest[0], {
        type: 'interval',
        event: 'start',
        interval: '2017-07-10T06:15Z',
        time: '2017-07-10T06:15:00.000Z',
        bidding: '2017-07-10T06:30Z',
      });
      assert.deepEqual(flow.payloads('interval', 1)[0], {
        type: 'interval',
        event: 'gate',
        interval: '2017-07-10T06:15Z',
        time: '2017-07-10T06:10:00.000Z',
        bidding: '2017-07-10T06:30Z',
      });
      assert.deepEqual(flow.payloads('interval', 2)[0], {
        type: 'interval',
        event: 'end',
        interval: '2017-07-10T06:00Z',
        time: '2017-07-10T06:15:00.000Z',
        bidding: '2017-07-10T06:30Z',
      });
      assert.deepEqual(flow.messages('interval', 1)[0]?.topic, '2017-07-10T06:15Z');
      assert.deepEqual(told().slice(1, 7), [
        '06:10 gate 06:15',
        '06:15 end 06:00',
        '06:15 start 06:15',
        '06:25 gate 06:30',
        '06:30 end 06:15',
        '06:30 start 06:30',
      ]);
      assert.match(flow.status('interval')?.text ?? '', /^\d\d:\d\dZ (x18000|paused)$/);
    });
  }

  it('tells a gate that coincides with a start after it', async () => {
    flow = await startFlow([
      communityNode({ gateLeadMinutes: '0' }),
      intervalNode({ wires: [['all'], ['all'], ['all'], []], outputs: 0 }),
      { id: 'all', type: 'test-recorder', outputs: 0, x: 1, y: 1, z: 'tab' },
    ]);
    await sleep(20);
    await jump(time('06:15'));
    const all = flow.kept('all').map(({ event, interval }) => `${event} ${String(interval).slice(11, 16)}`);
    assert.deepEqual(all, ['start 06:00', 'end 06:00', 'start 06:15', 'gate 06:15']);
  });

  it('offers no interval whose gate has closed', async () => {
    await start({ gateLeadMinutes: '14' });
    assert.equal(flow.payloads('interval', 0)[0]?.['bidding'], '2017-07-10T06:15Z');
    await jump(time('06:01'));
    assert.deepEqual(told().at(-1), '06:01 gate 06:15');
    assert.equal(flow.payloads('interval', 1)[0]?.['bidding'], '2017-07-10T06:30Z');
  });

  it('stands still when paused, goes on at the same place, at another pace', async () => {
    await start({ speed: '3600' });
    flow.send('interval', { command: 'pause' });
    const paused = await flow.next('interval', 3, (payload) => payload['paused'] === true);
    assert.deepEqual([paused['speed'], paused['epoch'], paused['simulated'], paused.type], [0, 1, true, 'clock']);
    assert.deepEqual(flow.status('interval')?.fill, 'grey');
    assert.match(flow.status('interval')?.text ?? '', /^06:\d\dZ paused$/);
    const before = told();
    await sleep(150);
    assert.deepEqual(told(), before);
    assert.equal(flow.community.clock.now(), paused['now']);
    flow.send('interval', { command: 'speed', speed: 36_000 });
    flow.send('interval', { command: 'resume' });
    const resumed = await flow.next('interval', 3, (payload) => payload['speed'] === 36_000);
    assert.ok(Number(resumed['now']) - Number(paused['now']) < 600_000);
    await flow.next('interval', 1, () => true, { from: before.filter((text) => text.includes('gate')).length });
    assert.deepEqual(flow.caught, []);
  });

  it('makes up for a jump ahead, moment by moment, but not for more than a day', async () => {
    await start();
    await jump(START + 2 * 3_600_000);
    const made = told();
    assert.equal(made.length, 1 + 3 * 8, made.join('\n'));
    assert.equal(made.at(-1), '08:00 start 08:00');
    assert.deepEqual(flow.caught, []);
    await jump(START + 30 * 3_600_000);
    assert.match(
      await flow.nextError('interval'),
      /the clock jumped ahead by 28 hours; the gates between were skipped/,
    );
    assert.equal(told().length, made.length);
    await jump(START + 30 * 3_600_000 + 10 * MINUTE);
    assert.equal(told().at(-1), '12:10 gate 12:15');
  });

  it('begins a new epoch with a reset, and forgets the old one', async () => {
    await start();
    await jump(time('06:14'));
    const before = told().length;
    flow.send('interval', { command: 'reset' });
    const clock = await flow.next('interval', 3, (payload) => payload['epoch'] === 2);
    assert.ok(Number(clock['now']) - START < 5000);
    await flow.next('interval', 0, () => true, { from: 1 });
    const again = flow.payloads('interval', 0).at(-1);
    assert.equal(again?.['interval'], '2017-07-10T06:00Z');
    await sleep(50);
    assert.equal(told().length, before + 1, 'nothing of the old epoch is told any more');
    await jump(time('06:10'));
    assert.equal(told().filter((text) => text === '06:10 gate 06:15').length, 2);
  });

  it('tells the real time', async () => {
    const before = Date.now();
    await start({ clock: 'real' });
    const [first] = flow.payloads('interval', 0) as (Payload & { time: string })[];
    const at = Date.parse(first?.time ?? '');
    assert.ok(at >= before && at <= Date.now());
    assert.equal(first?.['interval'], intervalAt(at));
    assert.deepEqual([clocks()[0]?.['simulated'], clocks()[0]?.['speed']], [false, 1]);
    assert.match(flow.status('interval')?.text ?? '', /^\d\d:\d\dZ$/);
    for (const command of ['pause', 'resume', 'reset']) {
      assert.match(
        await flow.refused('interval', { command }),
        new RegExp(`real clock, so nobody can ${command} it; choose the simulated clock`),
      );
    }
    assert.match(await flow.refused('interval', { command: 'speed', speed: 5 }), /nobody can change the speed of it/);
  });

  it('refuses every other input, and keeps the clock it has', async () => {
    await start();
    const form =
      /msg\.payload must be \{"command": \.\.\.\} with pause, resume, reset, or speed and a number as "speed", but is (an object|the text "pause"|5|null|undefined|a list)$/;
    for (const payload of [
      'pause',
      5,
      null,
      undefined,
      [],
      {},
      { command: 'stop' },
      { command: 'speed' },
      { command: 'speed', speed: '5' },
      { command: 'speed', speed: Number.NaN },
      { command: ['pause'] },
    ]) {
      assert.match(await flow.refused('interval', payload), form, JSON.stringify(payload));
    }
    for (const speed of [0, -1, 100_001, 1e300, Number.POSITIVE_INFINITY]) {
      assert.match(
        await flow.refused('interval', { command: 'speed', speed }),
        /a clock's speed must be above 0 and at most 100000, but is/,
      );
    }
    assert.equal(flow.community.clock.speed, 1);
    await soon(
      () => flow.caught.length === 16,
      () => String(flow.caught.length),
    );
    await jump(time('06:10'));
    assert.equal(told().at(-1), '06:10 gate 06:15');
    await flow.nextStatus('interval', ({ fill }) => fill !== 'red');
  });

  it('refuses a community that is none, or is not there', async () => {
    for (const [community, sentence] of [
      ['', /no community is chosen/],
      ['gone', /no community is chosen/],
      ['member', /a microgrid-member stands where the community should be/],
    ] as const) {
      flow = await startFlow([communityNode(), memberNode(), intervalNode({ community })]);
      assert.match(await flow.nextError('interval'), sentence);
      assert.match(await flow.refused('interval', { command: 'pause' }), sentence);
      assert.equal(flow.community.paused, false);
      await flow.stop();
    }
  });

  it('keeps still once it is closed', async () => {
    await start({ speed: '18000' });
    await flow.stop();
    const before = told().length;
    await sleep(120);
    assert.equal(told().length, before);
  });
});
