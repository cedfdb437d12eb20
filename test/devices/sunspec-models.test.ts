// The compact tables against the published SunSpec models, point by point.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { common, inverter103, nameplate120, storage124 } from '../../src/devices/sunspec-models.ts';
import { needSharedData } from '../support/shared-data.ts';

interface Published {
  group: { points: { name: string; type: string; size: number; sf?: string; access?: string }[] };
}

describe('sunspec models', () => {
  for (const block of [common, inverter103, nameplate120, storage124]) {
    const id = 'model' in block.at ? block.at.model : 0;
    it(`has model ${id} as published`, function () {
      const path = needSharedData(this, `devices/sunspec/models/model_${id}.json`);
      const { points } = (JSON.parse(readFileSync(path, 'utf8')) as Published).group;
      let offset = 0;
      const expected = points.map(({ name, type, size, sf, access }) => {
        const row = {
          name,
          offset,
          type,
          size,
          ...(sf ? { scaleFrom: sf } : {}),
          ...(access === 'RW' ? { writable: true } : {}),
        };
        offset += size;
        return row;
      });
      assert.deepEqual(
        block.points.map(({ unit: _, ...rest }) => rest),
        expected,
      );
      assert.equal(block.length, offset);
    });
  }
});
