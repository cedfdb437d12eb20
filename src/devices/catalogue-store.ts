// Every device the project knows, by id. A file of the catalogue is loaded when one of its devices is asked for: all of them
// together would take a small machine more memory than the rest of the package.
import { createRequire } from 'node:module';
import { quote } from '../units.ts';
import type { DeviceDescription } from './description.ts';

/** The files of catalogue/. Ids begin with the name of their file. */
const FILES: readonly string[] = [
  'abb-b21',
  'abb-b23',
  'alpha-ess',
  'anker-solix',
  'bernecker-mpm3pm',
  'bg-ds100',
  'bg-ws100',
  'carlo-gavazzi-em112',
  'carlo-gavazzi-em24',
  'carlo-gavazzi-em24-e1',
  'carlo-gavazzi-em340',
  'chint-dtsu666',
  'ddm18sd',
  'deye',
  'dzg-dvh4013',
  'e3dc',
  'eastron-sdm120',
  'eastron-sdm220',
  'eastron-sdm230',
  'eastron-sdm54',
  'eastron-sdm630',
  'eastron-sdm72',
  'eastron-sdm72v2',
  'eastron-x96-1a',
  'eltako-dsz15',
  'fenecon-fems',
  'finder-7m24',
  'finder-7m38',
  'foxess-h3',
  'fronius-gen24',
  'goodwe-et',
  'growatt',
  'huawei-sun2000',
  'inepro-pro380',
  'janitza-b23',
  'janitza-umg96',
  'kostal-plenticore',
  'lovato-dmg610',
  'marstek-venus',
  'orno-we504',
  'orno-we514',
  'orno-we516',
  'orno-we525',
  'saia-ale3',
  'saj-h2',
  'schneider-iem3000',
  'shelly-pro-3em',
  'siemens-pac2200',
  'sigenergy',
  'sma-battery',
  'sma-inverter',
  'sofar-hyd',
  'solaredge',
  'solaredge-se-mtr-3y',
  'solax-x3',
  'solis-hybrid',
  'sungrow-sg',
  'sungrow-sh',
  'sunspec-battery-124',
  'sunspec-battery-802',
  'sunspec-der',
  'sunspec-inverter',
  'sunspec-inverter-103',
  'sunspec-meter',
  'sunspec-strings-160',
  'varta-pulse',
  'victron-grid-meter',
  'victron-gx',
  'victron-multiplus',
  'wago-879',
];

const require = createRequire(import.meta.url);
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const loaded = new Map<string, readonly DeviceDescription[]>();

/** All devices, by vendor and model. Loads all files: for lists, not for a device in use. */
export function catalogue(): readonly DeviceDescription[] {
  return FILES.flatMap(descriptionsIn).sort(
    (a, b) => compare(a.vendor, b.vendor) || compare(a.model, b.model) || compare(a.id, b.id),
  );
}

/** The description of a device by its id. @throws RangeError that names what is meant, or where the known ones are listed */
export function deviceById(id: string): DeviceDescription {
  for (const file of FILES) {
    if (id !== file && !id.startsWith(`${file}-`)) continue;
    const found = descriptionsIn(file).find((description) => description.id === id);
    if (found) return found;
  }
  throw new RangeError(`there is no device ${quote(id)} in the catalogue; \`microgrid devices\` lists those that are`);
}

function descriptionsIn(file: string): readonly DeviceDescription[] {
  const before = loaded.get(file);
  if (before) return before;
  type Exported = DeviceDescription | readonly DeviceDescription[];
  const descriptions = Object.values(
    require(`./catalogue/${file}${EXTENSION}`) as Readonly<Record<string, Exported>>,
  ).flat();
  loaded.set(file, descriptions);
  return descriptions;
}

/** As code units, so that a list is the same under every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
