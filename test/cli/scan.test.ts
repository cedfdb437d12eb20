// `microgrid scan` over real Modbus TCP: recorded SunSpec devices as one JSON document, and as text.
import assert from 'node:assert/strict';
import type { Scan } from '../../src/devices/scan.ts';
import { runCommand } from '../support/command.ts';
import { frame, rawPeer } from '../support/modbus-peers.ts';
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

  it('tells what a map may be read as', async function () {
    needPrograms(this, 'libmodbus');
    const { registers } = recordedImage(this, 'three_phase_inverter_int');
    const server = await libmodbusTcp({ unit: 1, holding: { 40000: registers } });
    const address = `${server.host}:${server.port}`;
    const { devices } = JSON.parse((await runCommand(['scan', '--tcp', address, '--json'])).out);
    assert.ok(devices.includes('sunspec-inverter'));
    assert.match(
      (await runCommand(['scan', '--tcp', address])).out,
      /\nmay be read as [a-z0-9, -]*sunspec-inverter\b.*\n$/,
    );
    await server.close();
  });

  it('looks at the usual units when none was given and unit 1 has no map', async function () {
    needPrograms(this, 'libmodbus');
    this.timeout(20_000);
    const { registers } = recordedImage(this, 'three_phase_inverter_int');
    const server = await libmodbusTcp([
      { unit: 1, holding: { 0: [1, 2, 3] } },
      { unit: 126, holding: { 40000: registers } },
    ]);
    const address = `${server.host}:${server.port}`;
    const found = JSON.parse((await runCommand(['scan', '--tcp', address, '--json'])).out);
    assert.deepEqual([found.unit, found.base], [126, 40_000]);
    assert.match((await runCommand(['scan', '--tcp', address])).out, /^SunSpec map at 40000 of unit 126\n/);
    const given = await runCommand(['scan', '--tcp', address, '--unit', '1']);
    assert.deepEqual([given.code, given.out], [1, '']);
    assert.doesNotMatch(given.err, /126/);
    await server.close();
  });

  it('tells what a device without SunSpec says it is', async function () {
    needPrograms(this, 'libmodbus');
    this.timeout(20_000);
    const server = await libmodbusTcp({ unit: 1, holding: { 64512: [0, 1, 0x70, 0] } });
    const { code, out, err } = await runCommand(['scan', '--tcp', `${server.host}:${server.port}`, '--unit', '1']);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /no SunSpec map .*; its holding register 64514 shows 112: read it as eastron-sdm630\n$/);
    assert.equal(err.trim().split('\n').length, 1);
    await server.close();
  });

  it('shows the map at 0 of a device that is silent elsewhere and answers 20 registers at once', async function () {
    this.timeout(20_000);
    const { registers, models } = recordedImage(this, 'three_phase_inverter_int');
    const peer = await rawPeer();
    peer.behave = (request, socket) => {
      const [at, count] = [request.readUInt16BE(8), request.readUInt16BE(10)];
      const words = registers.slice(at, at + count);
      if (words.length < count || count > 20) return;
      socket.write(frame(request, Buffer.from([count * 2, ...words.flatMap((word) => [word >> 8, word & 0xff])])));
    };
    const address = `127.0.0.1:${peer.port}`;
    const json = await runCommand(['scan', '--tcp', address, '--timeout', '150', '--json']);
    assert.equal(json.code, 0, json.err);
    const found = JSON.parse(json.out) as Scan;
    assert.equal(found.base, 0);
    compareModels(found.models, models);
    await peer.stop();
  });

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
