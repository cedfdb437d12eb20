// The Modbus lines of this machine: those of deployed nodes, and those that a dialog borrows for a moment. Many devices take
// a single client, so no wire is held twice: a dialog asks through the deployed line where there is one, two dialogs share,
// and a line that is deployed ends what dialogs opened before it.
import { realpathSync } from 'node:fs';
import * as v from 'valibot';
import type { ModbusPort } from '../../src/modbus/port.ts';
import { openRtuOverTcpPort, openSerialPort } from '../../src/modbus/rtu-port.ts';
import { openTcpPort } from '../../src/modbus/tcp-port.ts';
import { choice, decimal, optionalText, whole } from './config-fields.ts';

/** Fields of a line as the dialog of the configuration node stores them. */
export const lineFields = {
  transport: choice('the kind of line', ['tcp', 'rtu-tcp', 'serial']),
  host: optionalText('the host'),
  port: whole('the port', 1, 65_535),
  path: optionalText('the serial line'),
  baud: whole('the baud rate', 50, 4_000_000),
  parity: choice('the parity', ['none', 'even', 'odd']),
  stopBits: choice('the stop bits', ['1', '2']),
  timeoutSeconds: decimal('the timeout (seconds)', 3, 50, 60_000),
  gapMs: whole('the gap between requests (ms)', 0, 10_000),
};
const lineSchema = v.object(lineFields);
export type Line = v.InferOutput<typeof lineSchema>;

/** Nothing is sent before the first request. @throws Error when the line names no place */
function openLine(line: Line): ModbusPort {
  const { transport, host, port, path, baud, parity, timeoutSeconds: timeoutMs, gapMs } = line;
  if (transport === 'serial') {
    if (path === '') throw new Error('the serial line is missing; open this node and correct it');
    const stopBits = line.stopBits === '2' ? 2 : 1;
    return openSerialPort({ path, baud, parity, stopBits, timeoutMs, gapMs });
  }
  if (host === '') throw new Error('the host is missing; open this node and correct it');
  const open = transport === 'tcp' ? openTcpPort : openRtuOverTcpPort;
  return open({ host, port, timeoutMs, gapMs });
}

interface Held {
  readonly line: Line;
  readonly port: ModbusPort;
}

/** By the id of the node. */
const deployed = new Map<string, Held>();
/** By the wire. */
const borrowed = new Map<string, Held & { borrowers: number }>();

export interface HeldLine {
  readonly port: ModbusPort;
  /** Lets the line go; the last of its holders closes it. */
  close(): Promise<void>;
}

/**
 * The line of a deployed node, until it is closed. Nodes that name the same wire share it, with the pauses of the first.
 * @throws Error when the line names no place, or another node wants other settings on the same wire
 */
export function holdLine(id: string, line: Line): HeldLine {
  const wire = wireOf(line);
  const owner = [...deployed.values()].find((other) => wireOf(other.line) === wire);
  if (owner && framingOf(owner.line) !== framingOf(line)) {
    throw new Error(`another node holds ${owner.port.name} with other settings; use that node, or make both the same`);
  }
  const held = { line, port: owner?.port ?? openLine(line) };
  deployed.set(id, held);
  void borrowed.get(wire)?.port.close();
  borrowed.delete(wire);
  return {
    port: held.port,
    async close() {
      if (deployed.get(id) === held) deployed.delete(id);
      if (![...deployed.values()].some(({ port }) => port === held.port)) await held.port.close();
    },
  };
}

export interface BorrowedLine {
  readonly port: ModbusPort;
  /** Whether a deployed flow uses it too. */
  readonly shared: boolean;
  /** To be called once, when it is no longer needed. */
  giveBack(): Promise<void>;
}

/**
 * A line as it stands in the editor, deployed or not.
 * @param id of its configuration node
 * @throws Error when it is none, or the deployed line holds its wire with other settings
 */
export function borrowLine(id: string, stored: unknown): BorrowedLine {
  const itself = deployed.get(id);
  if (itself && namesEnvironment(stored)) return { port: itself.port, shared: true, giveBack: async () => {} };
  const parsed = v.safeParse(lineSchema, stored);
  if (!parsed.success) throw new Error(`${parsed.issues[0].message}; correct the connection`);
  const line = parsed.output;
  const wire = wireOf(line);
  const owner = [...deployed.values()].find((held) => wireOf(held.line) === wire);
  if (owner) {
    if (framingOf(owner.line) === framingOf(line)) return { port: owner.port, shared: true, giveBack: async () => {} };
    throw new Error(`the running flow uses ${owner.port.name} with other settings; deploy the change, then try again`);
  }
  const before = borrowed.get(wire);
  if (before && framingOf(before.line) !== framingOf(line)) {
    throw new Error(`another dialog tries ${before.port.name} with other settings; try again in a moment`);
  }
  const loan = before ?? { line, port: openLine(line), borrowers: 0 };
  borrowed.set(wire, loan);
  loan.borrowers += 1;
  return {
    port: loan.port,
    shared: false,
    async giveBack() {
      loan.borrowers -= 1;
      if (loan.borrowers > 0) return;
      if (borrowed.get(wire) === loan) borrowed.delete(wire);
      await loan.port.close();
    },
  };
}

/** What only one may hold at a time: the host and port, or the serial device behind its names. */
function wireOf({ transport, host, port, path }: Line): string {
  if (transport !== 'serial') return `${host.toLowerCase().replace(/^localhost$/, '127.0.0.1')} ${port}`;
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** How bytes are put on the wire; timeout and pauses may differ. */
function framingOf({ transport, baud, parity, stopBits }: Line): string {
  return transport === 'serial' ? [transport, baud, parity, stopBits].join(' ') : transport;
}

/** Values such as `${HOST}`, which Node-RED fills in when it deploys. */
function namesEnvironment(stored: unknown): boolean {
  const values = typeof stored === 'object' && stored !== null ? Object.values(stored) : [];
  return values.some((value) => typeof value === 'string' && /^\$[({]\w+[)}]$/.test(value));
}
