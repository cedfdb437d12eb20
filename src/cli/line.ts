// The Modbus line that a subcommand talks over: its options, and the port they open.
import type { ModbusPort } from '../modbus/port.ts';
import { openTcpPort } from '../modbus/tcp-port.ts';
import { quote } from '../units.ts';
import { InputError } from './io.ts';

/** For `parseArgs`. */
export const LINE_OPTIONS = {
  tcp: { type: 'string' },
  rtu: { type: 'string' },
  baud: { type: 'string' },
  unit: { type: 'string' },
  timeout: { type: 'string', default: '2000' },
} as const;

export const LINE_HELP = `  --tcp HOST[:PORT]   Modbus TCP host; port 502 unless given; an IPv6 address in brackets: [::1]:502
  --unit N            unit id; default that of the device
  --timeout MS        how long the device may take; default 2000
`;

export interface LineValues {
  readonly tcp?: string | undefined;
  readonly rtu?: string | undefined;
  readonly baud?: string | undefined;
  readonly unit?: string | undefined;
  readonly timeout: string;
}

/** Opens the line; nothing is sent yet. @throws InputError */
export function openLine({ tcp, rtu, baud, timeout }: LineValues): ModbusPort {
  if (rtu !== undefined || baud !== undefined) {
    throw new InputError(
      '--rtu and --baud: serial lines are not supported yet; give --tcp HOST:PORT, such as of a gateway',
    );
  }
  if (tcp === undefined) throw new InputError('--tcp is missing: give the address of the device as HOST:PORT');
  return openTcpPort({ ...hostAndPort(tcp), timeoutMs: wholeNumber('--timeout', timeout, 1, 600_000) });
}

/** The unit asked for. @throws InputError */
export function unitOf({ unit }: LineValues, byDefault: number): number {
  return unit === undefined ? byDefault : wholeNumber('--unit', unit, 0, 255);
}

/** `host`, `host:502`, `[::1]:502`. */
function hostAndPort(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw new InputError(`--tcp must be HOST:PORT, but is ${quote(text)}`);
  return { host, port: wholeNumber('the port in --tcp', match?.[3] ?? '502', 1, 65_535) };
}

function wholeNumber(option: string, text: string, low: number, high: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high)) {
    throw new InputError(`${option} must be a whole number from ${low} to ${high}, but is ${quote(text)}`);
  }
  return value;
}
