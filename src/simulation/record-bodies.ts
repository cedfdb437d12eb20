// What members of a simulated community record after delivery, meter and battery, as the ledger's kinds want them.
// Energy in Wh.
import type { BodyFields } from '../ledger/kinds.ts';
import type { MemberInterval } from './community.ts';
import type { MemberConfig } from './community-config.ts';
import { socOf } from './interval-battery.ts';

/** Meter and battery of a member; moves its meter's counters on. */
export function deliveryBodies(
  config: MemberConfig,
  { importWh, exportWh, battery }: MemberInterval,
  counters: { importWh: number; exportWh: number },
): { meter: BodyFields<'meter'>; battery: BodyFields<'battery'> | null } {
  counters.importWh += importWh;
  counters.exportWh += exportWh;
  const meter: BodyFields<'meter'> = {
    importWh,
    exportWh,
    importCounterWh: counters.importWh,
    exportCounterWh: counters.exportWh,
    quality: 'measured',
    reason: null,
  };
  if (!battery || !config.battery) return { meter, battery: null };
  const { chargeWh, dischargeWh, setpoints, stored } = battery;
  return {
    meter,
    battery: {
      chargeWh,
      dischargeWh,
      socPerMille: socOf(config.battery, stored),
      setpoints: setpoints.map(({ at, setpointW, reason }) => ({
        time: new Date(at).toISOString(),
        setpointW,
        code: reason.code,
      })),
      reasons: setpoints.map(({ reason }) => ({ code: reason.code, cycles: 1 })),
    },
  };
}
