// A Modbus port straight into virtual units, without a wire: what the server would answer, as the port's interface.
import { exceptionError, ModbusError, type ModbusPort } from '../../src/modbus/port.ts';
import { VirtualUnits } from '../../src/simulation/modbus-answer.ts';
import type { VirtualUnit } from '../../src/simulation/virtual-unit.ts';
import { memoryPort } from './modbus-peers.ts';

export interface VirtualPort extends ModbusPort {
  readonly units: VirtualUnits;
  /** Requests as `function address count`. */
  readonly log: string[];
}

/** @param now clock of the devices, ms */
export function virtualPort(units: ReadonlyMap<number, VirtualUnit>, now: () => number): VirtualPort {
  const answers = new VirtualUnits(units, now);
  const log: string[] = [];
  const ask = async (unit: number, pdu: Uint8Array, count: number): Promise<number[]> => {
    const [code = 0] = pdu;
    const view = new DataView(pdu.buffer);
    log.push(`${code} ${view.getUint16(1)} ${count}`);
    const answer = answers.answer(log, unit, pdu);
    if (answer.kind === 'hang-up') throw new ModbusError('closed', 'the device hung up');
    if (answer.kind !== 'frame' || answer.unit !== unit || answer.afterMs > 0)
      throw new ModbusError('timeout', `unit ${unit} did not answer`);
    if ((answer.pdu[0] ?? 0) & 0x80) throw exceptionError(`unit ${unit}`, answer.pdu[1] ?? 0);
    if (code === 6 || code === 16) return [];
    const words = new DataView(answer.pdu.buffer, answer.pdu.byteOffset + 2);
    return Array.from({ length: count }, (_, index) => words.getUint16(index * 2));
  };
  return {
    ...memoryPort([]),
    name: 'virtual',
    units: answers,
    log,
    readHolding: (unit, address, count) => ask(unit, pduOf(3, address, count), count),
    readInput: (unit, address, count) => ask(unit, pduOf(4, address, count), count),
    writeRegister: async (unit, address, value) => void (await ask(unit, pduOf(6, address, value), 1)),
    writeRegisters: async (unit, address, values) =>
      void (await ask(unit, pduOf(16, address, values.length, values), values.length)),
  };
}

function pduOf(code: number, address: number, second: number, values: readonly number[] = []): Uint8Array {
  const pdu = new Uint8Array(code === 16 ? 6 + values.length * 2 : 5);
  const view = new DataView(pdu.buffer);
  pdu[0] = code;
  view.setUint16(1, address);
  view.setUint16(3, second);
  if (code === 16) pdu[5] = values.length * 2;
  for (const [index, value] of values.entries()) view.setUint16(6 + index * 2, value);
  return pdu;
}
