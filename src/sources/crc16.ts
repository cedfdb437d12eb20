// 16-bit checksums of meter interfaces, all reflected (least significant bit first), named as in the catalogue of
// parametrised CRC algorithms: ARC closes P1 telegrams, X-25 (IBM-SDLC) SML files; KERMIT is what some SML meters send.

export type Crc16 = (bytes: Uint8Array) => number;

function crc16(polynomial: number, initial: number, final: number): Crc16 {
  const table = Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value;
  });
  return (bytes) => {
    let value = initial;
    for (const byte of bytes) value = (value >>> 8) ^ (table[(value ^ byte) & 0xff] ?? 0);
    return value ^ final;
  };
}

export const crcArc = crc16(0xa001, 0, 0);
export const crcX25 = crc16(0x8408, 0xffff, 0xffff);
export const crcKermit = crc16(0x8408, 0, 0);
