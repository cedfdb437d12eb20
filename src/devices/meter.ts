// What the files of energy meters have in common. Points carry the same names everywhere (power, powerL1, voltageL1,
// import ...), so the reading follows from the rows: where each figure stands, and from its unit, what makes it W and Wh.

import type { PointRow } from './block.ts';
import { sizeOf } from './codec.ts';
import type { Block, DeviceDescription, PhaseMap, Point, PointType, ReadingMap, Source, Term } from './description.ts';

type Facts = Pick<DeviceDescription, 'id' | 'vendor' | 'model' | 'sources' | 'confirmed' | 'blocks'> &
  Partial<Pick<DeviceDescription, 'transports' | 'maxRegisters' | 'gapMs' | 'identity' | 'remarks'>> & {
    /** What does not follow from the rows. */
    readonly reading?: Partial<ReadingMap>;
  };

const toBase: Readonly<Record<string, number>> = { W: 1, kW: 1000, Wh: 1, kWh: 1000, V: 1, A: 1, Hz: 1 };

/**
 * A meter on Modbus RTU, or TCP behind a gateway. Where no source names a limit, it is never asked for more registers at
 * once than its longest block has.
 * @throws RangeError when no row gives its power, or a row has a unit that is not known here
 */
export function meter({ reading, ...facts }: Facts): DeviceDescription {
  return {
    kind: 'meter',
    transports: ['tcp', 'rtu'],
    defaultUnit: 1,
    maxRegisters: Math.max(...facts.blocks.map(({ length }) => length)),
    gapMs: 0,
    ...facts,
    reading: readingOf(facts.id, facts.blocks, reading),
  };
}

/** Three rows of one quantity that stand one after the other: `name`L1 at `address`, then L2 and L3. */
export function threePhases(
  name: 'voltage' | 'current' | 'power',
  address: number,
  type: PointType,
  unit: string,
  more: Partial<Pick<Point, 'scale' | 'lowWordFirst' | 'absent'>> = {},
): PointRow[] {
  return [1, 2, 3].map((phase, index) => [`${name}L${phase}`, address + index * sizeOf(type), type, unit, more]);
}

/** The file of volkszaehler/mbmd (meters/rs485) that has the registers of a meter. */
export function mbmd(file: string): Source {
  return {
    title: `volkszaehler/mbmd, ${file} (BSD-3-Clause)`,
    url: `https://github.com/volkszaehler/mbmd/blob/master/meters/rs485/${file}.go`,
  };
}

function readingOf(id: string, blocks: readonly Block[], given: Partial<ReadingMap> = {}): ReadingMap {
  const find = (point: string): Term | undefined => {
    for (const block of blocks) {
      const found = block.points.find(({ name }) => name === point);
      if (!found) continue;
      const times = toBase[found.unit ?? ''];
      if (times === undefined) throw new RangeError(`${id}: ${point} is in a unit that is not known: ${found.unit}`);
      return { block: block.name, point, times };
    }
    return undefined;
  };
  const phase = (suffix: string): PhaseMap => {
    const [voltageV, currentA, powerW] = [find(`voltage${suffix}`), find(`current${suffix}`), find(`power${suffix}`)];
    return { ...(voltageV && { voltageV }), ...(currentA && { currentA }), ...(powerW && { powerW }) };
  };
  const powerW = given.powerW ?? find('power');
  if (!powerW) throw new RangeError(`${id}: no row gives its power`);
  const [importWh, exportWh, frequencyHz] = [find('import'), find('export'), find('frequency')];
  const phases = find('voltageL1') ? ['L1', 'L2', 'L3'].map(phase) : find('voltage') ? [phase('')] : undefined;
  return {
    powerW,
    ...(importWh && { importWh }),
    ...(exportWh && { exportWh }),
    ...(frequencyHz && { frequencyHz }),
    ...(phases && { phases }),
    ...given,
  };
}
