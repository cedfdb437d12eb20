// Battery control as a pure step: settings, memory, one frozen snapshot and the time in; memory and decision out.
// What is decided here is apart from how a device is told (src/devices/drive.ts).
import { envelope, followReading, followWindow, trust } from './envelope.ts';
import { marketPosition } from './modes/position.ts';
import { selfConsumption } from './modes/self-consumption.ts';
import { solve } from './solve.ts';
import type { BatteryMode, BatterySettings, ControlState, Decision, Snapshot } from './state.ts';

/**
 * Decides one setpoint (W, + = discharge) for the next `validForSeconds`, with the reason of whatever bound it.
 * Without a fresh meter and battery reading the decision is `safe`: no setpoint, the device's own safe mode.
 * @param now Unix ms, on the same clock as the snapshot's times
 */
export function decide(
  settings: BatterySettings,
  state: ControlState,
  snapshot: Snapshot,
  now: number,
): [ControlState, Decision] {
  const read = followReading(state, snapshot.batteryAt);
  const seen = trust(settings, snapshot, now);
  if ('code' in seen) {
    const next: ControlState = { ...read, mode: 'safe', setpointW: 0, decidedAt: now };
    return [next, { setpointW: 0, state: 'safe', reason: seen, validForSeconds: 0 }];
  }
  const following = followWindow(settings, read, seen.socPerMille);
  const position = snapshot.positionWh ?? 0;
  const wish = position === 0 ? selfConsumption(seen) : marketPosition(seen, position);
  const { watts, reason, limited } = solve(envelope(settings, following, seen, now), wish);
  const mode: BatteryMode = watts > 0 ? 'discharging' : watts < 0 ? 'charging' : limited ? 'holding' : 'idle';
  const next: ControlState = { ...following, mode, setpointW: watts, decidedAt: now };
  return [next, { setpointW: watts, state: mode, reason, validForSeconds: settings.validForSeconds }];
}
