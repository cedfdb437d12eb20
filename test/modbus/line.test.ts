// What devices need of a line: silence between requests and time after connecting, the longest wish counts.
import assert from 'node:assert/strict';
import { ModbusLine } from '../../src/modbus/line.ts';
import type { Link } from '../../src/modbus/link.ts';
import { manualTimers } from '../support/manual-timers.ts';

describe('a line', () => {
  it('gives devices the gap and the time to settle that they need', async () => {
    const timers = manualTimers();
    const sent: number[] = [];
    let lose = () => {};
    const link = (): Link => ({
      send: async () => {
        sent.push(timers.now());
        return [1];
      },
      abandon: () => null,
      wait: () => 0,
      owes: () => false,
      received: () => 0,
      resynchronises: true,
      diesSilently: false,
      destroy: async () => {},
    });
    const open = async (lost: () => void) => {
      lose = lost;
      return link();
    };
    const line = new ModbusLine('line', open, { gapMs: 10, timers });
    line.respect({ gapMs: 50, settleMs: 300 });
    line.respect({ gapMs: 20, settleMs: 1000 });
    const read = async () => {
      const answer = line.readHolding(1, 0, 1);
      for (let turn = 0; turn < 2000 && !(await settled(answer)); turn++) timers.pass(1);
      await answer;
    };
    await read();
    assert.deepEqual(sent, [1000]);
    await read();
    assert.deepEqual(sent, [1000, 1050]);
    const lostAt = timers.now();
    lose();
    await read();
    assert.ok(sent[2]! >= lostAt + 1000, sent.join(' '));
    await line.close();
  });
});

/** Whether a promise is settled once all that is due has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const mark = () => {
    done = true;
  };
  promise.then(mark, mark);
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}
