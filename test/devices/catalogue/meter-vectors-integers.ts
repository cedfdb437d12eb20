// Meters whose registers hold whole numbers with a power of ten; see meter-vectors.ts.
import { noFrequency, one, three, type Vector } from './meter-vectors.ts';

const gavazzi = {
  0: '08fc 0000 0906 0000 08f2 0000',
  12: '09c4 0000 05dc 0000 01f4 0000',
  18: 'cf2c ffff 1d4c 0000 f63c ffff',
  40: 'e2b4 ffff',
};
const gavazziCounts = { importWh: 123_456_700, exportWh: 12_200 }; // more than one word holds
export const integerVectors: readonly Vector[] = [
  {
    id: 'carlo-gavazzi-em24',
    source: 'victronenergy/dbus-cgwacs: counters at 0x3E and 0x5C; AGG Software: 66 is the partial counter',
    words: { ...gavazzi, 62: 'd687 0012', 66: '0001 0000', 92: '007a 0000' },
    reads: noFrequency({ ...three, ...gavazziCounts }),
  },
  {
    id: 'carlo-gavazzi-em24-e1',
    source: 'victronenergy/dbus-modbus-client, carlo_gavazzi.py: 0x33 frequency, 0x34 forward, 0x4e reverse',
    words: { ...gavazzi, 51: '01f4', 52: 'd687 0012', 78: '007a 0000' },
    reads: { ...three, ...gavazziCounts },
  },
  {
    id: 'carlo-gavazzi-em340',
    source: 'victronenergy/dbus-cgwacs: EM340 0x34 and 0x4E; openWB: frequency 0x33 in tenths',
    words: { ...gavazzi, 51: '01f4', 52: 'd687 0012', 78: '007a 0000' },
    reads: { ...three, ...gavazziCounts },
  },
  {
    id: 'carlo-gavazzi-em112',
    source: 'victronenergy/dbus-cgwacs: EM112 0x00, 0x02, 0x04, 0x10, 0x20',
    words: { 0: '08fc 0000', 2: '09c4 0000', 4: 'cf2c ffff', 16: 'd687 0012', 32: '007a 0000' },
    reads: { ...gavazziCounts, powerW: -1250, phases: [[230, 2.5, -1250]] },
  },
  {
    id: 'abb-b23',
    source: 'victronenergy/dbus-modbus-client, abb.py; openWB, b23.py',
    words: {
      23296: '0000 08fc 0000 0906 0000 08f2',
      23308: '0000 00fa 0000 0096 0000 0032',
      23316: 'fffe db08 fffe 17b8 0001 24f8 ffff 9e58',
      23340: '1388',
      20480: '0000 0000 0001 e23a 0000 0000 0000 04c9',
    },
    reads: three,
  },
  {
    id: 'abb-b21',
    source: 'victronenergy/dbus-modbus-client, abb.py',
    words: {
      23296: '0000 08fc',
      23308: '0000 00fa',
      23316: 'fffe 17b8',
      23340: '1388',
      20480: '0000 0000 0001 e23a 0000 0000 0000 04c9',
    },
    reads: one,
  },
  {
    id: 'lovato-dmg610',
    source: 'openWB, lovato.py (all but the counters)',
    words: {
      1: '0000 59d8 0000 5a3c 0000 5974',
      7: '0000 61a8 0000 3a98 0000 1388',
      19: 'fffe 17b8 0001 24f8 ffff 9e58',
      49: '0000 c350',
      57: 'fffe db08',
      6943: '0000 0000 0001 e23a 0000 0000 0000 04c9',
    },
    reads: three,
  },
  {
    id: 'bernecker-mpm3pm',
    source: 'openWB, mpm3pm.py',
    words: {
      2: '0001 e23a 0000 04c9',
      8: '0000 08fc 0000 0906 0000 08f2',
      14: '0000 00fa 0000 0096 0000 0032',
      20: 'fffe 17b8 0001 24f8 ffff 9e58',
      38: 'fffe db08',
      44: '0000 1388',
    },
    reads: three,
  },
  {
    id: 'bg-ds100',
    source: 'OpenEMS, MeterBgeTechDS100Impl.java',
    words: {
      1024: '0003 8270 0003 8658 0003 7e88',
      1040: '0000 09c4 0000 05dc 0000 01f4',
      1050: 'ffff fb1e 0000 02ee ffff ff06 ffff fd12',
      1077: '01f4',
      270: '0001 e23a',
      280: '0000 04c9',
    },
    reads: three,
  },
  {
    id: 'bg-ws100',
    source: 'evcc-io/evcc, bgetech-ws100.yaml: 0x104, 0x10E and 0x118 in hundredths of a kWh',
    words: {
      256: '0003 8270',
      258: '0000 09c4',
      260: 'ffff fb1e',
      266: '01f4',
      270: '0001 e23a',
      280: '0000 04c9',
    },
    reads: one,
  },
  {
    id: 'orno-we525',
    source: 'published example of a register read-out of the OR-WE-526',
    words: {
      256: '4996 02d2 074a d8ce 0001 e240',
      266: '01f5',
      270: '0001 e240',
      280: '000a 5bf5',
    },
    reads: {
      powerW: 123_456,
      importWh: 1_234_560,
      exportWh: 6_789_010,
      frequencyHz: 50.1,
      phases: [[1_234_568, 122_345.7, 123_456]], // 1 234 567.890 V, 122 345.678 A: a reading has seven digits
    },
  },
  {
    id: 'orno-we504',
    source: 'ivanovp/blue_pill_rs-485_orno, software_or-we-504: 0.1 V, 0.1 A, 0.1 Hz, W, Wh',
    words: { 0: '08fc 0019 01f4 04e2', 7: '0012 d644' },
    reads: { powerW: 1250, importWh: 1_234_500, exportWh: null, frequencyHz: 50, phases: [[230, 2.5, 1250]] },
  },
  {
    id: 'orno-we514',
    source: 'gituser-rk/orno-modbus-mqtt, modbus-mqtt.py (all but the counter)',
    words: { 304: '1388 59d8', 313: '0000 09c4', 320: '0000 04e2', 40960: '0001 e23a' },
    reads: { powerW: 1250, importWh: 1_234_500, exportWh: null, frequencyHz: 50, phases: [[230, 2.5, 1250]] },
  },
  {
    id: 'eltako-dsz15',
    source: 'balloobbot/eltako-modbus, measurements.py (all but the unit of the power)',
    words: {
      0: '0000 59d8 0000 5a3c 0000 5974',
      6: '0000 00fa 0000 0096 0000 0032',
      12: 'ffff fb1e 0000 02ee ffff ff06',
      52: 'ffff fd12',
      72: '0001 e23a 0000 04c9',
    },
    reads: noFrequency(three),
  },
  {
    id: 'dzg-dvh4013',
    source: 'volkszaehler/mbmd, dzg.go (no other); 2 000 W given, 1 250 W taken',
    words: {
      0: '0000 30d4 0000 4e20',
      4: '0000 59d8 0000 5a3c 0000 5974',
      10: '0000 09c4 0000 05dc 0000 01f4',
      18: '0000 c350',
      16384: '0012 d644',
      16640: '0000 2fda',
    },
    reads: {
      ...three,
      phases: [
        [230, 2.5, null],
        [231, 1.5, null],
        [229, 0.5, null],
      ],
    },
  },
  {
    id: 'saia-ale3',
    source: "Saia's data sheet: registers 28 and 29 as 13 and 60383 are 9 123.51 kWh; AGG Software: V, 0.1 A, 0.01 kW",
    words: {
      27: '000d ebdf 0000 0000 0000 04c9',
      35: '00e6 0019 ff83',
      40: '00e7 000f 004b',
      45: '00e5 0005 ffe7',
      50: 'ffb5',
    },
    reads: { powerW: -750, importWh: 9_123_510, exportWh: 12_250, phases: three.phases },
  },
];
