// Files of energy meters against volkszaehler/mbmd's tables: the addresses, the table and the types of what a reading uses.
// Where a file differs on purpose, the reason stands here.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { catalogue, deviceById } from '../../../src/devices/catalogue-store.ts';
import type { Point } from '../../../src/devices/description.ts';
import { needSharedData } from '../../support/shared-data.ts';

interface Meter {
  readonly register: string;
  readonly transforms: readonly string[];
  readonly points: Readonly<Record<string, { readonly address: number } | undefined>>;
}

interface Compared {
  /** Their name of a point of ours, where it is not ours with a capital letter. */
  readonly names?: Readonly<Record<string, string>>;
  /** Addresses of ours that differ from theirs, and why. */
  readonly addresses?: Readonly<Record<string, number>>;
  readonly table?: 'holding';
  /** Types of ours that theirs do not have. */
  readonly types?: readonly string[];
  readonly why?: string;
  /** Their registers are counted from this one. */
  readonly from?: number;
}

const total = { import: 'Sum' };
const onePhase = { voltage: 'VoltageL1', current: 'CurrentL1' };

/** Device, their file, and what is to be known of the comparison. */
const meters: readonly [id: string, file: string, known?: Compared][] = [
  ['abb-b21', 'abb', { names: onePhase }],
  ['abb-b23', 'abb'],
  ['bernecker-mpm3pm', 'mpm3pm'],
  ['bg-ds100', 'ds100', { addresses: { export: 0x118 }, why: 'OpenEMS has 0x118; 0x118A stands far from its group' }],
  ['bg-ws100', 'ws100'],
  ['carlo-gavazzi-em24', 'carlogavazzi-em24', { addresses: { import: 62 }, why: 'theirs is the counter with a reset' }],
  ['carlo-gavazzi-em24-e1', 'carlogavazzi-em24_e1', { types: ['RTUUint16ToFloat64'], why: 'a frequency has no sign' }],
  ['carlo-gavazzi-em340', 'carlogavazzi-ex3x0'],
  ['chint-dtsu666', 'dtsu666'],
  ['ddm18sd', 'ddm18sd', { names: total }],
  ['dzg-dvh4013', 'dzg', { names: { powerTaken: 'ImportPower', powerGiven: 'ExportPower' } }],
  ['eastron-sdm54', 'sdm54'],
  ['eastron-sdm72', 'sdm72'],
  ['eastron-sdm72v2', 'sdm72v2'],
  ['eastron-sdm120', 'sdm120'],
  ['eastron-sdm220', 'sdm220'],
  ['eastron-sdm230', 'sdm230'],
  ['eastron-x96-1a', 'x961a'],
  ['eltako-dsz15', 'eltako'],
  ['finder-7m24', 'finder7m24', { addresses: { frequency: 2498 }, why: 'go-iotdevice and star.ke.st have 2498' }],
  ['finder-7m38', 'finder7m38', { addresses: { frequency: 2498 }, why: 'go-iotdevice and star.ke.st have 2498' }],
  ['inepro-pro380', 'inepro'],
  ['janitza-b23', 'janitza'],
  ['janitza-umg96', 'janitza'],
  ['lovato-dmg610', 'dmg610'],
  ['orno-we504', 'orno1p504', { names: total }],
  ['orno-we514', 'orno1p', { names: total }],
  ['orno-we516', 'orno3p'],
  ['orno-we525', 'orno1p525', { table: 'holding', types: ['RTUUint32ToFloat64'], why: 'two others use function 3' }],
  ['saia-ale3', 'sbc', { from: 1, types: ['RTUInt16ToFloat64'], why: 'power has a sign' }],
  ['schneider-iem3000', 'iem3000'],
  ['siemens-pac2200', 'pac2200', { table: 'holding', why: 'OpenEMS and openWB read it with function 3' }],
  ['solaredge-se-mtr-3y', 'semtr3y', { names: { import: 'ImportT1', export: 'ExportT1' } }],
  ['wago-879', 'wago87930'],
];

/** What mbmd calls the type of a point. */
function transformOf({ type, lowWordFirst }: Point): string {
  const names: Readonly<Record<string, string>> = { float32: 'Ieee754', float64: 'Float64' };
  if (type === 'float32' && lowWordFirst) return 'RTUIeee754SolaredgeToFloat64';
  const name = names[type] ?? type[0]!.toUpperCase() + type.slice(1);
  return `RTU${name}ToFloat64${lowWordFirst ? 'Swapped' : ''}`;
}

describe('energy meters against mbmd', () => {
  it('compares every file that names it as a source', () => {
    const named = catalogue().filter(({ sources }) => sources.some(({ url }) => url.includes('volkszaehler/mbmd')));
    const compared = new Set([...meters.map(([id]) => id), 'eastron-sdm630']); // that one in index.test.ts
    assert.deepEqual(
      named.map(({ id }) => id).filter((id) => !compared.has(id)),
      [],
    );
  });

  for (const [id, file, known = {}] of meters) {
    it(`${id} has the addresses, table and types of ${file}`, function () {
      const path = needSharedData(this, 'devices/mbmd_register_maps.json');
      const all = JSON.parse(readFileSync(path, 'utf8')) as { meters: Record<string, Meter> };
      const theirs = all.meters[file]!;
      for (const { table, at, points } of deviceById(id).blocks) {
        assert.equal(table, known.table ?? theirs.register);
        for (const point of points) {
          const name = known.names?.[point.name] ?? point.name[0]!.toUpperCase() + point.name.slice(1);
          const expected = known.addresses?.[point.name] ?? theirs.points[name]!.address - (known.from ?? 0);
          assert.ok('address' in at);
          assert.equal(at.address + point.offset, expected, point.name);
          const types = [...theirs.transforms, ...(known.types ?? [])];
          assert.ok(types.includes(transformOf(point)), `${point.name}: ${transformOf(point)} of ${types.join(', ')}`);
        }
      }
    });
  }
});
