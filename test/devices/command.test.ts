// Commands of every shape a device may want, on made-up devices: what is written, what is refused, and what the registers
// show to have been told.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { block, type PointRow } from '../../src/devices/block.ts';
import type { Control } from '../../src/devices/description.ts';
import { openDevice } from '../../src/devices/device.ts';
import { exceptionError } from '../../src/modbus/port.ts';
import { DescribedUnit } from '../../src/simulation/virtual-unit.ts';
import { manualTimers } from '../support/manual-timers.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { testDevice } from '../support/test-device.ts';
import { virtualPort } from '../support/virtual-port.ts';

const rw = { writable: true };
const measured = block('measured', 'input', [['power', 0, 'int16', 'W']]);

function battery(rows: readonly PointRow[], control: Partial<Control>) {
  return testDevice({
    kind: 'battery',
    blocks: [measured, block('control', 'holding', rows)],
    reading: { powerW: { block: 'measured', point: 'power' } },
    control: {
      block: 'control',
      storage: 'volatile',
      fallback: { by: 'nothing', limit: 'It stops when full.' },
      setpoint: [],
      release: [],
      confirmed: true,
      ...control,
    },
  });
}

/** Mode, then one power without sign. */
const byDirection = battery(
  [
    ['mode', 100, 'uint16', '', rw],
    ['watts', 101, 'uint16', 'W', { ...rw, scale: 1, range: [0, 3000] }],
  ],
  {
    fallback: { by: 'watchdog', seconds: 30 },
    setpoint: [
      {
        points: { mode: { from: 'direction', charge: 2, discharge: 3, idle: 1 }, watts: { from: 'power' } },
        when: 'always',
      },
    ],
    release: [{ points: { mode: { from: 'constant', value: 0 } }, when: 'different' }],
  },
);
const ports = (words: number[]) =>
  memoryPort([
    { base: 100, registers: words },
    { table: 'input', base: 0, registers: [0] },
  ]);
const writes = (port: ReturnType<typeof ports>) => port.log.filter((line) => !/^(holding|input)/.test(line));

describe('commands', () => {
  it('by direction and power, cut to the range and rounded towards zero', async () => {
    const port = ports([0, 0]);
    const device = openDevice(port, 1, byDirection);
    const driven = await device.set(-1239, 600);
    const counted = { writes: 1, persistentWrites: 0, readBack: true };
    assert.deepEqual(driven, { setpointW: -1230, validForSeconds: 30, ...counted });
    assert.equal((await device.set(9999, 600)).setpointW, 3000);
    assert.deepEqual(writes(port), ['write 1 100 2,123', 'write 1 100 3,300']);
    assert.deepEqual(await device.release(), { ...driven, setpointW: null, validForSeconds: null });
  });

  it('that come to nothing are told as rest, not as a direction without power', async () => {
    const port = ports([3, 100]);
    assert.equal((await openDevice(port, 1, byDirection).set(-9, 600)).setpointW, 0);
    assert.deepEqual(writes(port), ['write 1 100 1,0']);
  });

  it('with a power for each direction, in kW, and a validity in minutes', async () => {
    const description = battery(
      [
        ['charge', 100, 'uint32', 'kW', { ...rw, scale: -3, lowWordFirst: true }],
        ['discharge', 102, 'float32', 'kW', rw],
        ['minutes', 104, 'uint16', 'min', rw],
        ['on', 105, 'uint16', '', rw],
      ],
      {
        fallback: { by: 'timer', maxSeconds: 3600 },
        setpoint: [
          { points: { charge: { from: 'charge' }, discharge: { from: 'discharge' } }, when: 'always' },
          { points: { minutes: { from: 'validity' } }, when: 'always', single: true },
          { points: { on: { from: 'constant', value: 1 } }, when: 'different', single: true },
        ],
        release: [{ points: { on: { from: 'constant', value: 0 } }, when: 'different', single: true }],
      },
    );
    const port = ports([0, 0, 0, 0, 0, 0]);
    const device = openDevice(port, 1, description);
    const { setpointW, validForSeconds } = await device.set(-70_000, 150);
    assert.deepEqual([setpointW, validForSeconds], [-70_000, 120]);
    assert.deepEqual(writes(port), ['write 1 100 4464,1,0,0', 'single 1 104 2', 'single 1 105 1']);
    assert.equal((await device.set(1500, 86_400)).validForSeconds, 3600);
    assert.equal((await device.set(1500, 10)).validForSeconds, 60);
    assert.equal((await device.set(1500, 60)).setpointW, 1500);
  });

  it('below what a device takes are refused before anything is written', async () => {
    const description = battery([['watts', 100, 'int16', 'W', { ...rw, range: [100, 5000] }]], {
      setpoint: [{ points: { watts: { from: 'setpoint', times: 1 } }, when: 'always' }],
    });
    const port = ports([0]);
    await assert.rejects(openDevice(port, 1, description).set(50, 60), {
      code: 'out-of-range',
      message: /takes 100 to 5000 W/,
    });
    await assert.rejects(openDevice(port, 1, description).set(-50, 60), { code: 'out-of-range' });
    assert.deepEqual(writes(port), []);
    assert.equal((await openDevice(port, 1, description).set(150, 60)).setpointW, 150);
  });

  it('take their range and full scale from the device', async () => {
    const description = battery(
      [
        ['least', 100, 'int16', '%'],
        ['most', 101, 'int16', '%'],
        ['full', 102, 'uint16', 'W', { scale: 1 }],
        ['percent', 103, 'int16', '%', { ...rw, scale: -1, range: ['least', 'most'] }],
      ],
      { setpoint: [{ points: { percent: { from: 'setpoint', times: -1, percentOf: 'full' } }, when: 'always' }] },
    );
    const port = ports([65_536 - 50, 80, 500, 0]);
    const device = openDevice(port, 1, description);
    assert.equal((await device.set(-5000, 60)).setpointW, -4000);
    assert.equal((await device.set(5000, 60)).setpointW, 2500);
    assert.equal((await device.set(1234, 60)).setpointW, 1230);
  });

  it('to what cannot be read are told as written, and not as read back', async () => {
    const description = battery([['watts', 100, 'int32', 'W', { ...rw, writeOnly: true }]], {
      setpoint: [{ points: { watts: { from: 'setpoint', times: -1 } }, when: 'different' }],
    });
    const port = ports([0, 0]);
    const driven = await openDevice(port, 1, description).set(-700, 60);
    assert.deepEqual(driven, {
      setpointW: -700,
      validForSeconds: null,
      writes: 1,
      persistentWrites: 0,
      readBack: false,
    });
    assert.deepEqual(port.log, ['write 1 100 0,700']);
  });

  it('are read back where another point shows them', async () => {
    const description = battery(
      [
        ['watts', 100, 'int16', 'W', { ...rw, readBack: 'shown' }],
        ['shown', 101, 'int32', 'W', { scale: -1 }],
      ],
      { setpoint: [{ points: { watts: { from: 'setpoint', times: 1 } }, when: 'always' }] },
    );
    const port = ports([0, 0, 0]);
    port.onWrite = () => port.registers.set('holding 1 102', 5000);
    assert.equal((await openDevice(port, 1, description).set(500, 60)).setpointW, 500);
    const timers = manualTimers();
    const failing = assert.rejects(openDevice(port, 1, description, { timers }).set(600, 60), {
      code: 'not-applied',
      message: /shown shows 0 5000 instead of 600/,
    });
    await passAll(timers);
    await failing;
  });

  it('give a device a moment to show them', async () => {
    const port = ports([0, 0]);
    const plain = port.readHolding;
    let late = 2;
    port.readHolding = async (...args) => {
      const words = await plain(...args);
      return port.log.some((line) => line.startsWith('write')) && late-- > 0 ? [0, 0] : words;
    };
    const timers = manualTimers();
    const driving = openDevice(port, 1, byDirection, { timers }).set(500, 60);
    await passAll(timers);
    assert.equal((await driving).setpointW, 500);
  });

  it('wear a register only when it changes, and say so', async () => {
    const lasting = battery([['watts', 100, 'int16', 'W', rw]], {
      storage: 'persistent',
      setpoint: [{ points: { watts: { from: 'setpoint', times: 1 } }, when: 'always' }],
    });
    const port = ports([0]);
    const device = openDevice(port, 1, lasting);
    assert.equal((await device.set(300, 60)).persistentWrites, 1);
    assert.equal((await device.set(300, 60)).writes, 0);
    assert.equal((await device.set(301, 60)).persistentWrites, 1);
  });

  it('are written once to a device that says it is still at it, again to one that is busy', async () => {
    for (const [exception, times] of [
      [5, 1],
      [6, 2],
    ] as const) {
      const port = ports([0, 0]);
      const plain = port.writeRegisters;
      let failures = 1;
      port.writeRegisters = async (...args) => {
        if (exception === 5 || failures === 0) await plain(...args);
        else port.log.push('write refused');
        if (failures-- > 0) throw exceptionError('unit 1', exception);
      };
      const timers = manualTimers();
      const driving = openDevice(port, 1, byDirection, { timers }).set(500, 60);
      await passAll(timers);
      assert.equal((await driving).setpointW, 500);
      assert.equal(writes(port).length, times, `exception ${exception}`);
    }
  });

  it('stand on two sources, or are refused', async () => {
    const { control, ...rest } = byDirection;
    const single = { ...rest, control: { ...control!, confirmed: false } };
    const port = ports([0, 0]);
    await assert.rejects(openDevice(port, 1, single).set(100, 60), { code: 'no-control' });
    await assert.rejects(openDevice(port, 1, single).release(), { code: 'no-control' });
    const unseen = { ...byDirection, confirmed: false };
    await assert.rejects(openDevice(port, 1, unseen).set(100, 60), /is read stands in a single source/);
    assert.deepEqual(port.log, []);
    assert.equal((await openDevice(port, 1, single, { allowUnconfirmed: true }).set(100, 60)).setpointW, 100);
  });

  it('never exceed what was asked, never turn round, and mean to the device what they meant to us', async () => {
    const signed = battery([['watts', 100, 'int16', 'W', { ...rw, scale: 2 }]], {
      setpoint: [{ points: { watts: { from: 'setpoint', times: -1 } }, when: 'always' }],
    });
    const model = { ratedW: 5000, advance: () => {}, state: () => ({ powerW: 0 }) };
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -20_000, max: 20_000 }),
        fc.constantFrom(byDirection, signed),
        async (watts, description) => {
          const unit = new DescribedUnit(description, model, () => 0);
          const { setpointW } = await openDevice(
            virtualPort(new Map([[1, unit]]), () => 0),
            1,
            description,
          ).set(watts, 60);
          assert.ok(setpointW !== null && Math.abs(setpointW) <= Math.abs(watts));
          assert.ok(setpointW === 0 || Math.sign(setpointW) === Math.sign(watts));
          assert.equal(unit.command.setpointW, setpointW);
        },
      ),
      { numRuns: 200 },
    );
  });
});

async function passAll(timers: ReturnType<typeof manualTimers>): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    timers.pass(1000);
  }
}
