// `microgrid serve` (cli.md): a virtual device of the catalogue, or recorded registers, on this machine until it is ended.
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import { deviceById } from '../devices/catalogue-store.ts';
import type { DeviceDescription } from '../devices/description.ts';
import type { BatteryModel } from '../simulation/battery-model.ts';
import { constantModel, IDEAL_BATTERY } from '../simulation/constant-model.ts';
import { FAULTS, isFault } from '../simulation/faults.ts';
import { VirtualUnits } from '../simulation/modbus-answer.ts';
import { type ModbusServer, serveRtu, serveTcp } from '../simulation/modbus-server-port.ts';
import { likeReal } from '../simulation/real-battery.ts';
import { recordedUnits } from '../simulation/recorded-unit.ts';
import { DescribedUnit } from '../simulation/virtual-unit.ts';
import { type ExitCode, InputError, type Io, printJson, readText } from './io.ts';

export const name = 'serve';
export const summary = 'be a virtual device on this machine';
export const help = `Use: microgrid serve --device NAME (--tcp HOST:PORT | --rtu PATH) [--unit N] [--image FILE] [--fault NAME]
                       [--battery ideal|real] [--json]

Answers as the device NAME of \`microgrid devices\` would: a meter or inverter at constant power, a battery that follows
what it is told and falls back by its own timer. Says in one line when it listens; Ctrl-C ends it.

  --tcp HOST:PORT   an address of this machine, such as 127.0.0.1:1502; port 0 chooses a free one
  --rtu PATH        a terminal instead, such as one end of a pair of pseudo-terminals; its speed is set already
  --unit N          unit id; default that of the device
  --image FILE      show recorded registers: JSON {"unit":1,"holding":{"40000":[..]},"input":{"0":[..]}}, a list of these,
                    or a SunSpec map {"base_address_options":[40000],"registers":[..]}
  --battery KIND    ideal, or real: losses by power, taper, standby and fade; default ideal
  --fault NAME      misbehave: ${Object.keys(FAULTS).join(', ')}
  --json            one JSON document when it listens: device, host, port (or path), unit
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      device: { type: 'string' },
      tcp: { type: 'string' },
      rtu: { type: 'string' },
      unit: { type: 'string' },
      image: { type: 'string' },
      fault: { type: 'string' },
      battery: { type: 'string', default: 'ideal' },
      json: { type: 'boolean', default: false },
    },
  });
  const { device, tcp, rtu, image, fault } = values;
  if (device === undefined) throw new InputError('--device is missing: name one of `microgrid devices`');
  if ((tcp === undefined) === (rtu === undefined))
    throw new InputError('give either --tcp HOST:PORT or --rtu PATH, the wire to serve on');
  const description = deviceById(device);
  const unit = values.unit === undefined ? description.defaultUnit : unitNumber(values.unit);
  if (values.battery !== 'ideal' && values.battery !== 'real')
    throw new InputError(`--battery is ideal or real, not "${values.battery}"`);
  const battery = values.battery === 'real' ? likeReal(IDEAL_BATTERY) : IDEAL_BATTERY;
  const units = await unitsFor(description, unit, battery, image, io);
  if (fault !== undefined) {
    if (!isFault(fault)) throw new InputError(`--fault knows ${Object.keys(FAULTS).join(', ')}`);
    for (const number of units.numbers) units.setFault(number, fault);
  }
  const listening = tcp === undefined ? await onTerminal(units, rtu ?? '') : await onTcp(units, tcp);
  const document = { device, ...listening.place, unit: units.numbers[0] };
  if (values.json) printJson(io, document);
  else io.stdout.write(`${device} listens on ${listening.text}, unit ${units.numbers.join(', ')}\n`);
  await untilEnded();
  await listening.server.close();
  return 0;
}

async function unitsFor(
  description: DeviceDescription,
  unit: number,
  battery: BatteryModel,
  image: string | undefined,
  io: Io,
): Promise<VirtualUnits> {
  if (image === undefined) {
    const played = new DescribedUnit(description, constantModel(description, io.now(), battery), io.now);
    return new VirtualUnits(new Map([[unit, played]]), io.now);
  }
  try {
    // other tools write 7.0 and the like beside the registers: only the registers are looked at
    const recording: unknown = JSON.parse(await readText(io, image));
    return new VirtualUnits(recordedUnits(recording, description, unit), io.now);
  } catch (error) {
    const broken = error instanceof RangeError || error instanceof SyntaxError;
    throw broken ? new InputError(`${image}: ${error.message}`) : error;
  }
}

interface Listening {
  readonly server: ModbusServer;
  readonly place: object;
  readonly text: string;
}

async function onTcp(units: VirtualUnits, tcp: string): Promise<Listening> {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(tcp);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  if (host === '' || port > 65_535) throw new InputError(`--tcp must be HOST:PORT, but is "${tcp}"`);
  if (!isLoopback(host))
    throw new InputError(`virtual devices are served on this machine only, such as 127.0.0.1, not on ${host}`);
  const server = await serveTcp(units, { host, port });
  const shown = isIP(host) === 6 ? `[${host}]` : host;
  return { server, place: { host, port: server.port }, text: `${shown}:${server.port}` };
}

async function onTerminal(units: VirtualUnits, path: string): Promise<Listening> {
  return { server: await serveRtu(units, path), place: { path }, text: path };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Resolves when someone ends the command. */
function untilEnded(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

function unitNumber(text: string): number {
  const unit = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(unit <= 255)) throw new InputError(`--unit must be a whole number from 0 to 255, but is "${text}"`);
  return unit;
}
