// Requests and answers without their envelope: MODBUS Application Protocol V1.1b3, functions 3, 4, 6 and 16.
import { type Request, requestError } from './link.ts';
import { exceptionError, ModbusError } from './port.ts';

export const FUNCTIONS = { holding: 3, input: 4, 'write-one': 6, write: 16 } as const satisfies Record<
  Request['kind'],
  number
>;
/** Set in the function code of an answer that refuses. */
export const REFUSED = 0x80;

export function encodeRequest({ kind, address, count, values }: Request): Buffer {
  const pdu = Buffer.allocUnsafe(kind === 'write' ? 6 + 2 * count : 5);
  pdu[0] = FUNCTIONS[kind];
  pdu.writeUInt16BE(address, 1);
  pdu.writeUInt16BE(kind === 'write-one' ? (values[0] ?? 0) : count, 3);
  if (kind === 'write') {
    pdu[5] = 2 * count;
    for (const [index, value] of values.entries()) pdu.writeUInt16BE(value, 6 + 2 * index);
  }
  return pdu;
}

/** The registers of an answer, none for a write. @throws ModbusError for an exception, or for what does not fit */
export function decodeAnswer(request: Request, pdu: Buffer, who: string): number[] {
  const expected = FUNCTIONS[request.kind];
  const code = pdu[0];
  if (code === (expected | REFUSED) && pdu.length === 2) throw exceptionError(who, pdu[1] ?? 0);
  if (code !== expected) {
    throw new ModbusError('garbage', `${who} answered function ${code ?? 'nothing'} instead of ${expected}`);
  }
  return request.kind === 'write' || request.kind === 'write-one'
    ? confirmed(request, pdu, who)
    : registers(request, pdu, who);
}

function registers({ count }: Request, pdu: Buffer, who: string): number[] {
  if (pdu[1] !== 2 * count || pdu.length !== 2 + 2 * count) {
    const came = pdu.length === 2 + (pdu[1] ?? 0) ? (pdu[1] ?? 0) / 2 : `a broken list of`;
    throw new ModbusError('garbage', `${who} answered with ${came} registers instead of ${count}`);
  }
  const found = new Array<number>(count);
  for (let index = 0; index < count; index++) found[index] = pdu.readUInt16BE(2 + 2 * index);
  return found;
}

/** The answer to a write repeats the address, and the count (16) or the value (6). */
function confirmed(request: Request, pdu: Buffer, who: string): number[] {
  if (pdu.length !== 5 || !pdu.equals(encodeRequest(request).subarray(0, 5))) {
    throw new ModbusError('garbage', `${who} confirmed something else than what was written to it`);
  }
  return [];
}

export type Asked = { readonly request: Request } | { readonly exception: number };

/** What a client asks, for those who answer; an exception code for what cannot be answered. */
export function decodeRequest(unit: number, pdu: Buffer): Asked {
  const kind = (Object.keys(FUNCTIONS) as Request['kind'][]).find((each) => FUNCTIONS[each] === pdu[0]);
  if (!kind) return { exception: 1 };
  if (pdu.length < 5) return { exception: 3 };
  const address = pdu.readUInt16BE(1);
  const second = pdu.readUInt16BE(3);
  if (kind !== 'write' && pdu.length !== 5) return { exception: 3 };
  if (kind === 'write' && (pdu.length !== 6 + 2 * second || pdu[5] !== 2 * second)) return { exception: 3 };
  const values =
    kind === 'write-one'
      ? [second]
      : Array.from({ length: kind === 'write' ? second : 0 }, (_, index) => pdu.readUInt16BE(6 + 2 * index));
  const request = { kind, unit, address, count: kind === 'write-one' ? 1 : second, values };
  if (!requestError(request)) return { request };
  return { exception: address + request.count > 65_536 ? 2 : 3 };
}

export function encodeAnswer(request: Request, found: readonly number[]): Buffer {
  if (request.kind === 'write' || request.kind === 'write-one') return encodeRequest(request).subarray(0, 5);
  const pdu = Buffer.allocUnsafe(2 + 2 * found.length);
  pdu[0] = FUNCTIONS[request.kind];
  pdu[1] = 2 * found.length;
  for (const [index, value] of found.entries()) pdu.writeUInt16BE(value, 2 + 2 * index);
  return pdu;
}

export function encodeException(functionCode: number, exception: number): Buffer {
  return Buffer.from([(functionCode | REFUSED) & 0xff, exception]);
}
