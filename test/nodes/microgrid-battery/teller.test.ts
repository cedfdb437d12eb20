// Telling a battery that shows late, or never, what it was told: the cycle goes on as soon as it is written.
import assert from 'node:assert/strict';
import { type Teller, tellerOf } from '../../../nodes/microgrid-battery/teller.ts';
import type { Decision } from '../../../src/battery/state.ts';
import { toError } from '../../../src/modbus/port.ts';
import { type SlowBattery, slowBattery } from '../../support/slow-battery.ts';

const reason = { code: 'manual', text: 'The owner asked for it.' };
const set = (setpointW: number): Decision => ({
  setpointW,
  state: 'discharging',
  reason,
  validForSeconds: 60,
  write: 'set',
});
const release: Decision = { setpointW: 0, state: 'safe', reason, validForSeconds: 0, write: 'release' };

/** A teller, and all that it reports. */
function start(showsAfterMs: number): SlowBattery & { teller: Teller; log: string[] } {
  const battery = slowBattery(showsAfterMs);
  const log: string[] = [];
  const teller = tellerOf(battery.device, {
    written: ({ write, setpointW }, { writes }) => log.push(`written ${write} ${setpointW} ${writes}`),
    shown: () => log.push('shown'),
    failed: ({ write }, problem, written) => log.push(`failed ${write} ${written} ${toError(problem).name}`),
  });
  return { ...battery, teller, log };
}

describe('telling a battery', () => {
  it('ends when it is written; that it shows is reported later', async () => {
    const { teller, pass, log } = start(4000);
    await teller.tell(set(1000));
    assert.deepEqual(log, ['written set 1000 2']);
    await pass(3000);
    assert.deepEqual(log, ['written set 1000 2']);
    await pass(5000);
    assert.deepEqual(log, ['written set 1000 2', 'shown']);
  });

  it('says so, later, when it never shows', async () => {
    const { teller, pass, log } = start(60_000);
    await teller.tell(set(1000));
    await pass(11_000);
    assert.deepEqual(log, ['written set 1000 2', 'failed set true DeviceError']);
  });

  it('looks after the last command only', async () => {
    const { teller, pass, log, timers } = start(4000);
    await teller.tell(set(1000));
    await pass(1000);
    await teller.tell(release);
    await pass(1000);
    await teller.tell(set(-500));
    await pass(10_000);
    assert.deepEqual(log, ['written set 1000 2', 'written release 0 1', 'written set -500 2', 'shown']);
    assert.equal(timers.waiting, 0);
  });

  it('says at once what does not get through', async () => {
    const { teller, port, log } = start(0);
    port.writeRegisters = async () => {
      throw new Error('the line is cut');
    };
    await teller.tell(set(1000));
    assert.deepEqual(log, ['failed set false Error']);
  });

  it('gives the battery back without waiting until it shows, whatever it was told last, and never fails', async () => {
    const { teller, port, log, pass, timers } = start(60_000);
    await teller.tell(set(1000));
    await teller.giveBack();
    assert.equal(port.registers.get('holding 1 100'), 0);
    await pass(20_000);
    assert.deepEqual(log, ['written set 1000 2'], 'nobody listens any more');
    assert.equal(timers.waiting, 0);
    port.readHolding = async () => {
      throw new Error('the line is cut');
    };
    await teller.giveBack();
  });
});
