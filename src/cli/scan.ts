// `microgrid scan` (cli.md): what a SunSpec device shows, model by model, point by point.
import { parseArgs } from 'node:util';
import { DeviceError } from '../devices/errors.ts';
import { type Scan, type ScannedPoint, type ScannedPoints, scan } from '../devices/scan.ts';
import { ModbusError } from '../modbus/port.ts';
import { type ExitCode, type Io, printJson } from './io.ts';
import { LINE_HELP, LINE_OPTIONS, openLine, unitOf } from './line.ts';

export const name = 'scan';
export const summary = 'show what a SunSpec device has';
export const help = `Use: microgrid scan --tcp HOST:PORT [--unit N] [--timeout MS] [--json]

Finds the SunSpec map of a device (at 40000, 50000 or 0) and shows every point of every model that the project knows.

${LINE_HELP}  --json              one JSON document: base, models: [{ id, offset (registers from the base), length, name, points }];
                      points: { NAME: { raw, value, unit } }, in groups as lists of the same; what is not implemented has
                      value null

The unit is 1 unless given. Exit 1 when the device does not answer, or has no SunSpec map.
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...LINE_OPTIONS, json: { type: 'boolean', default: false } },
  });
  const unit = unitOf(values, 1);
  const port = openLine(values);
  try {
    const found = await scan(port, unit);
    if (values.json) printJson(io, found);
    else io.stdout.write(asText(found));
    return 0;
  } catch (error) {
    if (!(error instanceof ModbusError || error instanceof DeviceError)) throw error;
    io.stderr.write(`microgrid: ${error.message}\n`);
    return 1;
  } finally {
    await port.close();
  }
}

function asText({ base, models }: Scan): string {
  const lines = [`SunSpec map at ${base}`];
  for (const { id, offset, length, name: model, points } of models) {
    lines.push('', `model ${id}, ${model}: ${length} registers from ${base + offset} on`);
    for (const [path, point] of listed(points, '')) {
      if (point.value !== null) lines.push(`  ${path.padEnd(24)} ${`${point.value} ${point.unit}`.trim()}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Every point with its full name, such as `module.2.DCW`. */
function* listed(points: ScannedPoints, prefix: string): Generator<[path: string, point: ScannedPoint]> {
  for (const [key, entry] of Object.entries(points)) {
    if (isList(entry)) for (const [index, set] of entry.entries()) yield* listed(set, `${prefix}${key}.${index + 1}.`);
    else if (isPoint(entry)) yield [`${prefix}${key}`, entry];
    else yield* listed(entry, `${prefix}${key}.`);
  }
}

type Entry = ScannedPoints[string];

function isList(entry: Entry): entry is readonly ScannedPoints[] {
  return Array.isArray(entry);
}

function isPoint(entry: Exclude<Entry, readonly ScannedPoints[]>): entry is ScannedPoint {
  return 'raw' in entry && 'unit' in entry && (entry.raw === null || typeof entry.raw !== 'object');
}
