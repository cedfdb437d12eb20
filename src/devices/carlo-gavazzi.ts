// What Carlo Gavazzi's EM meters share: signed 32-bit figures, low word first, with a fixed power of ten; functions 3 and
// 4 read the same registers; 0x7fffffff means "no value". Power + = import.
import { block, type PointRow } from './block.ts';
import type { Block, Identity, Point } from './description.ts';
import { threePhases } from './meter.ts';

export const tenths: Partial<Point> = { lowWordFirst: true, absent: [0x7fffffff], scale: -1 };
export const thousandths: Partial<Point> = { lowWordFirst: true, absent: [0x7fffffff], scale: -3 };

/** Voltages, currents, powers of the phases and their sum: alike on every three-phase model. */
export const threePhaseRows = {
  voltage: threePhases('voltage', 0x00, 'int32', 'V', tenths),
  current: threePhases('current', 0x0c, 'int32', 'A', thousandths),
  power: threePhases('power', 0x12, 'int32', 'W', tenths),
  total: ['power', 0x28, 'int32', 'W', tenths] satisfies PointRow,
};

/** Frequency and counters of the EM24 with Ethernet and of the EM330/EM340 family. */
export function countersOf(frequency: 'int16' | 'uint16', apart: boolean): Block[] {
  const rows: PointRow[] = [
    ['frequency', 0x33, frequency, 'Hz', { scale: -1 }],
    ['import', 0x34, 'int32', 'kWh', tenths],
  ];
  const given: PointRow = ['export', 0x4e, 'int32', 'kWh', tenths];
  if (!apart) return [block('counters', 'input', [...rows, given])];
  return [block('counters', 'input', rows), block('given', 'input', [given])];
}

/** The code of the model in register 0x000B, which functions 3 and 4 both read: from the first of a family to its last. */
export function modelCode(confirmed: boolean, first: number, last: number): Identity {
  const shows = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return { table: 'holding', address: 0x0b, type: 'uint16', shows, confirmed };
}

/** By which codes Victron knows the families. */
export const modelCodeSource = {
  title: 'victronenergy/dbus-cgwacs, ac_sensor.cpp: model codes',
  url: 'https://github.com/victronenergy/dbus-cgwacs/blob/master/software/src/ac_sensor.cpp',
};
