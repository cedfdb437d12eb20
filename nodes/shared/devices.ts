// What all nodes that talk to devices have in common.
import type { Community } from '../microgrid-community/community.ts';
import type { ModbusHost } from '../microgrid-modbus/microgrid-modbus.ts';

/** Real devices live in real time: under a simulated clock, only devices on this machine are spoken to. */
export function refuseRealDevice(community: Community, host: ModbusHost): void {
  if (!community.clock.simulated || host.loopback) return;
  throw new Error(
    `${host.port.name} is not on this machine, but ${community.rules.origin} runs on a simulated clock; choose the real clock before you connect real devices`,
  );
}
