// Finding the units of a line: by SunSpec at any base, by the registers in which they name themselves, also where they are
// silent about what they do not have; within a time.
import assert from 'node:assert/strict';
import { catalogue, deviceById } from '../../src/devices/catalogue-store.ts';
import { type FindOptions, findUnits, usualUnits } from '../../src/devices/find.ts';
import { exceptionError, ModbusError, type ModbusPort } from '../../src/modbus/port.ts';
import { openSerialPort } from '../../src/modbus/rtu-port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { constantModel } from '../../src/simulation/constant-model.ts';
import { DescribedUnit } from '../../src/simulation/virtual-unit.ts';
import { memoryPort } from '../support/modbus-peers.ts';
import { libmodbusRtu, needPrograms, pymodbusTcp } from '../support/peers.ts';
import { recordedImage } from '../support/sunspec-image.ts';
import { virtualPort } from '../support/virtual-port.ts';

const options = (more: Partial<FindOptions> = {}): FindOptions => ({
  catalogue: catalogue(),
  ...more,
});
const find = (port: ModbusPort, units: readonly number[], more?: Partial<FindOptions>) =>
  findUnits(port, units, options(more));
/** A memory port that is silent about what it does not have. */
const silently = (images: Parameters<typeof memoryPort>[0]) => {
  const port = memoryPort(images);
  const { readHolding, readInput } = port;
  const hush = (error: unknown) => {
    throw error instanceof ModbusError ? new ModbusError('timeout', 'silent') : error;
  };
  port.readHolding = (unit, address, count) => readHolding(unit, address, count).catch(hush);
  port.readInput = (unit, address, count) => readInput(unit, address, count).catch(hush);
  return port;
};
const map = [0x5375, 0x6e53, 203, 2, 0, 0, 0xffff, 0];

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
    const seen: number[][] = [];
    const found = await find(port, [1, 2, 3, 4], {
      asking: (unit, place, total, round) => round === 1 && seen.push([unit, place, total, round]) > 0,
    });
    assert.deepEqual(seen, [
      [1, 1, 4, 1],
      [2, 2, 4, 1],
      [3, 3, 4, 1],
      [4, 4, 4, 1],
    ]);
    assert.deepEqual(
      found.map(({ unit, sunspec, identity }) => [unit, sunspec?.base, sunspec?.models, identity]),
      [
        [3, 40_000, models.map(({ id }) => id), null],
        [4, undefined, undefined, null],
      ],
    );
    assert.equal(found[0]?.sunspec?.vendor, models[0]?.values_scaled['Mn']);
  });

  for (const base of [40_000, 50_000, 0]) {
    it(`finds a map at ${base} of a unit that is silent everywhere else`, async () => {
      const [found] = await find(silently([{ unit: 7, base, registers: map }]), [6, 7]);
      assert.deepEqual([found?.unit, found?.sunspec?.base, found?.sunspec?.models], [7, base, [203]]);
    });
  }

  it('asks silent units something else, the most telling first, until it is told to end', async () => {
    const rounds: number[] = [];
    const port = silently([{ unit: 2, base: 0, registers: map }]);
    const search = (most: number) => {
      rounds.length = 0;
      return find(port, [1, 2], { asking: (_unit, _place, _total, round) => rounds.push(round) <= most });
    };
    assert.deepEqual(await search(2), []);
    assert.deepEqual(rounds, [1, 1, 2]);
    assert.deepEqual(await search(5), []);
    assert.deepEqual(rounds, [1, 1, 2, 2, 3, 3]);
    assert.equal((await search(6))[0]?.unit, 2);
  });

  it('asks on a unit that was silent once a question is answered, and lets one be that falls silent', async () => {
    // Unit 5 answers 50000 with an exception and nothing else at all.
    const port = memoryPort([]);
    let asked = 0;
    port.readHolding = (_unit, address) => {
      asked += 1;
      return Promise.reject(address === 50_000 ? exceptionError('unit 5', 2) : new ModbusError('timeout', 'silent'));
    };
    port.readInput = port.readHolding;
    assert.deepEqual(await find(port, [5]), [{ unit: 5, sunspec: null, identity: null }]);
    assert.equal(asked, 5, '40000, 50000, and three more');
  });

  it('takes a map that it cannot read to its end for somebody there', async () => {
    const port = memoryPort([{ base: 40_000, registers: map }]);
    const { readHolding } = port;
    port.readHolding = (unit, address, count) =>
      address === 40_006 ? Promise.reject(new ModbusError('timeout', 'silent')) : readHolding(unit, address, count);
    const [found] = await find(port, [1]);
    assert.deepEqual([found?.unit, found?.sunspec], [1, null]);
  });

  const named: readonly [device: string, table: 'holding' | 'input', address: number, words: readonly number[]][] = [
    // Registers as the sources have them, not as the files do.
    ['eastron-sdm630', 'holding', 0xfc02, [0x0070, 0]],
    ['eastron-sdm630', 'holding', 0xfc02, [121, 0]],
    ['eastron-sdm120', 'holding', 0xfc02, [0x0020, 0]],
    ['eastron-sdm72v2', 'holding', 0xfc02, [137, 0]],
    ['eastron-sdm72', 'holding', 0xfc02, [0x0084, 0]],
    ['carlo-gavazzi-em24', 'holding', 11, [72]],
    ['carlo-gavazzi-em112', 'holding', 11, [104]],
    ['carlo-gavazzi-em340', 'holding', 11, [341]],
    ['carlo-gavazzi-em24-e1', 'holding', 11, [1651]],
    ['abb-b23', 'holding', 0x8960, [0x4232, 0x3320]],
    ['abb-b21', 'holding', 0x8960, [16_946, 0x3120]],
    // SPEM-003CEBEU, low byte first
    ['shelly-pro-3em', 'input', 6, [0x5053, 0x4d45, 0x302d, 0x3330, 0x4543, 0x4542, 0x5545, 0, 0, 0]],
    ['shelly-pro-3em', 'input', 6, [0x5350, 0x454d, 0x2d30, 0x3033, 0x4345, 0x4245, 0x5500, 0, 0, 0]],
    // recorded: SUN2000-8KTL-M1
    [
      'huawei-sun2000-battery',
      'holding',
      30_000,
      [21333, 20018, 12336, 12333, 14411, 21580, 19501, 19761, 0, 0, 0, 0, 0, 0, 0],
    ],
    ['sungrow-sh-battery', 'input', 4999, [0xe03]],
    ['goodwe-et', 'holding', 35_011, [0x4757, 0x3130, 0x4b2d, 0x4554, 0x2020]],
  ];
  for (const [device, table, address, words] of named) {
    for (const make of [memoryPort, silently]) {
      it(`knows ${device} by ${words.slice(0, 2)} at ${address}${make === silently ? ', else silent' : ''}`, async () => {
        const [found] = await find(make([{ unit: 9, table, base: address, registers: words }]), [9]);
        assert.ok(found?.identity?.devices.includes(device), JSON.stringify(found));
        assert.equal(found?.identity?.confirmed, deviceById(device).identity?.confirmed);
        assert.equal(found?.identity?.address, address);
      });
    }
  }

  for (const description of catalogue().filter(({ identity }) => identity)) {
    it(`finds the virtual ${description.id}`, async () => {
      const unit = new DescribedUnit(description, constantModel(description, 0), () => 0);
      const [found] = await find(
        virtualPort(new Map([[1, unit]]), () => 0),
        [1],
      );
      assert.ok(found?.identity?.devices.includes(description.id), JSON.stringify(found));
      const places = new Set(
        description.sources.map(({ url }) => new URL(url).pathname.split('/').slice(1, 3).join('/')),
      );
      if (description.identity?.confirmed) assert.ok(places.size >= 2, 'who confirms it?');
    });
  }

  it('names nobody by a number that no device of the catalogue shows', async () => {
    const registers = new Array<number>(60).fill(0);
    const [found] = await find(
      memoryPort([
        { base: 0xfc02, registers },
        { base: 0, registers },
      ]),
      [1],
    );
    assert.deepEqual(found, { unit: 1, sunspec: null, identity: null });
  });

  it('asks an Eastron for an even number of registers, as it refuses others', async () => {
    const port = memoryPort([{ base: 0xfc00, registers: [1, 2, 0x70, 5] }]);
    await find(port, [1]);
    assert.ok(port.log.includes('holding 1 64514 2'));
  });

  it('knows a busy unit from nobody, and ends when its port is closed', async () => {
    const port = memoryPort([]);
    port.readHolding = (unit) => Promise.reject(exceptionError(`unit ${unit}`, unit === 1 ? 6 : 10));
    port.readInput = port.readHolding;
    assert.deepEqual(await find(port, [1, 2]), [{ unit: 1, sunspec: null, identity: null }]);
    const closed = { ...port, state: 'closed' as const };
    closed.readHolding = () => Promise.reject(new ModbusError('closed', 'closed on this side'));
    await assert.rejects(find(closed, [1]), /closed on this side/);
  });

  it('ends when the host cannot be reached', async () => {
    const port = memoryPort([]);
    port.readHolding = () => Promise.reject(new ModbusError('refused', 'nobody there'));
    await assert.rejects(find(port, [1, 2]), /nobody there/);
  });

  it('lists the units at which devices are often found', () => {
    const units = usualUnits(catalogue());
    for (const unit of [1, 71, 100, 126, 200, 240, 247]) assert.ok(units.includes(unit), String(unit));
    assert.ok(units.every((unit) => unit >= 1 && unit <= 247));
  });
});

describe('findUnits on real servers', () => {
  it('finds an Eastron behind a pseudo-terminal by its meter code', async function () {
    needPrograms(this, 'libmodbus', 'socat');
    const peer = await libmodbusRtu({ unit: 1, holding: { 64512: [0, 7, 0x70, 3] } });
    const port = openSerialPort({ path: peer.path, timeoutMs: 500 });
    try {
      const [found] = await find(port, [1]);
      assert.deepEqual([found?.identity?.shows, found?.identity?.devices], [0x70, ['eastron-sdm630']]);
    } finally {
      await port.close();
      await peer.close();
    }
  });

  it('finds SunSpec at 0, and meters beside it, on pymodbus', async function () {
    needPrograms(this, 'pymodbus');
    const peer = await pymodbusTcp([
      { unit: 2, holding: { 0: map } },
      { unit: 3, holding: { 11: [341] } },
    ]);
    const port = openTcpPort({ host: peer.host, port: peer.port });
    try {
      const found = await find(port, [2, 3]);
      assert.deepEqual(
        found.map(({ unit, sunspec, identity }) => [unit, sunspec?.base, identity?.devices]),
        [
          [2, 0, undefined],
          [3, undefined, ['carlo-gavazzi-em340']],
        ],
      );
    } finally {
      await port.close();
      await peer.close();
    }
  });
});
