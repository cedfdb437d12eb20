// `microgrid scan` (cli.md): what a SunSpec device shows, model by model, point by point; of another one, what it says it is.
import { parseArgs } from 'node:util';
import { catalogue } from '../devices/catalogue-store.ts';
import { DeviceError } from '../devices/errors.ts';
import { type FoundUnit, findUnits, usualUnits } from '../devices/find.ts';
import { type Scan, type ScannedPoint, type ScannedPoints, scan } from '../devices/scan.ts';
import { suggestDevices } from '../devices/suggest.ts';
import { asideOf, ModbusError, type ModbusPort } from '../modbus/port.ts';
import { type ExitCode, type Io, printJson } from './io.ts';
import { LINE_HELP, LINE_OPTIONS, openLine, unitOf } from './line.ts';

export const name = 'scan';
export const summary = 'show what a SunSpec device has';
export const help = `Use: microgrid scan (--tcp HOST:PORT | --rtu PATH [--baud N]) [--unit N] [--timeout MS] [--json]

Finds the SunSpec map of a device (at 40000, 50000 or 0) and shows every point of every model that the project knows, and
which devices of the catalogue it may be read as. Where unit 1 has no map and no unit was given, those at which devices are
often found are asked as well. A device without SunSpec may still say what it is.

${LINE_HELP}  --json              one JSON document: unit, base, models: [{ id, offset (registers from the base), length, name, points }],
                      devices (names for \`microgrid read\`, the most likely first);
                      points: { NAME: { raw, value, unit } }, in groups as lists of the same; what is not implemented has
                      value null

The unit is 1 unless given. Exit 1 when the device does not answer, or has no SunSpec map.
`;

/** How long looking elsewhere may take, and each unit of that, ms. */
const LOOK_MS = 6000;
const UNIT_MS = 400;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...LINE_OPTIONS, json: { type: 'boolean', default: false } },
  });
  const unit = unitOf(values, 1);
  const port = openLine(values);
  try {
    const found = await scanned(port, unit, values.unit === undefined, io);
    const devices = suggestionsFor(found);
    if (values.json) printJson(io, { ...found, devices });
    else io.stdout.write(asText(found, unit, devices));
    return 0;
  } catch (error) {
    if (!(error instanceof ModbusError || error instanceof DeviceError)) throw error;
    io.stderr.write(`microgrid: ${error.message}\n`);
    return 1;
  } finally {
    await port.close();
  }
}

type ScannedUnit = Scan & { readonly unit: number };

/** The map of a unit, or, where the unit was not given, of the first usual one that has a map. @throws as scan */
async function scanned(port: ModbusPort, unit: number, orUsual: boolean, io: Io): Promise<ScannedUnit> {
  let lacking: Error;
  try {
    return { unit, ...(await scan(port, unit)) };
  } catch (error) {
    const isLacking = error instanceof DeviceError || (error instanceof ModbusError && error.code !== 'refused');
    if (!isLacking) throw error;
    lacking = error;
  }
  const others = orUsual ? usualUnits(catalogue()).filter((other) => other !== unit) : [];
  const found = await lookAt(port, [unit, ...others], io);
  const other = found.find(({ sunspec }) => sunspec);
  if (other) return { unit: other.unit, ...(await scan(port, other.unit)) };
  const sentences = [lacking.message, ...saysOf(found.find((each) => each.unit === unit)?.identity ?? null)];
  if (others.length > 0) sentences.push(`no SunSpec map at the units ${others.join(', ')} either`);
  throw new DeviceError('no-sunspec', sentences.join('; '));
}

/** Who is at some units, each asked shortly, until one has a SunSpec map or the time is over. */
async function lookAt(port: ModbusPort, units: readonly number[], io: Io): Promise<FoundUnit[]> {
  const until = performance.now() + LOOK_MS;
  let isFound = false;
  const found = await findUnits(asideOf(port, { limitMs: UNIT_MS }), units, {
    catalogue: catalogue(),
    asking: (unit) => {
      const left = Math.ceil((until - performance.now()) / 1000);
      io.progress?.write(`\rlooking at unit ${unit}, at most ${left} s more `);
      return left > 0 && !isFound;
    },
    found: ({ sunspec }) => {
      isFound ||= sunspec !== null;
    },
  });
  io.progress?.write('\r\u001b[K');
  return found;
}

function suggestionsFor({ base, models }: ScannedUnit): string[] {
  const first = models.find(({ id }) => id === 1)?.points ?? {};
  const text = (point: string) => {
    const entry = first[point];
    return entry && 'raw' in entry && typeof entry.raw === 'string' ? entry.raw : '';
  };
  const sunspec = {
    base,
    vendor: text('Mn'),
    model: text('Md'),
    serial: text('SN'),
    models: models.map(({ id }) => id),
  };
  return suggestDevices({ sunspec, identity: null }, catalogue()).map(({ id }) => id);
}

/** What a unit says of itself, as part of a sentence. */
function saysOf(identity: FoundUnit['identity']): string[] {
  if (!identity) return [];
  const { devices, shows, table, address, confirmed } = identity;
  const doubt = confirmed ? '' : ' (which stands in one source only)';
  return [`its ${table} register ${address} shows ${shows}: read it as ${devices.join(' or ')}${doubt}`];
}

function asText({ unit, base, models }: ScannedUnit, asked: number, devices: readonly string[]): string {
  const lines = [`SunSpec map at ${base}${unit === asked ? '' : ` of unit ${unit}`}`];
  for (const { id, offset, length, name: model, points } of models) {
    lines.push('', `model ${id}, ${model}: ${length} registers from ${base + offset} on`);
    for (const [path, point] of listed(points, '')) {
      if (point.value !== null) lines.push(`  ${path.padEnd(24)} ${`${point.value} ${point.unit}`.trim()}`);
    }
  }
  if (devices.length > 0) lines.push('', `may be read as ${devices.join(', ')}`);
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
