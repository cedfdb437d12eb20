// RTU frames against known bytes, and the search for an answer among noise.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeRequest } from '../../src/modbus/pdu.ts';
import { crc16, diagnose, encodeRtuFrame, findAnswer, frameSilence } from '../../src/modbus/rtu-frames.ts';
import { rtuAnswer, rtuFrame } from '../support/modbus-peers.ts';

const read = { kind: 'holding', unit: 17, address: 0x6b, count: 3, values: [] } as const;
const answered = rtuFrame([17, 3, 6, 0xae, 0x41, 0x56, 0x52, 0x43, 0x40]);

describe('rtu frames', () => {
  it('are the bytes of the specification', () => {
    // The worked example of most Modbus texts: 11 03 00 6B 00 03, CRC 76 87.
    assert.equal(encodeRtuFrame(17, encodeRequest(read)).toString('hex'), '1103006b00037687');
    assert.equal(answered.toString('hex'), '110306ae415652434049ad');
    assert.equal(crc16(Buffer.from('123456789')), 0x4b37, 'the check value of CRC-16/MODBUS');
    const write = { kind: 'write', unit: 17, address: 1, count: 2, values: [10, 0x102] } as const;
    assert.equal(encodeRtuFrame(17, encodeRequest(write)).toString('hex'), '11100001000204000a0102c6f0');
    const one = { kind: 'write-one', unit: 17, address: 1, count: 1, values: [3] } as const;
    assert.equal(encodeRtuFrame(17, encodeRequest(one)).toString('hex'), '1106000100039a9b');
  });

  it('are apart by 3.5 characters, fixed above 19200 baud', () => {
    const rounded = [1200, 9600, 19_200, 38_400, 115_200].map((baud) => frameSilence(baud).toFixed(2));
    assert.deepEqual(rounded, ['32.08', '4.01', '2.01', '1.75', '1.75']);
  });

  it('are found behind noise, never within a damaged or foreign one', () => {
    const bytes = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(bytes, (noise) => {
        const found = findAnswer(Buffer.concat([noise, answered]), read);
        assert.ok(found?.equals(answered));
      }),
    );
    const damaged = Buffer.from(answered);
    damaged[4] = 0;
    assert.equal(findAnswer(damaged, read), null);
    assert.equal(findAnswer(answered.subarray(0, -1), read), null);
    assert.equal(findAnswer(answered, { ...read, unit: 18 }), null);
    assert.equal(findAnswer(answered, { ...read, kind: 'input' }), null);
    assert.equal(findAnswer(answered, { ...read, count: 2 }), null);
    assert.equal(findAnswer(rtuFrame([17, 16, 0, 1, 0, 2]), { ...read, kind: 'write', address: 2, count: 2 }), null);
    assert.ok(findAnswer(rtuFrame([17, 0x83, 2]), read), 'an exception fits');
  });

  it('that fit no request are named for what they are', () => {
    const said = (bytes: Buffer) => diagnose(bytes, read, 'COM3').message;
    assert.match(
      said(rtuFrame([18, 3, 6, 0, 0, 0, 0, 0, 0])),
      /^unit 18 answered in place of unit 17 at COM3: check that/,
    );
    assert.match(said(rtuFrame([17, 4, 6, 0, 0, 0, 0, 0, 0])), /^unit 17 at COM3 answered function 4 instead of 3$/);
    assert.match(said(rtuFrame([17, 3, 4, 0, 0, 0, 0])), /answered with 2 registers instead of 3$/);
    assert.match(said(answered.subarray(0, 5)), /broke off after 5 of 11 bytes/);
    const damaged = Buffer.from(answered);
    damaged[4] = 0;
    assert.match(said(damaged), /damaged on the line \(its CRC is wrong\)/);
    assert.match(said(Buffer.from([0])), /^1 byte that is no answer of unit 17 at COM3/);
    assert.match(said(Buffer.from('hello')), /^5 bytes that are no answer .* check baud rate and parity/);
  });

  it('agree with answers made elsewhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 247 }), fc.integer({ min: 1, max: 125 }), (unit, count) => {
        const request = { kind: 'input', unit, address: 7, count, values: [] } as const;
        const frame = encodeRtuFrame(unit, encodeRequest(request));
        assert.ok(findAnswer(rtuAnswer(frame), request));
      }),
    );
  });
});
