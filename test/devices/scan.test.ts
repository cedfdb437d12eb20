// Scanning recorded SunSpec images: every point of every model, equal to what pysunspec2 makes of the same registers.
import assert from 'node:assert/strict';
import { findUnits, scan } from '../../src/devices/scan.ts';
import { exceptionError, ModbusError } from '../../src/modbus/port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { libmodbusTcp, needPrograms, pymodbusTcp, type TcpPeer } from '../support/peers.ts';
import { compareModels, recordedImage, SUNSPEC_IMAGES } from '../support/sunspec-image.ts';

describe('scan', () => {
  for (const name of SUNSPEC_IMAGES) {
    for (const base of [40_000, 50_000, 0]) {
      it(`shows ${name} at ${base} as pysunspec2 does`, async function () {
        const { registers, models } = recordedImage(this, name);
        const found = await scan(memoryPort([{ base, registers }]), 1);
        assert.equal(found.base, base);
        compareModels(found.models, models);
      });
    }
  }

  it('names a model that it does not know, and goes on', async () => {
    const registers = [0x5375, 0x6e53, 64_001, 2, 7, 8, 713, 7, 100, 90, 900, 1000, 3, 0xffff, 0xffff, 0xffff, 0];
    const { models } = await scan(memoryPort([{ base: 0, registers }]), 1);
    assert.deepEqual(models[0], { id: 64_001, offset: 2, length: 2, name: 'unknown', points: {} });
    assert.deepEqual(models[1]?.points['WHRtg'], { raw: 100, value: 10, unit: 'WH' });
  });

  it('gives no value where the scale factor cannot be, and the figure as it stands where there is none', async () => {
    for (const [factor, value] of [
      [0xffff, 10],
      [0x8000, 100],
      [11, null],
      [0xfff4, null],
    ] as const) {
      const registers = [0x5375, 0x6e53, 713, 7, 100, 90, 900, 1000, 3, factor, 0xffff, 0xffff, 0];
      const { models } = await scan(memoryPort([{ base: 0, registers }]), 1);
      assert.equal(
        models[0]?.points['WHRtg'] && 'value' in models[0].points['WHRtg'] ? models[0].points['WHRtg'].value : 0,
        value,
      );
    }
  });

  it('takes the end of the registers for the end of a map, and leaves out what would lie beyond all of them', async () => {
    const open = [0x5375, 0x6e53, 713, 7, 100, 90, 900, 1000, 3, 0, 0];
    assert.deepEqual(
      (await scan(memoryPort([{ base: 0, registers: open }]), 1)).models.map(({ id }) => id),
      [713],
    );
    const beyond = [...open, 802, 65_000];
    const found = await scan(memoryPort([{ base: 40_000, registers: beyond }]), 1);
    assert.deepEqual(
      found.models.map(({ id }) => id),
      [713],
    );
  });

  it('believes no count that does not fit the length of the model', async () => {
    // 714 with 60000 ports in no registers at all.
    const registers = [0x5375, 0x6e53, 714, 18, 0, 0, 60_000, ...new Array<number>(15).fill(0), 0xffff, 0];
    const { models } = await scan(memoryPort([{ base: 0, registers }]), 1);
    assert.deepEqual(models[0]?.points['Prt'], []);
  });
});

describe('scan of real servers', () => {
  const servers = [
    ['libmodbus', libmodbusTcp],
    ['pymodbus', pymodbusTcp],
  ] as const;
  for (const [program, start] of servers) {
    for (const name of SUNSPEC_IMAGES) {
      it(`reads ${name} from ${program} as pysunspec2 does`, async function () {
        needPrograms(this, program);
        this.timeout(20_000);
        const { registers, models } = recordedImage(this, name);
        const server: TcpPeer = await start({ unit: 1, holding: { 40000: registers } });
        const port = openTcpPort({ host: server.host, port: server.port });
        try {
          compareModels((await scan(port, 1)).models, models);
        } finally {
          await port.close();
          await server.close();
        }
      });
    }
  }
});

describe('findUnits', () => {
  it('tells who answers, in SunSpec or not, and tells of every unit asked', async function () {
    const { registers, models } = recordedImage(this, 'three_phase_inverter_int');
    const port = memoryPort([{ unit: 3, base: 40_000, registers }]);
    const answers = port.readHolding;
    port.readHolding = async (unit, address, count) => {
      if (unit === 1) throw new ModbusError('timeout', 'unit 1 did not answer');
      if (unit === 2) throw exceptionError('unit 2', 11);
      return answers(unit, address, count);
    };
    const seen: number[] = [];
    const found = await findUnits(port, [1, 2, 3, 4], (unit) => seen.push(unit));
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.deepEqual(
      found.map(({ unit, sunspec }) => [unit, sunspec?.models]),
      [
        [3, models.map(({ id }) => id)],
        [4, undefined],
      ],
    );
    assert.equal(found[0]?.sunspec?.vendor, models[0]?.values_scaled['Mn']);
  });

  it('knows a busy unit from nobody, and ends when its port is closed', async () => {
    const port = memoryPort([]);
    port.readHolding = (unit) => Promise.reject(exceptionError(`unit ${unit}`, unit === 1 ? 6 : 10));
    assert.deepEqual(await findUnits(port, [1, 2], () => {}), [{ unit: 1, sunspec: null }]);
    const closed = { ...port, state: 'closed' as const };
    closed.readHolding = () => Promise.reject(new ModbusError('closed', 'closed on this side'));
    await assert.rejects(
      findUnits(closed, [1], () => {}),
      /closed on this side/,
    );
  });

  it('ends when the host cannot be reached', async () => {
    const port = memoryPort([]);
    port.readHolding = () => Promise.reject(new ModbusError('refused', 'nobody there'));
    await assert.rejects(
      findUnits(port, [1, 2], () => {}),
      /nobody there/,
    );
  });
});
