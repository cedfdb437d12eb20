import { strict as assert } from 'node:assert';
import { Pace } from '../../src/log/pace.ts';

describe('log/pace', () => {
  it('asks for a turn once ten milliseconds were used, and lets others run in it', async () => {
    let now = 0;
    const pace = new Pace(() => now);
    assert.equal(pace.due, false);
    now = 9.9;
    assert.equal(pace.due, false);
    now = 10;
    assert.equal(pace.due, true);
    let ran = false;
    setImmediate(() => {
      ran = true;
    });
    await pace.turn();
    assert.deepEqual([ran, pace.due], [true, false]);
  });
});
