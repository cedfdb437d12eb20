// docs/devices.md is what the catalogue makes and says of each device what an owner has to know; the page on how to add one
// names files that are there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deviceTable } from '../../scripts/device-table.ts';
import { eastronSdm630 } from '../../src/devices/catalogue/eastron-sdm630.ts';
import { deviceById } from '../../src/devices/catalogue-store.ts';
import type { Control, DeviceDescription } from '../../src/devices/description.ts';

const control: Control = {
  block: 'measured',
  storage: 'persistent',
  fallback: { by: 'watchdog', seconds: 60 },
  setpoint: [],
  release: [],
  confirmed: false,
};

const battery = (id: string, more: Partial<DeviceDescription>): DeviceDescription => ({
  ...eastronSdm630,
  id,
  vendor: 'Maker',
  model: 'A | B',
  kind: 'battery',
  sources: [{ title: 'a manual', url: 'https://example.org/manual' }],
  ...more,
});

const rowOf = (page: string, id: string): string[] => {
  const row = page.split('\n').find((text) => text.startsWith('|') && text.includes(`\`${id}\``));
  return (row ?? '').split(/(?<!\\)\|/).map((cell) => cell.trim());
};

describe('the table of devices', () => {
  it('is what the catalogue makes', () => {
    const script = fileURLToPath(new URL('../../scripts/make-device-table.ts', import.meta.url));
    execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' });
  });

  it('says whether reading and control are confirmed, and what ends a setpoint', () => {
    const page = deviceTable([
      battery('b10', { control, confirmed: false }),
      battery('b9', {
        control: {
          ...control,
          confirmed: true,
          fallback: { by: 'nothing', limit: 'It stops when full.' },
          storage: 'volatile',
        },
      }),
      battery('b8', {
        control: { ...control, fallback: { by: 'timer', maxSeconds: 300 } },
        remarks: ['Mind the gap.'],
      }),
      battery('b7', {}),
    ]);
    assert.deepEqual(rowOf(page, 'b10').slice(1, -1), [
      'Maker A \\| B',
      '`b10`',
      'TCP, RTU',
      'unconfirmed',
      'unconfirmed',
      'persistent',
      'ends 60 s after the last write',
      '[a manual](https://example.org/manual)',
    ]);
    assert.deepEqual(rowOf(page, 'b9').slice(5, 8), [
      'confirmed',
      'volatile',
      '**keeps its last order.** It stops when full.',
    ]);
    assert.match(rowOf(page, 'b8')[7]!, /own timer.*300 s/);
    assert.deepEqual(rowOf(page, 'b7').slice(5, 8), ['none', '', '']);
    assert.match(page, /^- `b8`: Mind the gap\.$/m);
    const order = ['b7', 'b8', 'b9', 'b10'].map((id) => page.indexOf(`\`${id}\` |`));
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  });

  it('leaves the columns of control out where nothing can be controlled', () => {
    const page = deviceTable([eastronSdm630]);
    assert.match(page, /^\| device \| id \| wire \| reading \| sources \|$/m);
    assert.doesNotMatch(page, /## Batteries/);
  });

  it('comes with a page on how to add a device, which names files and devices that are there', () => {
    const page = readFileSync(new URL('../../docs/add-a-device.md', import.meta.url), 'utf8');
    const named = [...page.matchAll(/`(?:src|test)?[\w/.-]*?([\w-]+(?:\.test)?\.ts)`/g)].map(([, file]) =>
      basename(file!),
    );
    assert.ok(named.length > 4);
    for (const file of named.filter((name) => !name.startsWith('acme-'))) {
      const folders = ['src/devices', 'src/devices/catalogue', 'test/devices', 'test/devices/catalogue'];
      const places = folders.map((folder) => `../../${folder}/${file}`);
      assert.ok(
        places.some((place) => existsSync(new URL(place, import.meta.url))),
        file,
      );
    }
    for (const [, id] of page.matchAll(/`(sunspec-[a-z0-9-]+)`/g)) deviceById(id!);
  });
});
