// Nodes as their dialogs store them, for flows of the tests: the fields that matter to a test are given by it.
import type { FlowItem } from './flow.ts';

const START = '2017-07-10T06:00Z';

/** A community as its dialog stores it: simulated, paused by the test or running at the given speed. */
export const communityNode = (more: object = {}): FlowItem => ({
  id: 'community',
  type: 'microgrid-community',
  name: '',
  configVersion: 1,
  origin: 'sunny-street.example',
  currency: 'EUR',
  importTariff: '30',
  feedInTariff: '8',
  gateLeadMinutes: '5',
  maxOrderKWh: '100',
  ordersPerMember: '10',
  clock: 'simulated',
  start: START,
  speed: '1',
  ...more,
});

export const memberNode = (more: object = {}): FlowItem => ({
  id: 'member',
  type: 'microgrid-member',
  name: '',
  configVersion: 1,
  community: 'community',
  memberId: 'home-01',
  kind: 'home',
  ...more,
});

export const modbusNode = (port: number | string, more: object = {}): FlowItem => ({
  id: 'modbus',
  type: 'microgrid-modbus',
  name: '',
  configVersion: 1,
  host: '127.0.0.1',
  port: String(port),
  timeoutSeconds: '1',
  gapMs: '0',
  ...more,
});

export const intervalNode = (more: object = {}): FlowItem => ({
  id: 'interval',
  type: 'microgrid-interval',
  name: '',
  configVersion: 1,
  community: 'community',
  outputs: 4,
  ...more,
});

export const siteNode = (port: number | string, more: object = {}): FlowItem => ({
  id: 'site',
  type: 'microgrid-virtual-site',
  name: '',
  configVersion: 2,
  batteryModel: 'ideal',
  member: 'member',
  profile: 'street',
  column: '',
  csv: '',
  port: String(port),
  batteryKWh: '6.4',
  batteryKW: '5',
  efficiency: '90',
  startSoc: '50',
  outputs: 1,
  ...more,
});

export const meterNode = (more: object = {}): FlowItem => ({
  id: 'meter',
  type: 'microgrid-meter',
  name: '',
  configVersion: 1,
  member: 'member',
  modbus: 'modbus',
  device: 'eastron-sdm630',
  unit: '1',
  role: 'grid',
  pollSeconds: '60',
  connectionKW: '25',
  outputs: 2,
  ...more,
});

export const batteryNode = (more: object = {}): FlowItem => ({
  id: 'battery',
  type: 'microgrid-battery',
  name: '',
  configVersion: 2,
  member: 'member',
  modbus: 'modbus',
  device: 'sunspec-battery-124',
  unit: '3',
  capacityKWh: '6.4',
  maxChargeKW: '5',
  maxDischargeKW: '5',
  minSoc: '10',
  maxSoc: '100',
  rampWPerSecond: '',
  staleSeconds: '300',
  validSeconds: '600',
  mode: 'self-consumption',
  reserveSoc: '',
  peakImportKW: '',
  exportLimitKW: '',
  minChargeC: '0',
  maxChargeC: '50',
  minDischargeC: '',
  maxDischargeC: '',
  connectionKW: '',
  fuseA: '',
  phase: 'all',
  peakPhaseKW: '',
  targetW: '',
  deadbandW: '',
  stepW: '',
  followSeconds: '120',
  planHours: '',
  writesPerDay: '',
  outputs: 2,
  ...more,
});

/** A reading node as a new one is stored: power at msg.payload. */
export const readingNode = (more: object = {}): FlowItem => {
  const names = [
    'powerExport',
    'importEnergy',
    'exportEnergy',
    'phase1',
    'phase2',
    'phase3',
    'frequency',
    'charge',
    'time',
  ];
  const given: Readonly<Record<string, unknown>> = { ...more };
  const paths = names.flatMap((name) => [
    [name, ''],
    [`${name}Type`, given[name] ? 'msg' : 'none'],
  ]);
  return {
    id: 'reading',
    type: 'microgrid-reading',
    name: '',
    configVersion: 1,
    member: 'member',
    role: 'grid',
    source: 'fields',
    property: 'payload',
    power: 'payload',
    powerType: 'msg',
    ...Object.fromEntries(paths),
    powerUnit: 'W',
    sign: 'normal',
    energyUnit: 'kWh',
    chargeUnit: 'percent',
    clock: 'message',
    exportCounter: 'missing',
    smlFault: 'none',
    maxAgeSeconds: '60',
    silentSeconds: '300',
    connectionKW: '25',
    outputs: 2,
    ...more,
  };
};

export const pricesNode = (more: object = {}): FlowItem => ({
  id: 'prices',
  type: 'microgrid-prices',
  name: '',
  configVersion: 1,
  community: 'community',
  property: 'payload',
  unit: 'kWh',
  outputs: 1,
  ...more,
});

/** A tariff as a new one is stored: 30 ct and 8 ct at all times. */
export const tariffNode = (more: object = {}): FlowItem => ({
  id: 'tariff',
  type: 'microgrid-tariff',
  name: '',
  configVersion: 1,
  community: 'community',
  timeZone: 'Europe/Paris',
  importKind: 'fixed',
  importPrice: '30',
  importRates: '',
  importFactor: '100',
  importMarkup: '0',
  importFloor: '',
  feedInKind: 'fixed',
  feedInPrice: '8',
  feedInRates: '',
  feedInFactor: '100',
  feedInMarkup: '0',
  feedInFloor: '',
  networkFeeder: '0',
  networkSubstation: '0',
  networkBeyond: '0',
  levies: '0',
  vat: '0',
  feedInVat: '0',
  capacityPrice: '0',
  capacityFreeKW: '0',
  balancing: 'supplier/1',
  penalty: '0',
  holidays: '',
  validFrom: '',
  validUntil: '',
  outputs: 2,
  ...more,
});
