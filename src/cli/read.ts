// `microgrid read` (cli.md): one reading of one device over Modbus TCP, through the same catalogue as the nodes.
import { parseArgs } from 'node:util';
import { deviceById } from '../devices/catalogue/index.ts';
import type { DeviceDescription } from '../devices/description.ts';
import { DeviceError } from '../devices/errors.ts';
import { readDevice } from '../devices/read.ts';
import type { Reading } from '../devices/reading.ts';
import { ModbusError } from '../modbus/port.ts';
import { openTcpPort } from '../modbus/tcp-port.ts';
import { quote } from '../units.ts';
import { type ExitCode, InputError, type Io, printJson } from './io.ts';

export const name = 'read';
export const summary = 'take one reading from a device';
export const help = `Use: microgrid read --device NAME --tcp HOST:PORT [--unit N] [--timeout MS] [--json]

Reads a device once. NAME is one of \`microgrid devices\`. Power is + for import (meter), generation (inverter) or
discharge (battery).

  --tcp HOST[:PORT]   Modbus TCP host; port 502 unless given; an IPv6 address in brackets: [::1]:502
  --unit N            unit id; default that of the device
  --timeout MS        how long the device may take; default 2000
  --rtu PATH, --baud N   serial lines (Modbus RTU): not supported yet
  --json              one JSON document: device, at (Unix ms), powerW, importWh, exportWh (counters), phases, frequencyHz,
                      soc (per cent), quality, reasons; what the device does not have is left out or null

Exit 1 when the device does not answer, or answers without a power.
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      device: { type: 'string' },
      tcp: { type: 'string' },
      rtu: { type: 'string' },
      baud: { type: 'string' },
      unit: { type: 'string' },
      timeout: { type: 'string', default: '2000' },
      json: { type: 'boolean', default: false },
    },
  });
  if (values.rtu !== undefined || values.baud !== undefined) {
    throw new InputError(
      '--rtu and --baud: serial lines are not supported yet; give --tcp HOST:PORT, such as of a gateway',
    );
  }
  if (values.device === undefined) throw new InputError('--device is missing: name one of `microgrid devices`');
  if (values.tcp === undefined) throw new InputError('--tcp is missing: give the address of the device as HOST:PORT');
  const description = deviceById(values.device);
  const unit = values.unit === undefined ? description.defaultUnit : wholeNumber('--unit', values.unit, 0, 255);
  const timeoutMs = wholeNumber('--timeout', values.timeout, 1, 600_000);
  const port = openTcpPort({ ...hostAndPort(values.tcp), timeoutMs });
  try {
    const reading = await readDevice(port, unit, description, io.now);
    if (values.json) printJson(io, toJson(reading));
    else io.stdout.write(shortText(description, reading));
    return reading.quality === 'missing' ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ModbusError || error instanceof DeviceError)) throw error;
    io.stderr.write(`microgrid: ${error.message}\n`);
    return 1;
  } finally {
    await port.close();
  }
}

/** The state of charge in per cent, as people read it. */
function toJson({ socPerMille, reasons, quality, ...rest }: Reading) {
  const soc = socPerMille === undefined ? {} : { soc: socPerMille === null ? null : socPerMille / 10 };
  return { ...rest, ...soc, quality, reasons };
}

function shortText(description: DeviceDescription, reading: Reading): string {
  const rows: [name: string, value: number | null | undefined, unit: string][] = [
    ['power', reading.powerW, 'W'],
    ['import', reading.importWh, 'Wh'],
    ['export', reading.exportWh, 'Wh'],
    ['frequency', reading.frequencyHz, 'Hz'],
    ['charge', reading.socPerMille == null ? reading.socPerMille : reading.socPerMille / 10, '%'],
  ];
  const lines = [
    `${description.vendor} ${description.model}, ${new Date(reading.at).toISOString()}, ${reading.quality}`,
    ...rows
      .filter(([, value]) => value != null)
      .map(([label, value, unit]) => `  ${label.padEnd(10)} ${value} ${unit}`),
    ...reading.reasons.map((reason) => `  ${reason.text}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** `host`, `host:502`, `[::1]:502`. */
function hostAndPort(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw new InputError(`--tcp must be HOST:PORT, but is ${quote(text)}`);
  return { host, port: wholeNumber('the port in --tcp', match?.[3] ?? '502', 1, 65_535) };
}

function wholeNumber(option: string, text: string, low: number, high: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high)) {
    throw new InputError(`${option} must be a whole number from ${low} to ${high}, but is ${quote(text)}`);
  }
  return value;
}
