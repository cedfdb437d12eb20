// What devices need of a line: silence between requests and time after connecting, the longest wish counts.
import assert from 'node:assert/strict';
import { ModbusLine } from '../../src/modbus/line.ts';
import type { Link } from '../../src/modbus/link.ts';
import { asideOf } from '../../src/modbus/port.ts';
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

  it('lets all others go before what is asked aside, which soon gives up and tells nothing about the line', async () => {
    const timers = manualTimers();
    const sent: number[] = [];
    let opened = 0;
    const silent = (): Link => ({
      send: (request) => {
        sent.push(request.address);
        return request.unit === 9 ? new Promise(() => {}) : Promise.resolve([request.address]);
      },
      abandon: () => null,
      wait: () => 0,
      owes: () => false,
      received: () => 0,
      resynchronises: false,
      diesSilently: true,
      destroy: async () => {},
    });
    const open = async () => {
      opened++;
      return silent();
    };
    const line = new ModbusLine('line', open, { timeoutMs: 2000, timers });
    const aside = asideOf(line, { limitMs: 300 });
    const nobody = [1, 2, 3].map((address) => aside.readHolding(9, address, 1));
    const codes = nobody.map((answer) => answer.catch((error) => error.message));
    assert.equal(await settled(nobody[0]!), false);
    const others = [line.readHolding(1, 10, 1), line.writeRegister(1, 11, 5), aside.readInput(1, 12, 1)];
    timers.pass(299);
    assert.equal(await settled(nobody[0]!), false);
    timers.pass(1);
    assert.equal(await codes[0], 'unit 9 at line did not answer within 300 ms');
    assert.equal(await settled(others[1]!), true);
    assert.equal(await settled(others[0]!), true);
    for (const _ of [2, 3]) {
      timers.pass(300);
      await settled(nobody[0]!);
    }
    await Promise.all(others);
    await Promise.all(codes);
    assert.deepEqual(sent, [1, 11, 10, 2, 3, 12]);
    assert.equal(opened, 1, 'three silent units are no dead connection');
    assert.deepEqual([line.statistics.errors, line.statistics.lastError], [0, null]);
    await line.close();
  });

  it('waits for what is asked aside never longer than for others', async () => {
    const timers = manualTimers();
    const link: Link = {
      send: () => new Promise(() => {}),
      abandon: () => null,
      wait: () => 0,
      owes: () => false,
      received: () => 0,
      resynchronises: true,
      diesSilently: false,
      destroy: async () => {},
    };
    const line = new ModbusLine('line', async () => link, { timeoutMs: 100, timers });
    const answer = asideOf(line, { limitMs: 5000 }).readInput(1, 0, 1);
    await settled(answer);
    timers.pass(100);
    await assert.rejects(answer, /did not answer within 100 ms/);
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
