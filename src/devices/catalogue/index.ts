// Every device the project knows, by id.
import type { DeviceDescription } from '../description.ts';
import { eastronSdm630 } from './eastron-sdm630.ts';
import { sunspecBattery124 } from './sunspec-battery-124.ts';
import { sunspecBattery802 } from './sunspec-battery-802.ts';
import { sunspecDer, sunspecDerBattery } from './sunspec-der.ts';
import { sunspecInverter } from './sunspec-inverter.ts';
import { sunspecInverter103 } from './sunspec-inverter-103.ts';
import { sunspecMeter } from './sunspec-meter.ts';
import { sunspecStrings160 } from './sunspec-strings-160.ts';

export const catalogue: readonly DeviceDescription[] = [
  eastronSdm630,
  sunspecInverter,
  sunspecInverter103,
  sunspecStrings160,
  sunspecMeter,
  sunspecBattery124,
  sunspecBattery802,
  sunspecDer,
  sunspecDerBattery,
];

/** The description of a device by its id. @throws RangeError that names the known ones */
export function deviceById(id: string): DeviceDescription {
  const found = catalogue.find((description) => description.id === id);
  if (!found) {
    const known = catalogue.map((description) => description.id).join(', ');
    throw new RangeError(`there is no device "${id}" in the catalogue; known are ${known}`);
  }
  return found;
}
