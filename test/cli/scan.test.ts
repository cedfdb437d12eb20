// `microgrid scan` over real Modbus TCP: recorded SunSpec devices as one JSON document, and as text.
import assert from 'node:assert/strict';
import type { Scan } from '../../src/devices/scan.ts';
import { runCommand } from '../support/command.ts';
import { libmodbusTcp, needPrograms, type TcpPeer } from '../support/peers.ts';
import { compareModels, recordedImage, SUNSPEC_IMAGES } from '../support/sunspec-image.ts';

describe('microgrid scan', () => {
  for (const name of SUNSPEC_IMAGES) {
    it(`shows ${name}`, async function () {
      needPrograms(this, 'libmodbus');
      this.timeout(20_000);
      const { registers, models } = recordedImage(this, name);
      const server: TcpPeer = await libmodbusTcp({ unit: 7, holding: { 40000: registers } });
      try {
        const address = `${server.host}:${server.port}`;
        const json = await runCommand(['scan', '--tcp', address, '--unit', '7', '--json']);
        assert.equal(json.code, 0, json.err);
        const found = JSON.parse(json.out) as Scan;
        assert.equal(found.base, 40_000);
        compareModels(found.models, models);
        const text = await runCommand(['scan', '--tcp', address, '--unit', '7']);
        assert.match(text.out, /^SunSpec map at 40000\n\nmodel 1, common: 66 registers from 40002 on\n {2}ID /);
      } finally {
        await server.close();
      }
    });
  }

  it('says in one sentence that there is no SunSpec map, or nobody', async function () {
    needPrograms(this, 'libmodbus');
    this.timeout(20_000);
    const server = await libmodbusTcp({ unit: 1, holding: { 0: [1, 2, 3] } });
    const address = `${server.host}:${server.port}`;
    const none = await runCommand(['scan', '--tcp', address, '--json']);
    assert.deepEqual([none.code, none.out], [1, '']);
    assert.match(none.err, /^microgrid: unit 1 at .* has no SunSpec map[^\n]*\n$/);
    await server.close();
    const nobody = await runCommand(['scan', '--tcp', address]);
    assert.deepEqual([nobody.code, nobody.out], [1, '']);
    assert.equal(nobody.err.trim().split('\n').length, 1);
    assert.equal((await runCommand(['scan'])).code, 2);
    assert.equal((await runCommand(['scan', '--help'])).code, 0);
  });
});
