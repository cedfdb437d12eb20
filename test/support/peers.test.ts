// The real peers serve what they are told, and end with their starter: seen by mbpoll, a client that is not ours.
import assert from 'node:assert/strict';
import { libmodbusRtu, libmodbusTcp, mbpoll, needPrograms, pymodbusRtu, pymodbusTcp } from './peers.ts';

const images = [
  { unit: 3, holding: { '40000': [21365, 28243, 1], '7': [7] }, input: { '0': [17000, 2] } },
  { unit: 4, input: { '10': [65535] } },
];

describe('real modbus peers', function () {
  this.timeout(60_000);
  before(function () {
    needPrograms(this, 'libmodbus', 'pymodbus', 'socat', 'mbpoll');
  });

  for (const [name, start] of Object.entries({ libmodbusTcp, pymodbusTcp: (all: typeof images) => pymodbusTcp(all) })) {
    it(`${name} serves images of several units`, async () => {
      const peer = await start(images);
      const ask = (...args: string[]) => mbpoll('-m', 'tcp', '-p', String(peer.port), '-0', ...args, peer.host);
      try {
        const holding = await ask('-a', '3', '-t', '4', '-r', '40000', '-c', '3');
        assert.deepEqual([...holding.values()], ['21365', '28243', '1']);
        assert.deepEqual([...(await ask('-a', '3', '-t', '3', '-r', '0', '-c', '2')).values()], ['17000', '2']);
        assert.match([...(await ask('-a', '4', '-t', '3', '-r', '10', '-c', '1')).values()].join(), /^65535/);
        await assert.rejects(ask('-a', '3', '-t', '4', '-r', '8', '-c', '1'), /[Ii]llegal data address/);
      } finally {
        await peer.close();
      }
      await assert.rejects(ask('-a', '3', '-t', '4', '-r', '7', '-c', '1'));
    });
  }

  for (const [name, start] of Object.entries({
    libmodbusRtu: () => libmodbusRtu(images[0]!),
    pymodbusRtu: () => pymodbusRtu(images),
  })) {
    it(`${name} serves an image on a pseudo-terminal`, async () => {
      const peer = await start();
      try {
        const values = await mbpoll(
          ...['-m', 'rtu', '-b', '9600', '-P', 'none', '-a', '3', '-t', '4', '-0', '-r', '40000', '-c', '3', peer.path],
        );
        assert.deepEqual([...values.values()], ['21365', '28243', '1']);
      } finally {
        await peer.close();
      }
    });
  }
});
