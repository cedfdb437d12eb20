// Check values of the catalogue of parametrised CRC algorithms, for the nine digits "123456789".
import assert from 'node:assert/strict';
import { crcArc, crcKermit, crcX25 } from '../../src/sources/crc16.ts';

describe('checksums', () => {
  const digits = Buffer.from('123456789');
  it('ARC is 0xBB3D', () => assert.equal(crcArc(digits), 0xbb3d));
  it('X-25 is 0x906E', () => assert.equal(crcX25(digits), 0x906e));
  it('KERMIT is 0x2189', () => assert.equal(crcKermit(digits), 0x2189));
  it('of nothing', () =>
    assert.deepEqual(
      [crcArc, crcX25, crcKermit].map((crc) => crc(new Uint8Array(0))),
      [0, 0, 0],
    ));
});
