// What ABB's B series shares: whole numbers with a fixed power of ten in holding registers, high word first,
// power + = import; 0x7fffffff means "no value".
import { block, type PointRow } from './block.ts';
import type { Block, Identity, Source } from './description.ts';
import { mbmd } from './meter.ts';

export const abbPower = { scale: -2, absent: [0x7fffffff] };

export const abbFrequency: PointRow = ['frequency', 0x5b2c, 'uint16', 'Hz', { scale: -2 }];

export const abbCounters: Block = block('counters', 'holding', [
  ['import', 0x5000, 'uint64', 'kWh', { scale: -2 }],
  ['export', 0x5004, 'uint64', 'kWh', { scale: -2 }],
]);

export const abbSources: readonly Source[] = [
  mbmd('abb'),
  {
    title: 'victronenergy/dbus-modbus-client, abb.py',
    url: 'https://github.com/victronenergy/dbus-modbus-client/blob/master/abb.py',
  },
  {
    title: 'openWB/core, b23.py (GPL-3.0)',
    url: 'https://github.com/openWB/core/blob/master/packages/modules/common/b23.py',
  },
  {
    title: 'victron-meter-library, ABB_B2x.py: the type starts with "B2"',
    url: 'https://github.com/M-o-a-T/victron-meter-library/blob/main/ABB_B2x.py',
  },
];

/** Its type, as it stands on its front. */
export function abbType(...types: string[]): Identity {
  return { table: 'holding', address: 0x8960, type: 'string:2', shows: types, confirmed: true };
}

export const abbRemarks: readonly string[] = ['A and B of its RS485 are the other way round than on most devices.'];
