// `microgrid read` (cli.md): one reading of one device over Modbus, through the same catalogue as the nodes.
import { parseArgs } from 'node:util';
import { deviceById } from '../devices/catalogue-store.ts';
import type { DeviceDescription } from '../devices/description.ts';
import { DeviceError } from '../devices/errors.ts';
import { readDevice } from '../devices/read.ts';
import type { Reading } from '../devices/reading.ts';
import { ModbusError } from '../modbus/port.ts';
import { type ExitCode, InputError, type Io, printJson } from './io.ts';
import { LINE_HELP, LINE_OPTIONS, openLine, unitOf } from './line.ts';

export const name = 'read';
export const summary = 'take one reading from a device';
export const help = `Use: microgrid read --device NAME (--tcp HOST:PORT | --rtu PATH [--baud N]) [--unit N] [--timeout MS] [--json]

Reads a device once. NAME is one of \`microgrid devices\`. Power is + for import (meter), generation (inverter) or
discharge (battery).

${LINE_HELP}  --json              one JSON document: device, at (Unix ms), powerW, importWh, exportWh (counters), phases, frequencyHz,
                      soc (per cent), quality, reasons; what the device does not have is left out or null

Exit 1 when the device does not answer, or answers without a power.
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...LINE_OPTIONS, device: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  if (values.device === undefined) throw new InputError('--device is missing: name one of `microgrid devices`');
  const description = deviceById(values.device);
  const unit = unitOf(values, description.defaultUnit);
  const port = openLine(values);
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
