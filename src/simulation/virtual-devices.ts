// A virtual site on Modbus TCP, on loopback only: what a real meter, inverter and battery would answer at this moment of
// the site's clock. Faults on request, per unit.
import type { Fault } from './faults.ts';
import { VirtualUnits } from './modbus-answer.ts';
import { serveTcp } from './modbus-server-port.ts';
import type { SiteRun } from './site-run.ts';
import { unitsOf } from './virtual-registers.ts';

export interface VirtualDevices {
  readonly host: string;
  readonly port: number;
  /** Units that answer: 1 meter, 2 inverter, 3 battery. */
  readonly units: readonly number[];
  /** Puts a fault on a unit, or takes it away with null. @throws RangeError for a unit that is not there */
  setFault(unit: number, fault: Fault | null): void;
  /** Ends all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * Serves a site. @param port 0 chooses a free one
 * @throws Error when the port is taken, with what to do
 */
export async function serveVirtualDevices(site: SiteRun, port = 0): Promise<VirtualDevices> {
  const units = new VirtualUnits(unitsOf(site), () => site.snapshot().at);
  const server = await serveTcp(units, { port });
  return {
    host: server.host,
    port: server.port,
    units: units.numbers,
    setFault: (unit, fault) => units.setFault(unit, fault),
    close: () => server.close(),
  };
}
