// A Modbus port straight into virtual units, without a wire: what the server would answer, as the port's interface.
import type { Request } from '../../src/modbus/link.ts';
import { decodeAnswer, encodeRequest } from '../../src/modbus/pdu.ts';
import { ModbusError, type ModbusPort } from '../../src/modbus/port.ts';
import { VirtualUnits } from '../../src/simulation/modbus-answer.ts';
import type { VirtualUnit } from '../../src/simulation/virtual-unit.ts';
import { memoryPort } from './modbus-peers.ts';

export interface VirtualPort extends ModbusPort {
  readonly units: VirtualUnits;
  /** Requests as `kind address count`. */
  readonly log: string[];
}

/** @param now clock of the devices, ms */
export function virtualPort(units: ReadonlyMap<number, VirtualUnit>, now: () => number): VirtualPort {
  const answers = new VirtualUnits(units, now);
  const log: string[] = [];
  const ask = async (kind: Request['kind'], unit: number, address: number, values: number[], count: number) => {
    const request = { kind, unit, address, count, values };
    log.push(`${kind} ${address} ${count}`);
    const answer = answers.answer(log, unit, encodeRequest(request));
    if (answer.kind === 'hang-up') throw new ModbusError('closed', 'the device hung up');
    if (answer.kind !== 'frame' || answer.unit !== unit || answer.afterMs > 0)
      throw new ModbusError('timeout', `unit ${unit} did not answer`);
    return decodeAnswer(request, answer.pdu, `unit ${unit}`);
  };
  return {
    ...memoryPort([]),
    name: 'virtual',
    units: answers,
    log,
    readHolding: (unit, address, count) => ask('holding', unit, address, [], count),
    readInput: (unit, address, count) => ask('input', unit, address, [], count),
    writeRegister: async (unit, address, value) => void (await ask('write-one', unit, address, [value], 1)),
    writeRegisters: async (unit, address, values) =>
      void (await ask('write', unit, address, [...values], values.length)),
  };
}
