// The compact tables against the published SunSpec models, point by point, group by group.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { GroupTable, ModelRow } from '../../src/devices/sunspec-model.ts';
import { modelTable, sunspecBlock } from '../../src/devices/sunspec-models.ts';
import { needSharedData } from '../support/shared-data.ts';

interface PublishedGroup {
  readonly name: string;
  readonly count?: number | string;
  readonly points: readonly {
    readonly name: string;
    readonly type: string;
    readonly size: number;
    readonly units?: string;
    readonly sf?: string;
    readonly access?: string;
  }[];
  readonly groups?: readonly PublishedGroup[];
}

const MODELS = [1, 101, 102, 103, 111, 112, 113, 120, 121, 122, 123, 124, 160, 201, 202, 203, 204, 211, 212, 213, 214];
const DER_MODELS = [701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 802, 803, 804];

describe('sunspec models', () => {
  for (const id of [...MODELS, ...DER_MODELS]) {
    it(`has model ${id} as published`, function () {
      const path = needSharedData(this, `devices/sunspec/models/model_${id}.json`);
      const { group } = JSON.parse(readFileSync(path, 'utf8')) as { group: PublishedGroup };
      const table = modelTable(id);
      assert.ok(table);
      assert.deepEqual([['ID', 'uint16'], ['L', 'uint16'], ...table.rows], rowsOf(group));
      assert.deepEqual(table.groups ?? [], (group.groups ?? []).map(groupOf));
    });
  }

  it('makes a block of the fixed part, in register order without holes', () => {
    for (const id of [...MODELS, ...DER_MODELS]) {
      const block = sunspecBlock(id);
      let end = 0;
      for (const { offset, size, name } of block.points) {
        assert.equal(offset, end, name);
        end += size;
      }
      assert.equal(block.length, end);
      assert.deepEqual(block.at, { model: id });
    }
  });

  it('takes in as many sets of a group as asked for, under their names', () => {
    const block = sunspecBlock(160, 'inputs', { module: 4 });
    const power = block.points.filter(({ name }) => name.endsWith('.DCW'));
    assert.deepEqual(
      power.map(({ name, offset, scaleFrom }) => [name, offset, scaleFrom]),
      [1, 2, 3, 4].map((n) => [`module.${n}.DCW`, 10 + 20 * (n - 1) + 11, 'DCW_SF']),
    );
    assert.equal(block.length, 10 + 4 * 20);
  });

  it('refuses a model it does not know', () => {
    assert.throws(() => sunspecBlock(999), RangeError);
  });
});

function rowsOf({ points }: PublishedGroup): ModelRow[] {
  return points.map(({ name, type, size, units, sf, access }): ModelRow => {
    const kind = type === 'string' ? `string:${size}` : type === 'count' ? 'uint16' : type;
    const unit = units === 'Pct' ? '%' : (units ?? '');
    const more = access === 'RW' ? [unit, sf ?? '', 'rw'] : sf ? [unit, sf] : unit ? [unit] : [];
    return [name, kind, ...more] as unknown as ModelRow;
  });
}

function groupOf(group: PublishedGroup): GroupTable {
  const count = group.count === undefined ? null : group.count === 0 ? 'rest' : String(group.count);
  const groups = group.groups?.map(groupOf);
  return { name: group.name, count, rows: rowsOf(group), ...(groups ? { groups } : {}) };
}
