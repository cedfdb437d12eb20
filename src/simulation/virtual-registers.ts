// The registers a virtual site shows, encoded from the same catalogue files that real devices are read with. Unit 1: grid
// meter (Eastron SDM630). Unit 2: PV inverter (SunSpec 103). Unit 3: battery (SunSpec 103, 120, 124).
import { eastronSdm630 } from '../devices/catalogue/eastron-sdm630.ts';
import { sunspecBattery124 } from '../devices/catalogue/sunspec-battery-124.ts';
import { sunspecInverter103 } from '../devices/catalogue/sunspec-inverter-103.ts';
import { encodeBlock, type Values } from '../devices/codec.ts';
import { blockOf, type DeviceDescription } from '../devices/description.ts';
import { blocksOfDevice } from './device-image.ts';
import { type Image, nameOf, placesOf } from './register-map.ts';
import type { SiteRun } from './site-run.ts';
import { type BatterySpec, counterWh, socPerMille, storedAt, WMS_PER_WH } from './virtual-site.ts';
import { FULL_PERCENT, fullScaleW, type StorageControl } from './virtual-storage.ts';
import type { VirtualUnit } from './virtual-unit.ts';

export const METER_UNIT = 1;
export const INVERTER_UNIT = 2;
export const BATTERY_UNIT = 3;

/** SunSpec counters never show 0 (it would mean "not implemented"): these devices ran in their factory already. */
export const FACTORY_TEST_WH = 1000;

const SUNSPEC_BASE = 40_000;
const VOLTAGE = 230;
const FREQUENCY = 50;

/** The units of a site as a server shows them. */
export function unitsOf(site: SiteRun): Map<number, VirtualUnit> {
  const units = new Map<number, VirtualUnit>();
  units.set(
    METER_UNIT,
    readOnly(eastronSdm630, () => meterImage(site)),
  );
  if (site.pv)
    units.set(
      INVERTER_UNIT,
      readOnly(sunspecInverter103, () => inverterImage(site)),
    );
  if (!site.battery) return units;
  return units.set(BATTERY_UNIT, {
    description: sunspecBattery124,
    images: () => [batteryImage(site)],
    write(address, values) {
      const points = pointsWritten(address, values);
      if (!points) return 2;
      return site.write(points) ? 0 : 3;
    },
    reboot: () => void site.write(switchedOn),
  });
}

/** What a battery's control holds when it was switched on. */
const switchedOn: ReadonlyMap<string, number> = new Map([
  ['StorCtl_Mod', 0],
  ['OutWRte', FULL_PERCENT],
  ['InWRte', FULL_PERCENT],
  ['InOutWRte_RvrtTms', 0],
]);

function readOnly(description: DeviceDescription, image: () => Image): VirtualUnit {
  return { description, images: () => [image(), ...nameOf(description)], write: () => 2, reboot: () => {} };
}

/** Raw values of whole points, signed where the point is, by name; null when the registers are not exactly writable points. */
function pointsWritten(address: number, values: readonly number[]): Map<string, number> | null {
  const storage = blockOf(sunspecBattery124, 'storage');
  const written = new Map<string, number>();
  for (const [index, value] of values.entries()) {
    const offset = address + index - storageAddress();
    const point = storage.points.find((candidate) => candidate.offset === offset && candidate.writable);
    if (!point) return null;
    written.set(point.name, point.type === 'int16' && value > 0x7fff ? value - 0x1_0000 : value);
  }
  return written;
}

function meterImage(site: SiteRun): Image {
  const { gridW } = site.power;
  const { importWms, exportWms } = site.site;
  const { at } = site.snapshot();
  const phases: Record<string, number> = {};
  for (const [index, phase] of ['L1', 'L2', 'L3'].entries()) {
    const voltage = voltageAt(at, index);
    phases[`voltage${phase}`] = voltage;
    phases[`current${phase}`] = Math.abs(gridW) / 3 / voltage;
    phases[`power${phase}`] = gridW / 3;
  }
  const values: Values = {
    ...phases,
    power: gridW,
    frequency: FREQUENCY,
    import: counterWh(importWms) / 1000,
    export: counterWh(exportWms) / 1000,
  };
  return { table: 'input', base: 0, registers: encodeBlock(blockOf(eastronSdm630, 'measured'), values) };
}

/** Voltages are never still: by them a meter that hangs is told from a house at rest. Another one each second, 228 to 232 V. */
function voltageAt(at: number, phase: number): number {
  const second = Math.floor(at / 1000);
  return VOLTAGE - 1.9 + (((second % 9973) * 7919 + phase * 13) % 39) / 10;
}

function inverterImage(site: SiteRun): Image {
  const { pvW } = site.power;
  return sunspecImage(sunspecInverter103, {
    common: maker('PV inverter', 'PV-1'),
    inverter: inverterValues(pvW, site.site.pvWms, pvW > 0 ? 4 : 2),
  });
}

function batteryImage(site: SiteRun): Image {
  const { battery, storage } = site;
  if (!battery || !storage) throw new Error('a site without a battery shows none');
  const { batteryW } = site.power;
  const state = site.site;
  return sunspecImage(sunspecBattery124, {
    common: maker('Battery', 'BAT-1'),
    inverter: inverterValues(batteryW, state.dischargeWms, batteryW === 0 ? 8 : 4),
    nameplate: nameplateValues(battery),
    storage: storageValues({ ...battery, capacityWh: site.capacityWh }, storage, state.stored, batteryW),
  });
}

function maker(model: string, serial: string): Values {
  return { ID: 1, L: 66, Mn: 'Microgrid', Md: `Virtual ${model}`, Vr: '1.0', SN: serial, DA: 1, Pad: 0x8000 };
}

/** Large powers change the scale factor at run time, as some inverters do. */
function inverterValues(watts: number, energyWms: number, state: number): Values {
  const current = Math.abs(watts) / VOLTAGE;
  const powerScale = Math.abs(watts) > 32_767 ? 1 : 0;
  return {
    ID: 103,
    L: 50,
    A: current,
    AphA: current / 3,
    AphB: current / 3,
    AphC: current / 3,
    A_SF: current > 650 ? 0 : -2,
    PhVphA: VOLTAGE,
    PhVphB: VOLTAGE,
    PhVphC: VOLTAGE,
    V_SF: -1,
    W: watts,
    W_SF: powerScale,
    Hz: FREQUENCY,
    Hz_SF: -2,
    WH: counterWh(energyWms) + FACTORY_TEST_WH,
    WH_SF: 0,
    TmpCab: 25,
    Tmp_SF: -1,
    St: state,
    Evt1: 0,
    Evt2: 0,
  };
}

function nameplateValues(battery: BatterySpec): Values {
  const scale = (value: number) => (value > 65_534 ? 2 : 0);
  const rated = fullScaleW(battery);
  return {
    ID: 120,
    L: 26,
    DERTyp: 82,
    WRtg: rated,
    WRtg_SF: scale(rated),
    VARtg: rated,
    VARtg_SF: scale(rated),
    WHRtg: battery.capacityWh,
    WHRtg_SF: scale(battery.capacityWh),
    MaxChaRte: battery.maxChargeW,
    MaxChaRte_SF: scale(battery.maxChargeW),
    MaxDisChaRte: battery.maxDischargeW,
    MaxDisChaRte_SF: scale(battery.maxDischargeW),
    Pad: 0x8000,
  };
}

function storageValues(battery: BatterySpec, storage: StorageControl, stored: number, batteryW: number): Values {
  const hundredths = Math.min(10_000, Math.floor(stored / ((battery.capacityWh * WMS_PER_WH) / 10)));
  const full = fullScaleW(battery);
  return {
    ID: 124,
    L: 24,
    WChaMax: full,
    WChaMax_SF: full > 65_534 ? 2 : 0,
    WChaGra: 100,
    WDisChaGra: 100,
    WChaDisChaGra_SF: 0,
    StorCtl_Mod: storage.mode,
    MinRsvPct: (storage.reserve * 100) / FULL_PERCENT,
    MinRsvPct_SF: -2,
    ChaState: hundredths / 100,
    ChaState_SF: -2,
    ChaSt: chargeStatus(battery, storage, stored, batteryW),
    OutWRte: (storage.outRate * 100) / FULL_PERCENT,
    InWRte: (storage.inRate * 100) / FULL_PERCENT,
    InOutWRte_SF: -2,
    InOutWRte_WinTms: storage.windowSeconds,
    InOutWRte_RvrtTms: storage.revertSeconds,
    InOutWRte_RmpTms: storage.rampSeconds,
    ChaGriSet: storage.gridCharging,
  };
}

/** ChaSt of model 124: 2 empty, 3 discharging, 4 charging, 5 full, 6 holding. */
function chargeStatus(battery: BatterySpec, storage: StorageControl, stored: number, batteryW: number): number {
  if (batteryW > 0) return 3;
  if (batteryW < 0) return 4;
  if (stored >= storedAt(battery, 1000) - battery.maxChargeW * battery.roundTripPerMille) return 5;
  return socPerMille(battery, stored) <= storage.reserve / 10 ? 2 : 6;
}

function sunspecImage(description: DeviceDescription, values: Readonly<Record<string, Values>>): Image {
  const registers = [0x5375, 0x6e53];
  for (const block of blocksOfDevice(description)) registers.push(...encodeBlock(block, values[block.name] ?? {}));
  return { table: 'holding', base: SUNSPEC_BASE, registers: [...registers, 0xffff, 0] };
}

/** Where the battery's storage model starts. */
function storageAddress(): number {
  return placesOf(sunspecBattery124).get('storage') ?? 0;
}
