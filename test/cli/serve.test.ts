// `microgrid serve` as a process of its own: another program reads what it serves, and it ends when it is told to.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import { openDevice } from '../../src/devices/device.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { runCommand } from '../support/command.ts';
import { mbpoll, needPrograms, ptyPair } from '../support/peers.ts';
import { needSharedData } from '../support/shared-data.ts';
import { projectRoot } from '../support/source.ts';

describe('microgrid serve', function () {
  this.timeout(30_000);
  let child: ChildProcess | null = null;
  afterEach(() => child?.kill('SIGKILL'));

  const serve = async (...args: string[]): Promise<string> => {
    child = spawn(process.execPath, [join(projectRoot, 'src/cli/main.ts'), 'serve', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const early = once(child, 'exit').then(() => assert.fail('it ended before it listened'));
    early.catch(() => {});
    const [line] = await Promise.race([once(createInterface({ input: child.stdout! }), 'line'), early]);
    return String(line);
  };
  const end = async (): Promise<unknown> => {
    child?.kill('SIGTERM');
    return (await once(child!, 'exit'))[0];
  };
  const listening = async (...args: string[]) =>
    JSON.parse(await serve(...args, '--json')) as { device: string; host: string; port: number; unit: number };

  it('is a battery that follows', async () => {
    const { device, host, port, unit } = await listening('--device', 'sunspec-battery-124', '--tcp', '127.0.0.1:0');
    assert.deepEqual([device, host, unit], ['sunspec-battery-124', '127.0.0.1', 1]);
    const line = openTcpPort({ host, port });
    const battery = openDevice(line, unit, deviceById(device));
    assert.equal((await battery.set(-1500, 60)).setpointW, -1500);
    assert.equal((await battery.read(Date.now)).powerW, -1500);
    await line.close();
    assert.equal(await end(), 0);
  });

  it('is a battery like a real one, where that is asked for', async () => {
    const { device, host, port, unit } = await listening(
      ...['--device', 'sunspec-battery-124', '--tcp', '127.0.0.1:0', '--battery', 'real'],
    );
    const line = openTcpPort({ host, port });
    const battery = openDevice(line, unit, deviceById(device));
    assert.equal((await battery.set(1500, 60)).setpointW, 1500);
    assert.equal((await battery.read(Date.now)).powerW, 1500);
    await line.close();
    assert.equal(await end(), 0);
    const { code, err } = await runCommand(['serve', '--device', device, '--tcp', '127.0.0.1:0', '--battery', 'lead']);
    assert.equal(code, 2);
    assert.match(err, /--battery is ideal or real, not "lead"/);
  });

  it('shows a recording to `microgrid read`', async function () {
    const image = needSharedData(this, 'devices/sunspec/three_phase_inverter_int.regs.json');
    const { host, port } = await listening(
      '--device',
      'sunspec-inverter-103',
      '--tcp',
      '127.0.0.1:0',
      '--image',
      image,
    );
    const { code, out } = await runCommand([
      ...['read', '--device', 'sunspec-inverter-103', '--tcp', `${host}:${port}`, '--json'],
    ]);
    assert.deepEqual([code, JSON.parse(out).powerW], [0, -10_130]);
    assert.equal(await end(), 0);
  });

  it('serves on a terminal', async function () {
    needPrograms(this, 'mbpoll', 'socat');
    const pair = await ptyPair();
    try {
      assert.match(
        await serve('--device', 'eastron-sdm630', '--rtu', pair.b, '--unit', '9'),
        /^eastron-sdm630 listens on .*, unit 9$/,
      );
      const args = [
        '-m',
        'rtu',
        '-b',
        '9600',
        '-P',
        'none',
        '-0',
        '-a',
        '9',
        '-t',
        '3:float',
        '-B',
        '-r',
        '52',
        '-c',
        '1',
      ];
      assert.deepEqual([...(await mbpoll(...args, pair.a)).values()], ['750']);
      assert.equal(await end(), 0);
    } finally {
      await pair.close();
    }
  });

  for (const [args, problem] of [
    [[], /--device is missing/],
    [['--device', 'eastron-sdm630'], /either --tcp .* or --rtu/],
    [['--device', 'nothing', '--tcp', '127.0.0.1:0'], /no device "nothing"/],
    [['--device', 'eastron-sdm630', '--tcp', '0.0.0.0:0'], /this machine only/],
    [['--device', 'eastron-sdm630', '--tcp', '127.0.0.1'], /must be HOST:PORT/],
    [['--device', 'eastron-sdm630', '--tcp', '127.0.0.1:0', '--unit', '256'], /--unit/],
    [['--device', 'eastron-sdm630', '--tcp', '127.0.0.1:0', '--fault', 'fire'], /--fault knows silence/],
    [['--device', 'eastron-sdm630', '--tcp', '127.0.0.1:0', '--image', 'no.json'], /no\.json cannot be read/],
    [['--device', 'eastron-sdm630', '--rtu', '/dev/null'], /must be a terminal/],
  ] as const) {
    it(`refuses ${args.join(' ') || 'nothing'}`, async () => {
      const { code, out, err } = await runCommand(['serve', ...args]);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, problem);
    });
  }
});
