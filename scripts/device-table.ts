// The devices of the catalogue as a page for people: docs/devices.md. Everything on it comes from the device files.
import type { DeviceDescription, Fallback } from '../src/devices/description.ts';

const kinds = { meter: 'Meters', inverter: 'Inverters', battery: 'Batteries' } as const;

const opening = `# Devices

Written by \`npm run devices-table\` from the files in src/devices/catalogue; [add-a-device.md](add-a-device.md) tells how to
add one. Names are those of flows and of \`microgrid read --device\`.

- **Reading confirmed**: two sources that were made apart from each other agree on every figure that is read. Otherwise
  compare power and counters with the display of the device before you rely on them.
- **Control confirmed**: the same of what is written, and of what is read. Nothing is ever written to a device whose control
  is unconfirmed.
- **Setpoint**: \`volatile\` registers may be written without end, \`persistent\` ones live in flash that wears out.
- **Without writes**: what ends a setpoint when nobody writes any more. **Keeps its last order** means nothing does: if the
  computer that wrote it dies, the battery goes on charging or discharging. What limits that even so stands beside it.
`;

/** The whole page. */
export function deviceTable(catalogue: readonly DeviceDescription[]): string {
  const sections = Object.entries(kinds).flatMap(([kind, title]) => {
    const devices = catalogue.filter((device) => device.kind === kind).sort(byName);
    return devices.length > 0 ? [section(title, devices)] : [];
  });
  return [opening, ...sections].join('\n');
}

function section(title: string, devices: readonly DeviceDescription[]): string {
  const controlled = devices.some(({ control }) => control);
  const heads = [
    'device',
    'id',
    'wire',
    'reading',
    ...(controlled ? ['control', 'setpoint', 'without writes'] : []),
    'sources',
  ];
  const rows = devices.map((device) => [
    `${device.vendor} ${device.model}`,
    `\`${device.id}\``,
    device.transports.map((transport) => transport.toUpperCase()).join(', '),
    confirmed(device.confirmed),
    ...(controlled ? controlOf(device) : []),
    device.sources.map(({ title: source, url }) => `[${source}](${url})`).join('; '),
  ]);
  const remarks = devices.flatMap(({ id, remarks: texts = [] }) => texts.map((text) => `- \`${id}\`: ${text}`));
  return [
    `## ${title}\n`,
    line(heads),
    line(heads.map(() => '---')),
    ...rows.map(line),
    ...(remarks.length > 0 ? ['\nWhat to know:\n', ...remarks] : []),
    '',
  ].join('\n');
}

function controlOf({ control }: DeviceDescription): string[] {
  if (!control) return ['none', '', ''];
  return [confirmed(control.confirmed), control.storage, ending(control.fallback)];
}

function ending(fallback: Fallback): string {
  if (fallback.by === 'timer') return `ends by its own timer, written along (at most ${fallback.maxSeconds} s)`;
  if (fallback.by === 'watchdog') return `ends ${fallback.seconds} s after the last write`;
  return `**keeps its last order.** ${fallback.limit}`;
}

const confirmed = (is: boolean): string => (is ? 'confirmed' : 'unconfirmed');

/** A cell may hold no bar and no line break. */
const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;

/** By vendor, then by id with numbers in their order; the same on every machine. */
function byName(a: DeviceDescription, b: DeviceDescription): number {
  const collator = new Intl.Collator('en', { numeric: true });
  return collator.compare(a.vendor, b.vendor) || collator.compare(a.id, b.id);
}
