// SunSpec register maps: of a described device from values in their units, and those recorded with pysunspec2.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Context } from 'mocha';
import { encodeBlock, type Values } from '../../src/devices/codec.ts';
import type { DeviceDescription } from '../../src/devices/description.ts';
import type { ScannedModel, ScannedPoint, ScannedPoints } from '../../src/devices/scan.ts';
import { common } from '../../src/devices/sunspec-models.ts';
import { needSharedData } from './shared-data.ts';

/**
 * Registers from the "SunS" mark to the end model, model 1 first; points that are not given are not implemented.
 */
export function sunspecRegisters(description: DeviceDescription, values: Readonly<Record<string, Values>>): number[] {
  const words = [0x5375, 0x6e53];
  for (const block of [common, ...description.blocks]) {
    const id = 'model' in block.at ? block.at.model : 0;
    words.push(...encodeBlock(block, { ID: id, L: block.length - 2, ...values[block.name] }));
  }
  return [...words, 0xffff, 0];
}

/** Values as pysunspec2 gives them: null for what is not implemented, groups as lists or objects of the same. */
export type Recorded = { readonly [name: string]: null | number | string | Recorded | readonly Recorded[] };

export interface RecordedImage {
  readonly registers: number[];
  readonly models: readonly {
    readonly id: number;
    readonly offset: number;
    readonly len: number;
    readonly values_scaled: Recorded;
  }[];
}

/** The recorded images of the shared data, by name. */
export const SUNSPEC_IMAGES = ['three_phase_inverter_int', 'float_inverter_meter', 'device_1547'];

export function recordedImage(test: Context, name: string): RecordedImage {
  const path = needSharedData(test, `devices/sunspec/${name}.regs.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as RecordedImage;
}

/** Every model where it was recorded, every point with its recorded value. */
export function compareModels(found: readonly ScannedModel[], recorded: RecordedImage['models']): void {
  assert.deepEqual(
    found.map(({ id, offset, length }) => ({ id, offset, len: length })),
    recorded.map(({ id, offset, len }) => ({ id, offset, len })),
  );
  for (const [index, model] of recorded.entries()) {
    comparePoints(found[index]!.points, model.values_scaled, `model ${model.id}`);
  }
}

function comparePoints(points: ScannedPoints, recorded: Recorded, where: string): void {
  assert.deepEqual(Object.keys(points).sort(), Object.keys(recorded).sort(), where);
  for (const [name, value] of Object.entries(recorded)) {
    const found = points[name];
    const place = `${where} ${name}`;
    if (Array.isArray(value)) {
      const sets = found as readonly ScannedPoints[];
      assert.equal(sets.length, value.length, place);
      for (const [index, set] of (value as Recorded[]).entries()) comparePoints(sets[index]!, set, `${place} ${index}`);
    } else if (typeof value === 'object' && value !== null) {
      comparePoints(found as ScannedPoints, value as Recorded, place);
    } else {
      const shown = (found as ScannedPoint).value;
      const near =
        typeof value === 'number' && typeof shown === 'number' && Math.abs(shown - value) <= 1e-9 * Math.abs(value);
      assert.ok(shown === value || near, `${place} is ${shown}, not ${value}`);
    }
  }
}
