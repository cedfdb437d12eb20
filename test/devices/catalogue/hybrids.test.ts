// Inverters, hybrids and their meters and batteries: registers recorded or written by hand, against what they mean by the
// sources named beside them.
import assert from 'node:assert/strict';
import { deviceById } from '../../../src/devices/catalogue-store.ts';
import type { Reading } from '../../../src/devices/reading.ts';
import { type Image, readingOf } from '../../support/described.ts';

const HIGH = 0xffff;

/** 32 bits high word first, and low word first. */
const big = (value: number): number[] => [(value >>> 16) & HIGH, value & HIGH];
const little = (value: number): number[] => big(value).reverse();
const floats = (value: number): number[] => {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setFloat32(0, value);
  return [bytes.getUint16(0), bytes.getUint16(2)];
};
const doubles = (value: number): number[] => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value);
  return [0, 2, 4, 6].map((at) => bytes.getUint16(at));
};
const minus = (value: number): number => (0x10000 - value) & HIGH;

/** A recorded answer (aa55, unit, function 3, bytes, registers, check sum) as registers. */
const answer = (hex: string): number[] => (hex.slice(10).match(/.{4}/g) ?? []).map((word) => Number.parseInt(word, 16));

// recorded from a GW10K-ET: goodwe, tests/sample/et (MIT), with the figures its own tests expect
const goodweRunning = answer(
  [
    'aa55f703fa1508160b0b0c0cfe00330000069f0cfe0035000006e100000000000000000000000000000000000002020959000f13',
    '8700000150096f000d13870000011f096b000b1387000000ce00010000033ffffffffd0000000000000000095600061386000100',
    '00006b096d000913880001000000bd096c00021387000100000000000000e000000050000000e9000001380000020a000401fe00',
    '00024b00001f640fb209eeff9efffff63000030000002000010000000000000000edb50000007d0000b8520000241e0062000002',
    '4400000001588a007400006bbd003500005f65001d0005000000010000000000000000000107000800000209ee0000',
  ].join(''),
);
const goodweMeter = answer(
  'aa55f7035a00010023000a00000001ffc7ffd2fffaff920538ff6fff84fff2ffb0138d462449804a46a2f9ffffffc7ffffffd2fffffffaffffff92',
);
const goodweBms = answer('aa55f7033000ff01000001015e0019001900000044006300050000');

type Expected = Partial<Omit<Reading, 'device' | 'at' | 'reasons'>>;

const cases: readonly [device: string, what: string, image: Image, expected: Expected][] = [
  ['goodwe-et', 'as recorded', { 35100: goodweRunning }, { powerW: 1695 + 1761, exportWh: 6_085_300 }],
  [
    'goodwe-et-battery',
    'as recorded: charging',
    { 35100: goodweRunning, 37000: goodweBms },
    { powerW: -2512, importWh: 2_758_100, exportWh: 2_442_100, socPerMille: 680, temperatureC: 35 },
  ],
  [
    'goodwe-et-meter',
    'as recorded: importing',
    { 36000: goodweMeter },
    { powerW: 110, importWh: 3_254_462, exportWh: 10_514, frequencyHz: 50.05 },
  ],
  // Shelly, EM component: floats with the low word first
  [
    'shelly-pro-3em',
    'exporting',
    { 1013: floats(-1234.5).reverse(), 1162: floats(500_000).reverse(), 1164: floats(1250).reverse() },
    { powerW: -1234.5, importWh: 500_000, exportWh: 1250 },
  ],
  // evcc, sma-inverter-modbus and sma-hybrid
  [
    'sma-inverter',
    'by day',
    { 30775: big(4321), 30513: [0, 0, ...big(1_234_567)] },
    { powerW: 4321, exportWh: 1_234_567 },
  ],
  ['sma-inverter', 'without the wide counter', { 30775: big(5), 30529: big(77_000) }, { powerW: 5, exportWh: 77_000 }],
  [
    'sma-inverter',
    'at night',
    { 30775: [0x8000, 0], 30513: [HIGH, HIGH, HIGH, HIGH] },
    { powerW: null, exportWh: null, quality: 'missing' },
  ],
  ['sma-battery', 'charging', { 30775: big(-1500), 30845: big(64) }, { powerW: -1500, socPerMille: 640 }],
  [
    'sma-battery-hybrid',
    'without its counters',
    { 30845: big(50), 31395: big(2000), 31397: [HIGH, HIGH, HIGH, HIGH], 31401: [HIGH, HIGH, HIGH, HIGH] },
    { powerW: 2000, socPerMille: 500, importWh: null, exportWh: null, quality: 'measured', counterQuality: 'missing' },
  ],
  ['sma-battery-hybrid', 'discharging', { 30845: big(50), 31395: big(2000) }, { powerW: 2000, socPerMille: 500 }],
  [
    'sma-battery-hybrid',
    'asleep',
    { 30845: [HIGH, HIGH], 31393: [HIGH, HIGH], 31395: [HIGH, HIGH] },
    { powerW: null, socPerMille: null, quality: 'missing' },
  ],
  ['sma-battery-hybrid-meter', 'exporting', { 30865: big(0), 30867: big(900) }, { powerW: -900 }],
  ['sma-battery-hybrid-inverter', 'with two strings', { 30773: big(700), 30961: big(800) }, { powerW: 1500 }],
  // huawei-solar-lib and evcc, huawei-sun2000-hybrid
  [
    'huawei-sun2000-meter',
    'importing',
    { 37113: big(-640), 37119: big(12_345), 37121: big(67_890) },
    { powerW: 640, importWh: 678_900, exportWh: 123_450 },
  ],
  ['huawei-sun2000-meter', 'without its sensor', { 37113: [0x7fff, HIGH] }, { powerW: null, quality: 'missing' }],
  [
    'huawei-sun2000-battery',
    'charging',
    { 37765: big(2500), 37760: [875], 37780: big(1000), 37782: big(900) },
    { powerW: -2500, socPerMille: 875, importWh: 10_000, exportWh: 9000 },
  ],
  // huawei-solar-lib takes 37119 without its sign, since some firmware counts below 0
  [
    'huawei-sun2000-meter',
    'counting downwards',
    { 37119: big(-12_345), 37121: big(678) },
    { importWh: 6780, exportWh: 123_450 },
  ],
  ['huawei-sun2000', 'by day', { 32080: big(3300), 32106: big(98_765) }, { powerW: 3300, exportWh: 987_650 }],
  // openWB and kostal-RESTAPI: low word first
  ['kostal-plenticore-meter', 'exporting', { 252: floats(-1000).reverse() }, { powerW: -1000 }],
  ['kostal-plenticore-battery', 'charging', { 514: [55], 582: [minus(700)] }, { powerW: -700, socPerMille: 550 }],
  ['kostal-plenticore', 'asleep', { 575: [0x7fff] }, { powerW: null, quality: 'missing' }],
  // evcc, solaredge-hybrid: low word first, the lowest float for nothing
  [
    'solaredge-battery',
    'charging',
    { [0xe174]: floats(1200).reverse(), [0xe184]: floats(42.5).reverse(), [0xe176]: [0x86a0, 1, 0, 0] },
    { powerW: -1200, socPerMille: 425, exportWh: 100_000 },
  ],
  ['solaredge-battery', 'without a battery', { [0xe174]: [HIGH, 0xff7f] }, { powerW: null, quality: 'missing' }],
  // evcc, sungrow-hybrid, and modbus_sungrow.yaml
  [
    'sungrow-sh-battery',
    'with the 32-bit power',
    { 5213: little(-1800), 13022: [455], 13026: little(1234), 13033: little(9), 5016: little(3) },
    { powerW: -1800, socPerMille: 455, exportWh: 123_400 },
  ],
  // recorded while charging (evcc, pull request 18473) and while discharging (evcc, issue 18838)
  [
    'sungrow-sh-battery',
    'as recorded',
    { 13022: [0x02c], 13026: [0x6fcc, 0x0000] },
    { socPerMille: 44, exportWh: 2_862_000 },
  ],
  [
    'sungrow-sh-battery',
    'as recorded in the evening',
    { 13022: [0x2b6], 13026: [0x040e, 0x0000], 13002: [0x0403, 0x0000] },
    { socPerMille: 694, exportWh: 103_800 },
  ],
  // srcfl/modbus-debug: 13040 charged, 13045 exported, 0.1 kWh, low word first
  ['sungrow-sh-battery', 'counting', { 13040: little(70_001) }, { importWh: 7_000_100 }],
  ['sungrow-sh-meter', 'counting', { 13045: little(70_002) }, { exportWh: 7_000_200 }],
  ['sungrow-sh-battery', 'on older firmware', { 13033: little(2500), 5016: little(1000) }, { powerW: 1500 }],
  ['sungrow-sh-battery', 'with an empty 32-bit power', { 5213: [HIGH, 0x7fff], 13033: little(2500) }, { powerW: 2500 }],
  [
    'sungrow-sh-meter',
    'exporting',
    { 13009: little(700), 13036: little(70_000) },
    { powerW: -700, importWh: 7_000_000 },
  ],
  ['sungrow-sh', 'by day', { 5016: little(70_000), 13002: little(5) }, { powerW: 70_000, exportWh: 500 }],
  ['sungrow-sg', 'by day', { 5030: little(70_000), 5003: little(80_000) }, { powerW: 70_000, exportWh: 80_000_000 }],
  ['sungrow-sg-meter', 'importing', { 5082: little(70_000), 5098: little(4) }, { powerW: 70_000, importWh: 400 }],
  // deye-inverter-mqtt: low word first, tenths of kWh; powers of the high-voltage hybrids in tens of watts
  [
    'deye-sg04lp3-battery',
    'charging',
    { 590: [minus(1500)], 588: [80], 516: little(100_000) },
    { powerW: -1500, socPerMille: 800, importWh: 10_000_000 },
  ],
  ['deye-sg01hp3-battery', 'discharging', { 590: [150], 588: [80] }, { powerW: 1500 }],
  ['deye-sg01hp3', 'by day', { 672: [300], 673: [200] }, { powerW: 5000 }],
  [
    'deye-sg04lp3-meter',
    'exporting',
    { 625: [minus(800)], 524: little(65_537) },
    { powerW: -800, exportWh: 6_553_700 },
  ],
  [
    'deye-single-phase-meter',
    'with the words of its counter apart',
    { 169: [400], 78: [1], 79: [5000], 80: [1] },
    { powerW: 400, importWh: 6_553_700 },
  ],
  // dbus_modbustcp, attributes.csv
  ['victron-gx', 'with PV on AC and on DC', { 808: [100], 811: [200], 850: [300] }, { powerW: 600 }],
  ['victron-gx', 'without PV on DC', { 808: [100], 811: [200] }, { powerW: 300 }],
  ['victron-gx-meter', 'exporting', { 820: [minus(500)], 821: [100] }, { powerW: -400 }],
  ['victron-gx-battery', 'charging', { 842: [2000], 843: [77] }, { powerW: -2000, socPerMille: 770 }],
  // attributes.csv and hass-victron: 2634 and 2636 count all phases together, less than the phases each by itself
  [
    'victron-grid-meter',
    'with counters of all phases',
    {
      2622: [...big(900), ...big(100), ...big(0), ...big(50), ...big(300), ...big(0)],
      2634: [...big(70_000), ...big(20)],
    },
    { importWh: 700_000, exportWh: 200 },
  ],
  [
    'victron-grid-meter',
    'importing',
    { 2600: [500], 2622: big(700_00), 2628: big(1) },
    { powerW: 500, importWh: 700_000, exportWh: 10 },
  ],
  ['victron-multiplus', 'charging', { 12: [150], 30: [503] }, { powerW: -1500, socPerMille: 503 }],
  // evcc, marstek-venus
  ['marstek-venus', 'charging', { 32202: big(-800), 32104: [33] }, { powerW: -800, socPerMille: 330 }],
  // evcc, growatt templates, and homeassistant-solax-modbus, plugin_growatt
  ['growatt', 'by day', { 1: big(50_000), 91: big(123) }, { powerW: 5000, exportWh: 12_300 }],
  ['growatt-meter', 'exporting', { 1029: big(9000) }, { powerW: -900 }],
  ['growatt-battery', 'charging', { 1011: big(20_000), 1014: [60] }, { powerW: -2000, socPerMille: 600 }],
  ['growatt-tlx', 'by day', { 3001: big(30_000) }, { powerW: 3000 }],
  ['growatt-tlx-meter', 'importing', { 3041: big(4000), 3069: big(10) }, { powerW: 400, importWh: 1000 }],
  ['growatt-tlx-battery', 'discharging', { 3178: big(15_000), 3171: [44] }, { powerW: 1500, socPerMille: 440 }],
  // evcc and homeassistant-solax-modbus: export is +, charging is +
  ['solax-x3', 'by day', { 10: [1000], 11: [500] }, { powerW: 1500 }],
  ['solax-x3-meter', 'exporting', { 70: little(70_000) }, { powerW: -70_000 }],
  ['solax-x3-battery', 'charging', { 22: [900], 28: [90] }, { powerW: -900, socPerMille: 900 }],
  // evcc and foxess_modbus
  ['foxess-h3', 'by day', { 31002: [1500], 31005: [600] }, { powerW: 2100 }],
  ['foxess-h3-meter', 'exporting', { 31026: [100], 31027: [200], 31028: [300] }, { powerW: -600 }],
  ['foxess-h3-battery', 'discharging', { 31036: [700], 31038: [22] }, { powerW: 700, socPerMille: 220 }],
  // E3/DC, simple mode
  ['e3dc', 'by day', { 40067: little(70_000) }, { powerW: 70_000 }],
  ['e3dc-meter', 'exporting', { 40073: little(-2500) }, { powerW: -2500 }],
  ['e3dc-battery', 'charging', { 40069: little(1200), 40082: [71] }, { powerW: -1200, socPerMille: 710 }],
  // FEMS: powers as floats, counters as doubles, in Wh
  ['fenecon-fems', 'by day', { 327: floats(2500), 367: doubles(3_000_000) }, { powerW: 2500, exportWh: 3_000_000 }],
  [
    'fenecon-fems-meter',
    'exporting',
    { 315: floats(-750), 359: doubles(10), 363: doubles(20) },
    { powerW: -750, importWh: 10, exportWh: 20 },
  ],
  ['fenecon-fems-battery', 'discharging', { 302: [48], 415: floats(640) }, { powerW: 640, socPerMille: 480 }],
  // evcc, alpha-ess
  ['alpha-ess', 'charging', { 294: [minus(1000)], 258: [505] }, { powerW: -1000, socPerMille: 505 }],
  ['alpha-ess-meter', 'importing', { 33: big(350), 18: big(123) }, { powerW: 350, importWh: 1230 }],
  // evcc and homeassistant-solax-modbus, plugin_sofar
  ['sofar-hyd', 'by day', { 1476: [45] }, { powerW: 4500 }],
  ['sofar-hyd-meter', 'exporting', { 1160: [120], 1678: big(99) }, { powerW: -1200, importWh: 9900 }],
  // evcc, saj-h2
  ['saj-h2', 'by day', { 16549: [4000], 16581: big(1234) }, { powerW: 4000, exportWh: 12_340 }],
  ['saj-h2-battery', 'discharging', { 16550: [900], 40972: [6450] }, { powerW: 900, socPerMille: 645 }],
  // evcc, varta; openWB
  ['varta-pulse', 'charging', { 1066: [800], 1068: [65] }, { powerW: -800, socPerMille: 650 }],
  ['varta-pulse-meter', 'importing', { 1078: [minus(300)] }, { powerW: 300 }],
  // evcc and openWB, sigenergy
  ['sigenergy', 'by day', { 30035: big(6000) }, { powerW: 6000 }],
  ['sigenergy-meter', 'exporting', { 30005: big(-2000) }, { powerW: -2000 }],
  ['sigenergy-battery', 'charging', { 30037: big(3000), 30014: [815] }, { powerW: -3000, socPerMille: 815 }],
  // openWB and the maker's own integration
  ['anker-solix-x1', 'discharging', { 10008: little(1500), 10014: [37] }, { powerW: 1500, socPerMille: 370 }],
];

describe('hybrids', () => {
  for (const [device, what, image, expected] of cases) {
    it(`${device}: ${what}`, () => {
      const reading = readingOf(deviceById(device), image);
      const same = Object.fromEntries(Object.keys(expected).map((key) => [key, reading[key as keyof Reading]]));
      assert.deepEqual(same, expected);
    });
  }

  it('has phases with the sign of the whole', () => {
    const powers = (device: string, image: Image) => readingOf(deviceById(device), image).phases?.map((p) => p.powerW);
    const down = (watts: number) => big(-watts);
    assert.deepEqual(powers('huawei-sun2000-meter', { 37132: [...down(1), ...down(2), ...big(3)] }), [1, 2, -3]);
    assert.deepEqual(powers('goodwe-et-meter', { 36000: goodweMeter }), [57, 46, 6]);
    assert.deepEqual(powers('kostal-plenticore-meter', { 224: floats(5).reverse() }), [5, 0, 0]);
    assert.deepEqual(powers('sungrow-sh-meter', { 5602: little(-7) }), [-7, 0, 0]);
    assert.deepEqual(powers('victron-gx-meter', { 820: [minus(500), 1, 2] }), [-500, 1, 2]);
  });
});
