// Which devices of the catalogue a unit may be: those it names itself as, or those whose SunSpec models it shows, its maker's
// own files first. A suggestion for a person, who then tests it.
import type { DeviceDescription } from './description.ts';
import type { FoundUnit } from './find.ts';
import { termsOf } from './quantity.ts';
import type { Reading } from './reading.ts';

/** The best first; none for a unit that says nothing of itself. */
export function suggestDevices(
  { sunspec, identity }: Pick<FoundUnit, 'sunspec' | 'identity'>,
  catalogue: readonly DeviceDescription[],
): DeviceDescription[] {
  if (!sunspec) return catalogue.filter(({ id }) => identity?.devices.includes(id));
  const fits = catalogue.flatMap((description) => {
    const maker = makerOf(description, sunspec.vendor);
    return maker === 'another' || !isShown(description, sunspec.models) ? [] : [{ description, maker }];
  });
  const worth = ({ description, maker }: (typeof fits)[number]) =>
    (maker === 'same' ? 1000 : 0) + (description.confirmed ? 100 : 0) + requiredModels(description).length;
  return fits.sort((a, b) => worth(b) - worth(a)).map(({ description }) => description);
}

/** SunSpec itself is nobody's competitor: its files describe any maker's device. */
function makerOf({ vendor }: DeviceDescription, shown: string): 'same' | 'any' | 'another' {
  if (vendor === 'SunSpec') return 'any';
  const [ours, theirs] = [plain(vendor), plain(shown)];
  return theirs !== '' && (ours.startsWith(theirs) || theirs.startsWith(ours)) ? 'same' : 'another';
}

const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** Whether it has all models that are needed, and one that the power comes from. */
function isShown(description: DeviceDescription, models: readonly number[]): boolean {
  const sources = new Set(termsOf(description.reading.powerW).map(({ block }) => block));
  const powers = description.blocks.flatMap(({ name, at }) => (sources.has(name) && 'model' in at ? [at.model] : []));
  return requiredModels(description).every((id) => models.includes(id)) && powers.some((id) => models.includes(id));
}

function requiredModels({ blocks }: DeviceDescription): number[] {
  return blocks.flatMap(({ at, optional }) => ('model' in at && !optional ? [at.model] : []));
}

/** Mains of any country, V against neutral and Hz. Registers that mean something else, or nothing, hardly ever show these. */
const MAINS_V = [80, 280] as const;
const MAINS_HZ = [45, 65] as const;

/** Whether a reading shows mains, so that the device may well be what it was read as. */
export function showsMains({ frequencyHz, phases = [] }: Reading): boolean {
  const lies = (value: number | null | undefined, [low, high]: readonly [number, number]) =>
    typeof value === 'number' && value >= low && value <= high;
  return lies(frequencyHz, MAINS_HZ) || phases.some(({ voltageV }) => lies(voltageV, MAINS_V));
}
