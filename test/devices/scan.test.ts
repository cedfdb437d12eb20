// Scanning recorded SunSpec images: every point of every model, equal to what pysunspec2 makes of the same registers.
import assert from 'node:assert/strict';
import { type ScannedPoint, scan } from '../../src/devices/scan.ts';
import { ModbusError, type ModbusPort } from '../../src/modbus/port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { exceptionAnswer, frame, memoryPort, type RawPeer, rawPeer } from '../support/modbus-peers.ts';
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

describe('scan of devices that answer little at once', () => {
  const limits = [124, 100, 64, 50, 16, 7, 2];
  let peer: RawPeer;
  let port: ModbusPort;
  beforeEach(async () => {
    peer = await rawPeer();
    port = openTcpPort({ host: '127.0.0.1', port: peer.port, timeoutMs: 60, maxBackoffMs: 0 });
  });
  afterEach(async () => {
    await port.close();
    await peer.stop();
  });

  for (const refusal of ['exception 2', 'exception 3', 'silence']) {
    for (const most of refusal === 'silence' ? [64, 16] : limits) {
      it(`shows the same of one that answers ${most} registers, and more with ${refusal}`, async function () {
        this.timeout(20_000);
        const { registers, models } = recordedImage(this, 'three_phase_inverter_int');
        const asked: number[] = [];
        peer.behave = (request, socket) => {
          const [at, count] = [request.readUInt16BE(8) - 40_000, request.readUInt16BE(10)];
          asked.push(count);
          const words = registers.slice(Math.max(0, at), at + count);
          if (at < 0 || words.length < count) socket.write(exceptionAnswer(request, 2));
          else if (count <= most) socket.write(frame(request, bytesOf(words)));
          else if (refusal !== 'silence') socket.write(exceptionAnswer(request, Number(refusal.slice(-1))));
        };
        compareModels((await scan(port, 1)).models, models);
        const refused = asked.filter((count) => count > most);
        assert.ok(refused.length <= 7, `it asked for too much ${refused.length} times: ${refused}`);
      });
    }
  }

  it('keeps what a model has whose registers end early', async () => {
    // 713 says that it has 7 registers, and has 5.
    const registers = [0x5375, 0x6e53, 713, 7, 100, 90, 900, 1000, 3];
    const { models } = await scan(memoryPort([{ base: 0, registers }]), 1);
    const { WHRtg, SoH, Pct_SF } = models[0]!.points;
    assert.deepEqual(
      [WHRtg, SoH, Pct_SF].map((point) => (point as ScannedPoint).raw),
      [100, 1000, null],
    );
  });

  it('gives up on a device that answers nothing any more', async () => {
    const registers = [0x5375, 0x6e53, 713, 7, 100, 90, 900, 1000, 3, 0, 0, 0xffff, 0];
    const memory = memoryPort([{ base: 40_000, registers }]);
    const { readHolding } = memory;
    const dying = { ...memory };
    dying.readHolding = (unit, address, count) =>
      count > 2 || address === 40_002 + 0
        ? Promise.reject(new ModbusError('timeout', 'silent'))
        : readHolding(unit, address, count);
    await assert.rejects(scan(dying, 1), { code: 'timeout' });
  });
});

const bytesOf = (words: readonly number[]): Buffer =>
  Buffer.from([words.length * 2, ...words.flatMap((word) => [word >> 8, word & 0xff])]);

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
