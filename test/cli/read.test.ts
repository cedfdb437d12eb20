// `microgrid read` and `microgrid devices`, against virtual devices over real Modbus TCP.
import assert from 'node:assert/strict';
import * as devicesCommand from '../../src/cli/devices.ts';
import { type ExitCode, InputError, type Io } from '../../src/cli/io.ts';
import * as readCommand from '../../src/cli/read.ts';
import { catalogue, deviceById } from '../../src/devices/catalogue-store.ts';
import { encodeBlock } from '../../src/devices/codec.ts';
import { blockOf } from '../../src/devices/description.ts';
import { SiteRun } from '../../src/simulation/site-run.ts';
import { serveVirtualDevices, type VirtualDevices } from '../../src/simulation/virtual-devices.ts';
import { libmodbusRtu, needPrograms } from '../support/peers.ts';

const at = Date.parse('2017-07-10T06:15Z');

async function run(
  command: { run(args: readonly string[], io: Io): Promise<ExitCode> },
  ...args: string[]
): Promise<{ code: ExitCode; out: string; err: string }> {
  let [out, err] = ['', ''];
  const io: Io = {
    stdin: (async function* () {})(),
    stdout: {
      write(text) {
        out += text;
      },
    },
    stderr: {
      write(text) {
        err += text;
      },
    },
    readFile: () => Promise.reject(new Error('no files here')),
    now: () => at,
    random: (count) => new Uint8Array(count),
  };
  return { code: await command.run(args, io), out, err };
}

describe('microgrid read', () => {
  let server: VirtualDevices;
  let address: string;

  before(async () => {
    const site = new SiteRun(
      {
        profile: () => ({ loadWh: 300, pvWh: 100 }),
        battery: { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 },
        start: at - 900_000,
        socPerMille: 432,
      },
      () => at,
    );
    server = await serveVirtualDevices(site);
    address = `127.0.0.1:${server.port}`;
  });
  after(() => server.close());

  it('prints one JSON document', async () => {
    const { code, out, err } = await run(readCommand, '--json', '--device', 'eastron-sdm630', '--tcp', address);
    assert.deepEqual([code, err], [0, '']);
    const { phases, ...rest } = JSON.parse(out) as { phases: unknown[] };
    assert.deepEqual(rest, {
      device: 'eastron-sdm630',
      at,
      powerW: 800,
      importWh: 200,
      exportWh: 0,
      frequencyHz: 50,
      quality: 'measured',
      reasons: [],
    });
    assert.equal(phases.length, 3);
    const battery = await run(
      readCommand,
      '--json',
      '--device',
      'sunspec-battery-124',
      '--unit',
      '3',
      '--tcp',
      address,
    );
    assert.equal((JSON.parse(battery.out) as { soc: number }).soc, 43.2);
  });

  it('prints a short text', async () => {
    const { out } = await run(readCommand, '--device', 'sunspec-battery-124', '--unit=3', `--tcp=${address}`);
    assert.match(out, /^SunSpec Battery .*, 2017-07-10T06:15:00.000Z, measured\n/);
    assert.match(out, /\n {2}charge +43\.2 %\n/);
  });

  it('says what keeps a device from being read, exit 1', async () => {
    const wrong = await run(readCommand, '--device', 'sunspec-inverter-103', '--tcp', address, '--unit', '1');
    assert.equal(wrong.code, 1);
    assert.match(wrong.err, /^microgrid: unit 1 at 127\.0\.0\.1:\d+ has no SunSpec map.*\n$/);
    server.setFault(1, 'silence');
    const silent = await run(readCommand, '--device', 'eastron-sdm630', '--tcp', address, '--timeout', '50', '--json');
    assert.deepEqual([silent.code, silent.out], [1, '']);
    assert.match(silent.err, /did not answer within 50 ms/);
    server.setFault(1, null);
  });

  it('refuses wrong options', async () => {
    const device = ['--device', 'eastron-sdm630'];
    for (const args of [
      [],
      device,
      ['--tcp', address],
      [...device, '--tcp', ''],
      [...device, '--tcp', 'a:b:c'],
      [...device, '--tcp', 'host:0'],
      [...device, '--tcp', 'host:65536'],
      [...device, '--tcp', address, '--unit', '256'],
      [...device, '--tcp', address, '--unit', 'x'],
      [...device, '--tcp', address, '--timeout', '0'],
    ]) {
      await assert.rejects(run(readCommand, ...args), InputError, args.join(' '));
    }
    await assert.rejects(run(readCommand, '--device', 'nothing', '--tcp', address), /there is no device "nothing"/);
    await assert.rejects(run(readCommand, '--nonsense'));
    await assert.rejects(run(readCommand, ...device, '--tcp', address, '--rtu', '/dev/ttyUSB0'), /not both/);
    await assert.rejects(run(readCommand, ...device, '--baud', '9600'), /give --rtu PATH/);
    await assert.rejects(run(readCommand, ...device, '--rtu', '/dev/ttyUSB0', '--baud', '9'), /--baud must be/);
  });

  it('says in one sentence that there is no such line', async () => {
    const { code, out, err } = await run(readCommand, '--device', 'eastron-sdm630', '--rtu', '/dev/no-such-line');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^microgrid: .*\/dev\/no-such-line.*\n$/);
  });

  it('reads over a serial line, from a server of libmodbus', async function () {
    needPrograms(this, 'libmodbus', 'socat');
    this.timeout(20_000);
    const description = deviceById('eastron-sdm630');
    const block = blockOf(description, 'measured');
    const registers = encodeBlock(block, { power: -1234.5, import: 81.25, export: 1234.5, voltageL1: 230.5 });
    const line = await libmodbusRtu({ unit: 1, input: { 0: registers } }, { baud: 19_200 });
    try {
      const { code, out, err } = await run(
        readCommand,
        ...['--device', 'eastron-sdm630', '--rtu', line.path, '--baud', '19200', '--json'],
      );
      assert.equal(code, 0, err);
      const reading = JSON.parse(out) as Record<string, unknown>;
      assert.deepEqual(
        [reading['powerW'], reading['importWh'], reading['exportWh'], reading['quality']],
        [-1234.5, 81_250, 1_234_500, 'measured'],
      );
    } finally {
      await line.close();
    }
  });
});

describe('microgrid devices', () => {
  it('lists the catalogue', async () => {
    const json = await run(devicesCommand, '--json');
    const rows = JSON.parse(json.out) as { id: string; control: boolean; confirmed: boolean; transports: string[] }[];
    assert.deepEqual(
      rows.map(({ id }) => id),
      catalogue().map(({ id }) => id),
    );
    assert.equal(rows.find(({ id }) => id === 'sunspec-battery-124')?.control, true);
    assert.equal(rows.find(({ id }) => id === 'sunspec-der-battery')?.control, false, 'a single source is not enough');
    for (const { id, transports } of rows) assert.ok(transports.length > 0, id);
    const text = await run(devicesCommand);
    assert.equal(text.out.trimEnd().split('\n').length, catalogue().length);
    assert.equal(text.code, 0);
  });
});
