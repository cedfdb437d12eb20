// Every device file of the catalogue: whole, consistent, within the protocol's limits, and true to other sources.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { eastronSdm630 } from '../../src/devices/catalogue/eastron-sdm630.ts';
import { catalogue, deviceById } from '../../src/devices/catalogue-store.ts';
import { decodeBlock, encodeBlock } from '../../src/devices/codec.ts';
import { blockOf, pointOf, type Quantity } from '../../src/devices/description.ts';
import { termsOf } from '../../src/devices/quantity.ts';
import { needSharedData } from '../support/shared-data.ts';

describe('catalogue', () => {
  it('holds every file of its folder', () => {
    const files = readdirSync(new URL('../../src/devices/catalogue/', import.meta.url));
    const names = files.filter((file) => file.endsWith('.ts')).map((file) => file.replace(/\.ts$/, ''));
    const ids = catalogue().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    // A file may hold several functions of one device: their ids begin with its name.
    for (const name of names) assert.ok(ids.includes(name) || ids.some((id) => id.startsWith(`${name}-`)), name);
    for (const id of ids)
      assert.ok(
        names.some((name) => id === name || id.startsWith(`${name}-`)),
        id,
      );
  });

  it('finds a device by id, and names the known ones otherwise', () => {
    for (const description of catalogue()) assert.equal(deviceById(description.id), description);
    assert.throws(() => deviceById('no-such-device'), /no device "no-such-device" .* `microgrid devices` lists/);
    assert.throws(() => deviceById('toString'), RangeError);
  });

  for (const description of catalogue()) {
    describe(description.id, () => {
      it('fits its blocks and its requests', () => {
        assert.ok(description.maxRegisters >= 1 && description.maxRegisters <= 125);
        for (const block of description.blocks) {
          let end = 0;
          for (const point of [...block.points].sort((a, b) => a.offset - b.offset)) {
            assert.ok(point.offset >= end, `${point.name} overlaps`);
            end = point.offset + point.size;
            if (point.scaleFrom !== undefined) pointOf(block, point.scaleFrom);
          }
          assert.ok(end <= block.length, block.name);
          assert.equal(new Set(block.points.map(({ name }) => name)).size, block.points.length);
        }
      });

      it('reads only what it has', () => {
        const { phases = [], ...single } = description.reading;
        const quantities: Quantity[] = [...Object.values(single), ...phases.flatMap((phase) => Object.values(phase))];
        const states = description.rest?.flatMap((rest) => rest.states) ?? [];
        for (const { block, point } of [...quantities.flatMap(termsOf), ...states])
          pointOf(blockOf(description, block), point);
      });

      it('writes only what may be written, each step in one transaction', () => {
        const { control } = description;
        if (!control) return;
        for (const step of [...control.setpoint, ...control.release]) {
          const block = blockOf(description, step.block ?? control.block);
          const points = Object.keys(step.points).map((name) => pointOf(block, name));
          for (const [index, point] of points.entries()) {
            assert.ok(point.writable, `${point.name} is read-only`);
            const before = points[index - 1];
            if (before) assert.equal(point.offset, before.offset + before.size, `${point.name} stands apart`);
          }
        }
      });

      it('names two sources, or says that it is unconfirmed', () => {
        const hosts = new Set(
          description.sources.map(({ url }) => new URL(url).pathname.split('/').slice(1, 3).join('/')),
        );
        assert.ok(description.sources.length > 0);
        if (description.confirmed) assert.ok(hosts.size >= 2, [...hosts].join(', '));
      });

      it('drives a virtual device: an empty image encodes and decodes', () => {
        for (const block of description.blocks) {
          const values = decodeBlock(block, encodeBlock(block, {}));
          for (const { name, type, wholeRange, scaleFrom } of block.points) {
            // Without its scale factor a counter at 0 says nothing either.
            const zero = type === 'pad' || (wholeRange && scaleFrom === undefined);
            assert.equal(values[name], zero ? 0 : null, name);
          }
        }
      });
    });
  }

  it('has the addresses of the SDM630 as mbmd has them', function () {
    const path = needSharedData(this, 'devices/mbmd_register_maps.json');
    const map = JSON.parse(readFileSync(path, 'utf8')) as {
      meters: Record<string, { register: string; points: Record<string, { address: number }> }>;
    };
    const { register, points } = map.meters['sdm']!;
    const names: Record<string, string> = {
      voltageL1: 'VoltageL1',
      voltageL2: 'VoltageL2',
      voltageL3: 'VoltageL3',
      currentL1: 'CurrentL1',
      currentL2: 'CurrentL2',
      currentL3: 'CurrentL3',
      powerL1: 'PowerL1',
      powerL2: 'PowerL2',
      powerL3: 'PowerL3',
      power: 'Power',
      frequency: 'Frequency',
      import: 'Import',
      export: 'Export',
    };
    const block = blockOf(eastronSdm630, 'measured');
    assert.equal(block.table, register);
    assert.deepEqual(Object.keys(names).sort(), block.points.map(({ name }) => name).sort());
    for (const { name, offset } of block.points) assert.equal(offset, points[names[name]!]?.address, name);
  });
});
