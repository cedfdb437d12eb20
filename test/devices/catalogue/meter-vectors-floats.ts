// Meters whose registers hold IEEE 754 numbers; see meter-vectors.ts.
import { noFrequency, one, three, type Vector } from './meter-vectors.ts';

// IEEE 754 single precision.
const voltages = '4366 0000 4367 0000 4365 0000';
const currents = '4020 0000 3fc0 0000 3f00 0000';
const watts = 'c49c 4000 443b 8000 c37a 0000';
const kilowatts = 'bfa0 0000 3f40 0000 be80 0000';
const hertz = '4248 0000';
const taken = '449a 5000'; // 1 234.5 kWh
const given = '4144 0000'; // 12.25 kWh

const sdmThree = { 0: voltages, 6: currents, 12: watts, 52: 'c43b 8000' };
const sdmCounters = { 70: hertz, 72: taken, 74: given };
const sdmOne = { 0: '4366 0000', 6: '4020 0000', 12: 'c49c 4000', ...sdmCounters };
const pro380 = {
  20482: voltages,
  20488: hertz,
  20492: currents,
  20498: `bf40 0000 ${kilowatts}`,
  24588: taken,
  24600: given,
};

export const floatVectors: readonly Vector[] = [
  {
    id: 'eastron-sdm72v2',
    source: 'nmakel/sdm_modbus, class SDM72V2',
    words: { ...sdmThree, ...sdmCounters },
    reads: three,
  },
  {
    id: 'eastron-sdm72',
    source: 'reaper7/SDM_Energy_Meter, SDM.h: SDM72_TOTAL_SYSTEM_POWER 0x0034, import 0x0048, export 0x004A',
    words: { 52: 'c43b 8000', 72: taken, 74: given },
    reads: { powerW: -750, importWh: 1_234_500, exportWh: 12_250 },
  },
  { id: 'eastron-sdm120', source: 'reaper7/SDM_Energy_Meter, SDM.h', words: sdmOne, reads: one },
  { id: 'eastron-sdm220', source: 'reaper7/SDM_Energy_Meter, SDM.h', words: sdmOne, reads: one },
  { id: 'eastron-sdm230', source: 'reaper7/SDM_Energy_Meter, SDM.h', words: sdmOne, reads: one },
  {
    id: 'eastron-sdm54',
    source: 'nmakel/sdm_modbus, class SDM630 (the family)',
    words: { ...sdmThree, ...sdmCounters },
    reads: three,
  },
  {
    id: 'eastron-x96-1a',
    source: 'nmakel/sdm_modbus, class SDM630 (the family)',
    words: { ...sdmThree, ...sdmCounters },
    reads: three,
  },
  {
    id: 'janitza-umg96',
    source: 'openWB, janitza/counter.py and cFos (Wh at 19068 and 19076); OpenEMS, MeterJanitzaUmg96rmeImpl.java',
    words: {
      19000: voltages,
      19012: currents,
      19020: `${watts} c43b 8000`,
      19050: hertz,
      19068: '4996 b220',
      19076: '463f 6800',
    },
    reads: three,
  },
  {
    id: 'janitza-b23',
    source: 'volkszaehler/mbmd, janitza.go (no other); Wh as the UMG 96 has it',
    words: {
      19000: voltages,
      19012: currents,
      19020: `${watts} c43b 8000`,
      19050: hertz,
      19068: '4996 b220',
      19076: '463f 6800',
    },
    reads: three,
  },
  {
    id: 'siemens-pac2200',
    source: 'openWB, siemens_sentron/counter.py and OpenEMS, pac2200_3200_4200: doubles in Wh at 801 and 809',
    words: {
      1: voltages,
      13: currents,
      25: watts,
      65: 'c43b 8000',
      801: '4132 d644 0000 0000',
      809: '40c7 ed00 0000 0000',
    },
    reads: noFrequency(three),
  },
  {
    id: 'schneider-iem3000',
    source: 'NicoloToscani/node-red-contrib-schneider-powerlogic, iem3000.js: kW, 64-bit Wh at 3203',
    words: {
      2999: currents,
      3027: voltages,
      3053: `${kilowatts} bf40 0000`,
      3109: hertz,
      3203: '0000 0000 0012 d644',
      3207: '0000 0000 0000 2fda',
    },
    reads: three,
  },
  {
    id: 'inepro-pro380',
    source: 'victronenergy/dbus-modbus-client, inepro.py: kW and kWh',
    words: pro380,
    reads: three,
  },
  { id: 'wago-879', source: 'WAGO, manual of the 879-30xx; SmartEVSE meter.cpp: kW', words: pro380, reads: three },
  {
    id: 'orno-we516',
    source: 'Tasmota, xnrg_17_ornowe517.ino (kW); ivanovp, software_or-we-516: 0x108 forward, 0x110 reverse',
    words: {
      14: voltages,
      20: hertz,
      22: currents,
      28: `bf40 0000 ${kilowatts}`,
      264: taken,
      272: given,
    },
    reads: three,
  },
  {
    id: 'chint-dtsu666',
    source: 'lsilberbauer/DTSU666_Grafana, main.py: 0.1 V, 1 mA, 0.1 W, 0.01 Hz, kWh',
    words: {
      8198: '450f c000 4510 6000 450f 2000', // 2300, 2310, 2290
      8204: '451c 4000 44bb 8000 43fa 0000', // 2500, 1500, 500
      8210: 'c5ea 6000 c643 5000 45ea 6000 c51c 4000', // -7500, -12500, 7500, -2500
      8260: '459c 4000', // 5000
      4126: taken,
      4136: given,
    },
    reads: three,
  },
  {
    id: 'solaredge-se-mtr-3y',
    source: 'open-watt/openwatt, solaredge_meter.d: f32le (low word first)',
    words: {
      1006: '5000 449a',
      1008: '8000 c43b 4000 c49c 8000 443b 0000 c37a',
      1018: '0000 4366 0000 4367 0000 4365',
      1032: '0000 4248',
      1114: '0000 4144',
      1162: '0000 4020 0000 3fc0 0000 3f00',
    },
    reads: three,
  },
  {
    id: 'finder-7m38',
    source: 'koestler/go-iotdevice, finder7M38.go (all but the counters)',
    words: {
      2498: hertz,
      2500: voltages,
      2516: currents,
      2530: `${watts} c43b 8000`,
      2752: '4996 b220',
      2756: '463f 6800',
    },
    reads: three,
  },
  {
    id: 'finder-7m24',
    source: 'star.ke.st, 7M.24 and 7M.38 (all but the counters)',
    words: {
      2498: hertz,
      2500: '4366 0000',
      2516: '4020 0000',
      2536: 'c49c 4000',
      2752: '4996 b220',
      2756: '463f 6800',
    },
    reads: one,
  },
  {
    id: 'ddm18sd',
    source: 'e-tinkers/Modbus-RTU, DDM18SD: 43 6B 58 0E is 235.3 V; kW',
    words: { 0: '436b 580e', 8: '4020 0000', 18: '3fa0 0000', 54: hertz, 256: taken },
    reads: { powerW: 1250, importWh: 1_234_500, exportWh: null, frequencyHz: 50, phases: [[235.344, 2.5, 1250]] },
  },
];
