// Addresses, types, word order, scales and signs of device files against the templates of evcc (MIT), which are maintained
// apart from this project by people who own the devices.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { deviceById } from '../../../src/devices/catalogue-store.ts';
import {
  blockOf,
  type DeviceDescription,
  pointOf,
  type Quantity,
  type Term,
} from '../../../src/devices/description.ts';
import { needSharedData } from '../../support/shared-data.ts';

interface Register {
  readonly address: number;
  /** Such as `int32`, with `low` for low word first. */
  readonly type: string;
  readonly factor: number;
}

const usage = /eq \.usage "(\w+)"/;
const quantity = /^ {2}(\w+):/;
const numbers = { address: /address: (\w+)/, decode: /decode: (\w+)/, scale: /scale: (-?[\d.]+)/ };

/** The registers of a template that are read, by `usage quantity`, with the factors to its units (W, kWh, %). */
function templateRegisters(yaml: string): Map<string, Register[]> {
  const found = new Map<string, Register[]>();
  let [use, name] = ['', ''];
  for (const line of yaml.slice(yaml.indexOf('render:')).split('\n')) {
    use = usage.exec(line)?.[1] ?? use;
    name = quantity.exec(line)?.[1] ?? name;
    const list = found.get(`${use} ${name}`) ?? [];
    found.set(`${use} ${name}`, list);
    const last = list.at(-1);
    const address = numbers.address.exec(line)?.[1];
    const decode = numbers.decode.exec(line)?.[1];
    const scale = numbers.scale.exec(line)?.[1];
    if (address) list.push({ address: Number(address), type: decode ?? '', factor: 1 });
    if (last && decode) list.splice(-1, 1, { ...last, type: typeOf(decode) });
    if (last && scale) list.splice(-1, 1, { ...last, factor: Number(scale) });
  }
  return found;
}

/** Their "nan" is a sentinel, which every type has here, their closing "s" means low word first. */
function typeOf(decode: string): string {
  const [, plain = '', low = ''] = /^((?:u?int|float)\d+)(?:nan)?(s?)(?:nan)?$/.exec(decode) ?? [];
  return low ? `${plain} low` : plain;
}

function registersOf(description: DeviceDescription, from: Quantity, perUnit: number): Register[] {
  if ('firstOf' in from) return registersOf(description, from.firstOf[0]!, perUnit);
  const terms: readonly Term[] = 'sum' in from ? from.sum : [from];
  return terms.map(({ block: name, point: pointName, times = 1 }) => {
    const { at } = blockOf(description, name);
    const { offset, type, lowWordFirst, scale = 0 } = pointOf(blockOf(description, name), pointName);
    assert.ok('address' in at);
    const factor = (10 ** scale * times) / perUnit;
    return { address: at.address + offset, type: lowWordFirst ? `${type} low` : type, factor };
  });
}

/** Counters and states are never negative, so that signed and unsigned types mean the same there. */
const width = (type: string): string => type.replace('uint', 'int');

const units: Record<string, number> = { energy: 1000, returnenergy: 1000, soc: 10 };
const { entries } = Object;

type Map_ = Record<string, 'powerW' | 'importWh' | 'exportWh' | 'socPerMille'>;
const meter: Map_ = { power: 'powerW', energy: 'importWh', returnenergy: 'exportWh' };
const roof: Map_ = { power: 'powerW', energy: 'exportWh' };
const battery: Map_ = { power: 'powerW', energy: 'exportWh', returnenergy: 'importWh', soc: 'socPerMille' };

function only(map: Map_, ...names: string[]): Map_ {
  return Object.fromEntries(entries(map).filter(([name]) => names.includes(name)));
}

/** What of each template is compared; the rest of its quantities comes from other registers, or from none. */
const compared: readonly [template: string, use: string, device: string, map: Map_][] = [
  ['huawei-sun2000-hybrid', 'grid', 'huawei-sun2000-meter', meter],
  ['huawei-sun2000-hybrid', 'battery', 'huawei-sun2000-battery', battery],
  ['huawei-sun2000-inverter', '', 'huawei-sun2000', roof],
  ['sma-hybrid', 'grid', 'sma-battery-hybrid-meter', only(meter, 'power', 'energy')],
  ['sma-hybrid', 'pv', 'sma-battery-hybrid-inverter', only(roof, 'power')],
  ['sma-hybrid', 'battery', 'sma-battery-hybrid', only(battery, 'power', 'energy', 'soc')],
  ['sma-inverter-modbus', '', 'sma-inverter', roof],
  ['sma-sbs-modbus', '', 'sma-battery', only(battery, 'power', 'energy', 'soc')],
  ['solaredge-hybrid', 'battery', 'solaredge-battery', battery],
  ['sungrow-hybrid', 'grid', 'sungrow-sh-meter', only(meter, 'power', 'energy')],
  ['sungrow-hybrid', 'pv', 'sungrow-sh', roof],
  ['sungrow-hybrid', 'battery', 'sungrow-sh-battery', only(battery, 'energy', 'soc')],
  ['victron-energy', 'grid', 'victron-gx-meter', only(meter, 'power')],
  ['victron-energy', 'pv', 'victron-gx', only(roof, 'power')],
  ['victron-energy', 'battery', 'victron-gx-battery', only(battery, 'power', 'soc')],
];

describe('device files and the templates of evcc', () => {
  for (const [template, use, device, map] of compared) {
    it(`${device} reads what ${template} reads`, function () {
      const path = needSharedData(this, `devices/evcc_templates/${template}.yaml`);
      const theirs = templateRegisters(readFileSync(path, 'utf8'));
      const description = deviceById(device);
      for (const [name, ours] of entries(map)) {
        const from = description.reading[ours];
        assert.ok(from, `${device} has no ${ours}`);
        const mine = registersOf(description, from, units[name] ?? 1);
        const same = theirs.get(`${use} ${name}`) ?? [];
        const sorted = (list: Register[]) =>
          list
            .map((each) => ({ ...each, factor: Number(each.factor.toPrecision(9)), type: width(each.type) }))
            .sort((a, b) => a.address - b.address);
        assert.deepEqual(sorted(mine), sorted(same), name);
        if (name === 'power' && mine.length === 1) assert.equal(mine[0]?.type, same[0]?.type);
      }
    });
  }

  const phased: readonly [template: string, device: string, name: string, of: 'powerW' | 'currentA' | 'voltageV'][] = [
    ['huawei-sun2000-hybrid', 'huawei-sun2000-meter', 'powers', 'powerW'],
    ['huawei-sun2000-hybrid', 'huawei-sun2000-meter', 'currents', 'currentA'],
    ['huawei-sun2000-hybrid', 'huawei-sun2000-meter', 'voltages', 'voltageV'],
    ['victron-energy', 'victron-grid-meter', 'currents', 'currentA'],
  ];
  for (const [template, device, name, of] of phased) {
    it(`${device} has the ${name} of ${template}`, function () {
      const path = needSharedData(this, `devices/evcc_templates/${template}.yaml`);
      const theirs = templateRegisters(readFileSync(path, 'utf8')).get(`grid ${name}`);
      const description = deviceById(device);
      const mine = (description.reading.phases ?? []).flatMap((phase) => registersOf(description, phase[of]!, 1));
      assert.deepEqual(mine, theirs);
    });
  }

  const commanded: readonly [template: string, device: string, addresses: readonly number[]][] = [
    ['kostal-plenticore-gen2', 'kostal-plenticore-battery', [1034]],
    ['sungrow-hybrid', 'sungrow-sh-battery', [13_049, 13_050, 13_051]],
    ['sma-sbs-modbus', 'sma-battery', [40_236, 40_793, 40_795, 40_797, 40_799, 40_801]],
    ['solaredge-hybrid', 'solaredge-battery', [0xe00d, 0xe010]],
    ['huawei-sun2000-hybrid', 'huawei-sun2000-battery', [47_083, 47_100, 47_246, 47_247]],
  ];
  for (const [template, device, addresses] of commanded) {
    it(`${device} is told by registers that ${template} writes`, function () {
      const path = needSharedData(this, `devices/evcc_templates/${template}.yaml`);
      const yaml = readFileSync(path, 'utf8');
      const { blocks, control } = deviceById(device);
      const steps = [...(control?.setpoint ?? []), ...(control?.release ?? [])];
      const writable = blocks.flatMap(({ at, points }) =>
        points
          .filter(({ name }) => steps.some((step) => Object.hasOwn(step.points, name)))
          .map((point) => ({ ...point, address: 'address' in at ? at.address + point.offset : 0 })),
      );
      for (const address of addresses) {
        const point = writable.find((each) => each.address === address);
        assert.ok(point?.writable, `${address}`);
        const written = new RegExp(
          `address: (?:${address}|0x${address.toString(16)})\\b.*\\n\\s*type: write\\w+\\n(?:\\s*(?:encoding|decode): (\\w+))?`,
          'i',
        ).exec(yaml);
        assert.ok(written, `${address}`);
        const type = point.lowWordFirst ? `${point.type} low` : point.type;
        if (written[1]) assert.equal(width(type), width(typeOf(written[1])), `${address}`);
      }
    });
  }
});
