// The reading node: what other nodes give becomes what a meter node sends, on both outputs, with the same gate before it.
import assert from 'node:assert/strict';
import { readPayload } from '../../../nodes/shared/messages.ts';
import { crcArc } from '../../../src/sources/crc16.ts';
import { INTERVAL_MS, intervalAt } from '../../../src/time/interval.ts';
import {
  communityNode,
  memberNode,
  newUserDir,
  type Payload,
  type RunningFlow,
  readingNode,
  removeUserDirs,
  soon,
  startFlow,
} from '../../support/flow.ts';
import { sleep } from '../../support/node-red.ts';
import { type Entry, smlFile } from '../../support/sml.ts';

const START = Date.parse('2017-07-10T06:00Z');
const MINUTE = 60_000;

function telegram({
  time = '170710080000S',
  taken = '000004.426',
  given = '000002.444',
  plus = '00.244',
  minus = '00.000',
} = {}): Buffer {
  const lines = [
    '/EXA5 test',
    '',
    '1-3:0.2.8(50)',
    `0-0:1.0.0(${time})`,
    `1-0:1.8.1(${taken}*kWh)`,
    '1-0:1.8.2(000002.399*kWh)',
  ];
  const rest = [
    `1-0:2.8.1(${given}*kWh)`,
    '1-0:2.8.2(000000.000*kWh)',
    `1-0:1.7.0(${plus}*kW)`,
    `1-0:2.7.0(${minus}*kW)`,
    '!',
  ];
  const text = [...lines, ...rest].join('\r\n');
  return Buffer.from(`${text}${crcArc(Buffer.from(text)).toString(16).toUpperCase().padStart(4, '0')}\r\n`);
}

describe('microgrid-reading', () => {
  let flow: RunningFlow;
  let stopped = true;
  const clock = (minutes: number) => {
    flow.community.pause();
    flow.community.resumeAt(START + minutes * MINUTE);
  };
  const start = async (more: object = {}, options: object = {}) => {
    flow = await startFlow([communityNode(), memberNode(), readingNode(more)], options);
    stopped = false;
    clock(0);
    await sleep(5);
    return flow;
  };
  const stop = async () => {
    if (!stopped) await flow.stop();
    stopped = true;
  };
  afterEach(stop);
  after(removeUserDirs);

  const read = async (payload: unknown): Promise<Payload> => {
    const from = flow.payloads('reading').length;
    flow.send('reading', payload);
    return flow.next('reading', 0, () => true, { from });
  };
  const end = (minutes: number) => ({
    type: 'interval',
    event: 'end',
    interval: intervalAt(START + minutes * MINUTE - INTERVAL_MS),
  });
  const energies = () =>
    flow
      .payloads('reading', 1)
      .map(({ interval, importWh, exportWh, quality }) => [
        String(interval).slice(11, 16),
        importWh,
        exportWh,
        quality,
      ]);
  const COUNTERS = { power: 'payload.w', importEnergy: 'payload.in', exportEnergy: 'payload.out' };

  for (const version of ['5', '4.1'] as const) {
    it(`sends what a meter node sends (Node-RED ${version})`, async () => {
      await start(COUNTERS, { version });
      const first = await read({ w: 600, in: '10.5', out: 2 });
      assert.deepEqual(first, {
        type: 'reading',
        member: 'home-01',
        role: 'grid',
        device: 'fields',
        at: START,
        powerW: 600,
        importWh: 10_500,
        exportWh: 2000,
        quality: 'measured',
        reasons: [],
      });
      readPayload(first, 'reading');
      assert.deepEqual(flow.status('reading'), { fill: 'green', shape: 'dot', text: '600 W' });
      clock(15);
      flow.send('reading', end(15));
      await read({ w: -800, in: 10.65, out: 2.001 });
      const energy = await flow.next('reading', 1);
      assert.deepEqual(energy, {
        type: 'meter',
        member: 'home-01',
        interval: '2017-07-10T06:00Z',
        importWh: 150,
        exportWh: 1,
        importCounterWh: 10_650,
        exportCounterWh: 2001,
        quality: 'measured',
        reason: null,
      });
      assert.equal(flow.messages('reading')[0]?.topic, 'home-01');
      assert.deepEqual(flow.caught, []);
    });
  }

  it('finds values by expression and as fixed numbers', async () => {
    await start({
      power: '$sum(payload.phases.w) / 1000',
      powerType: 'jsonata',
      powerUnit: 'kW',
      sign: 'reversed',
      importEnergy: 'payload["total"]',
      energyUnit: 'J',
      exportEnergy: '0',
      exportEnergyType: 'num',
    });
    const { powerW, importWh, exportWh } = await read({ phases: [{ w: 500 }, { w: 730 }], total: 7_200_001 });
    assert.deepEqual([powerW, importWh, exportWh], [-1230, 2000, 0]);
  });

  it('integrates power where there is no counter, says estimated, and fills no gap', async () => {
    await start();
    for (let minute = 0; minute <= 32; minute += 2) {
      clock(minute);
      await read(minute < 16 ? 600 : -1200);
    }
    clock(45);
    await read(100);
    clock(46);
    await read(100);
    await soon(
      () => flow.payloads('reading', 1).length === 3,
      () => 'no three intervals',
    );
    assert.deepEqual(energies(), [
      ['06:00', 150, 0, 'estimated'],
      ['06:15', 0, 300, 'estimated'],
      ['06:30', null, null, 'missing'],
    ]);
    const second = flow.payloads('reading', 1)[1] ?? {};
    assert.equal((second['reason'] as Payload)['code'], 'integrated');
    assert.equal(second['importCounterWh'], null);
    readPayload(second, 'meter');
  });

  it('keeps what it integrated across a restart, and tells the last energies again', async () => {
    const userDir = newUserDir();
    await start({}, { userDir });
    for (const minute of [0, 4, 8, 12, 15, 18]) {
      clock(minute);
      await read(1000);
    }
    assert.deepEqual(energies(), [['06:00', 250, 0, 'estimated']]);
    await stop();
    flow = await startFlow([communityNode({ start: '2017-07-10T06:15Z' }), memberNode(), readingNode()], { userDir });
    stopped = false;
    clock(20);
    await soon(
      () => flow.payloads('reading', 1).length === 1,
      () => 'not told again',
    );
    for (const minute of [22, 26, 30]) {
      clock(minute);
      await read(1000);
    }
    assert.deepEqual(energies(), [
      ['06:00', 250, 0, 'estimated'],
      ['06:15', 250, 0, 'estimated'],
    ]);
  });

  it('gives an interval up as missing when no message comes, and says once that the source is silent', async () => {
    await start(COUNTERS);
    await read({ w: 1, in: 1, out: 1 });
    clock(15);
    await read({ w: 1, in: 1, out: 1 });
    flow.send('reading', end(15));
    clock(30);
    flow.send('reading', end(30));
    await sleep(5);
    clock(40.01);
    flow.community.resume();
    assert.match(
      await flow.nextError('reading'),
      /^Error: the grid meter of home-01 has sent nothing for 300 s; check what is wired here$/,
    );
    await soon(
      () => flow.payloads('reading', 1).length === 2,
      () => 'not given up',
    );
    flow.community.pause();
    assert.deepEqual(energies()[1], ['06:15', null, null, 'missing']);
    const silent = flow.payloads('reading').at(-1) ?? {};
    assert.deepEqual(
      [silent['quality'], silent['powerW'], (silent['reasons'] as Payload[])[0]?.['code']],
      ['missing', null, 'no-message'],
    );
    assert.deepEqual(flow.status('reading'), { fill: 'red', shape: 'ring', text: 'silent for 300 s' });
    await read({ w: 5, in: 1, out: 1 });
    assert.equal(flow.status('reading')?.fill, 'green');
    assert.equal(flow.caught.length, 1);
  });

  it('goes by the power while no counter was seen, and by the counters from then on', async () => {
    await start(COUNTERS);
    for (const minutes of [0, 5, 10]) {
      clock(minutes);
      const reading = await read({ w: 1200, in: 'unavailable', out: null });
      assert.deepEqual(
        [reading['powerW'], reading['quality'], reading['counterQuality']],
        [1200, 'measured', 'missing'],
      );
      assert.deepEqual(flow.status('reading'), { fill: 'yellow', shape: 'dot', text: '1.2 kW, no counter' });
    }
    clock(15);
    flow.send('reading', end(15));
    await read({ w: 1200, in: 'unavailable', out: null });
    assert.deepEqual(energies(), [['06:00', 300, 0, 'estimated']]);
    clock(16);
    await read({ w: 1200, in: 10, out: 2 });
    clock(30);
    await read({ w: 1200, in: 10.28, out: 2 });
    clock(45);
    await read({ w: 1200, in: 10.58, out: 2 });
    assert.deepEqual(energies().slice(1), [
      ['06:15', null, null, 'missing'],
      ['06:30', 300, 0, 'measured'],
    ]);
    const [first, second] = flow.payloads('reading', 1).map(({ reason }) => (reason as Payload | null)?.['code']);
    assert.deepEqual([first, second], ['integrated', 'started-within']);
  });

  it('waits for a counter that one message lacks, and measures with the next', async () => {
    await start(COUNTERS);
    await read({ w: 1200, in: 10, out: 2 });
    clock(15);
    flow.send('reading', end(15));
    const half = await read({ w: 1200, in: 10.3, out: null });
    assert.deepEqual([half['importWh'], half['exportWh'], half['quality']], [10_300, null, 'measured']);
    assert.deepEqual(energies(), []);
    clock(15.1);
    await read({ w: 1200, in: 10.302, out: 2 });
    assert.deepEqual(energies(), [['06:00', 300, 0, 'measured']]);
  });

  it('passes the quality gate: age, order, counters, connection', async () => {
    await start({ ...COUNTERS, time: 'payload.at' });
    const code = async (payload: object) => {
      const { quality, reasons } = await read(payload);
      return [quality, (reasons as Payload[])[0]?.['code']];
    };
    clock(10);
    const at = START / 1000 + 600;
    assert.deepEqual(await code({ w: 100, in: 5, out: 1, at: at - 20 }), ['measured', undefined]);
    assert.equal(flow.payloads('reading').at(-1)?.['at'], (at - 20) * 1000);
    assert.deepEqual(await code({ w: 100, in: 5, out: 1, at: at - 30 }), ['missing', 'out-of-order']);
    assert.deepEqual(await code({ w: 100, in: 5, out: 1, at: new Date(at * 1000 - 61_000).toISOString() }), [
      'missing',
      'stale',
    ]);
    assert.deepEqual(await code({ w: 26_000, in: 5, out: 1, at }), ['missing', 'power-beyond-connection']);
    assert.deepEqual(await code({ w: 100, in: 4, out: 1, at }), ['estimated', 'counter-backwards']);
    assert.deepEqual(await code({ w: 100, in: 500, out: 1, at }), ['estimated', 'counter-jump']);
    assert.deepEqual(await code({ w: 100, in: 'unavailable', out: null, at }), ['measured', 'not-given']);
    assert.deepEqual(flow.caught, []);
  });

  it('reads P1 telegrams in chunks of any size, by their own time or by that of their arrival', async () => {
    await start({ source: 'p1' });
    const bytes = telegram();
    for (let from = 0; from < bytes.length; from += 37) flow.send('reading', bytes.subarray(from, from + 37));
    const first = await flow.next('reading', 0);
    assert.deepEqual(
      [first['device'], first['at'], first['powerW'], first['importWh'], first['exportWh'], first['quality']],
      ['p1', START, 244, 6825, 2444, 'measured'],
    );
    clock(15);
    flow.send('reading', end(15));
    const next = telegram({
      time: '170710081500S',
      taken: '000004.500',
      given: '000002.445',
      plus: '00.000',
      minus: '01.5',
    });
    const second = await read(next.toString('latin1'));
    assert.equal(second['powerW'], -1500);
    const { importWh, exportWh, quality } = await flow.next('reading', 1);
    assert.deepEqual([importWh, exportWh, quality], [74, 1, 'measured']);
    const stale = await read(telegram({ time: '170710080000S' }));
    assert.equal(stale['quality'], 'missing');
    await stop();
    await start({ source: 'p1', clock: 'arrival', property: 'payload.bytes' });
    const late = await read({ bytes: telegram({ time: '991231235959W' }) });
    assert.deepEqual([late['at'], late['quality']], [START, 'measured']);
  });

  it('reads SML files, a roof by what it feeds in, and a meter without a counter of export', async () => {
    const taken = (value: number): Entry => ({ name: '1-0:1.8.0', unit: 30, scaler: -1, value: [value, 5, false] });
    const power: Entry = { name: '1-0:16.7.0', unit: 27, scaler: 0, value: [1200, 4, true] };
    const entries: Entry[] = [taken(100_009), { ...power, value: [-1200, 4, true] }];
    const given: Entry = { name: '1-0:2.8.0', unit: 30, scaler: -1, value: [55_000, 5, false] };
    await start({ source: 'sml', role: 'pv' });
    const roof = await read(smlFile('ISK', [...entries, given]));
    assert.deepEqual(
      [roof['device'], roof['powerW'], roof['exportWh'], roof['quality']],
      ['sml', 1200, 5500, 'measured'],
    );
    clock(15);
    await read(smlFile('ISK', [...entries, { ...given, value: [57_500, 5, false] }]));
    const { type, generationWh } = await flow.next('reading', 1);
    assert.deepEqual([type, generationWh], ['energy', 250]);
    await stop();
    for (const [exportCounter, quality] of [
      ['missing', 'missing'],
      ['zero', 'measured'],
    ] as const) {
      await start({ source: 'sml', exportCounter });
      await read(smlFile('ISK', [taken(100_009), power]));
      clock(15);
      await read(smlFile('ISK', [taken(103_009), power]));
      assert.equal((await flow.next('reading', 1))['quality'], quality);
      await stop();
    }
  });

  it('refuses what is damaged with a sentence and a red status, and reads on', async () => {
    await start({ source: 'p1' });
    const damaged = telegram();
    damaged[60] = 0x39;
    assert.match(await flow.refused('reading', damaged), /a P1 telegram is damaged: its checksum is/);
    assert.match(
      await flow.refused('reading', 5),
      /msg\.payload must be a buffer or text, as a serial or TCP node sends it, but is 5/,
    );
    assert.match(await flow.refused('reading', undefined), /msg\.payload must be a buffer or text/);
    assert.match(
      await flow.refused('reading', Buffer.alloc(2_000_000)),
      /has 2000000 bytes, more than any meter sends/,
    );
    assert.match(
      await flow.refused('reading', Buffer.alloc(20_000, 'x')),
      /There was no P1 telegram in 16384 bytes; check the source/,
    );
    assert.deepEqual(flow.payloads('reading'), []);
    // A good one and a damaged one in the same chunk: the good one counts, the other is told.
    assert.match(await flow.refused('reading', Buffer.concat([telegram(), damaged])), /damaged/);
    assert.equal(flow.payloads('reading')[0]?.['quality'], 'measured');
    assert.equal((await read(telegram()))['quality'], 'measured');
    assert.equal(flow.status('reading')?.fill, 'green');
  });

  it('refuses messages without what is sought, and values that are none', async () => {
    await start({ ...COUNTERS, exportEnergy: '0', exportEnergyType: 'num' });
    const cases: [unknown, RegExp][] = [
      [
        { volts: 230 },
        /the message has nothing of what is sought in it: power at payload\.w, importEnergy at payload\.in/,
      ],
      [null, /the message has nothing of what is sought/],
      ['on', /the message has nothing of what is sought/],
      [{ w: 'much' }, /the power must be a number, but is the text "much"/],
      [{ w: { value: 5 } }, /the power must be a number, but is an object/],
      [{ type: 'interval', event: 'end', interval: 'now' }, /the interval is malformed/],
    ];
    for (const [payload, sentence] of cases) assert.match(await flow.refused('reading', payload), sentence);
    assert.deepEqual(flow.payloads('reading'), []);
    assert.equal((await read({ w: 5, in: 1 }))['quality'], 'measured');
    await stop();
    await start({ power: '$error("no")', powerType: 'jsonata' });
    assert.match(await flow.refused('reading', 1), /the expression "\$error\("no"\)" failed: /);
  });

  it('forgets the old epoch with a reset', async () => {
    await start(COUNTERS);
    await read({ w: 1, in: 100, out: 0 });
    flow.community.reset();
    clock(0);
    await sleep(10);
    assert.deepEqual((await read({ w: 1, in: 5, out: 0 }))['quality'], 'measured');
    assert.deepEqual(flow.caught, []);
  });

  it('refuses a configuration that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ member: '' }, /no member is chosen/],
      [{ powerType: 'none' }, /neither power nor a counter is chosen/],
      [{ power: '' }, /neither power nor a counter is chosen; open this node/],
      [{ power: 'a[' }, /"a\[" is no property of a message/],
      [{ power: '(', powerType: 'jsonata' }, /"\(" is no JSONata expression/],
      [{ power: 'x', powerType: 'num' }, /"x" is no number/],
      [{ powerType: 'flow' }, /how the power is found must be one of none, msg, jsonata, num/],
      [{ source: 'modbus' }, /the source must be one of fields, p1, sml/],
      [{ energyUnit: 'cal' }, /the unit of energy must be one of Wh, kWh, MWh, J/],
      [{ connectionKW: '0' }, /what the connection carries \(kW\) must be between/],
    ];
    for (const [fields, sentence] of cases) {
      flow = await startFlow([communityNode(), memberNode(), readingNode(fields)]);
      assert.match(await flow.nextError('reading'), sentence, JSON.stringify(fields));
      assert.match(await flow.refused('reading', 1), sentence);
      await flow.stop();
    }
  });
});
