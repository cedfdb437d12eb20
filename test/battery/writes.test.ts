// When a device is told: on change, at half of the validity, and where its memory wears out only within the day's budget.
import assert from 'node:assert/strict';
import { decide, taken, unanswered } from '../../src/battery/control.ts';
import type { BatterySettings } from '../../src/battery/settings.ts';
import { initialControl } from '../../src/battery/state.ts';
import { fast, play, type Row, start } from '../support/battery-play.ts';

const step = (at: number, gridW: number, setpointW: number, write: Row['write'], batteryW?: number): Row => ({
  at,
  gridW,
  expect: [setpointW, setpointW > 0 ? 'discharging' : setpointW < 0 ? 'charging' : 'idle', 'self-consumption'],
  ...(write ? { write } : {}),
  ...(batteryW === undefined ? {} : { batteryW }),
});

describe('writes to a battery', () => {
  it('come with a change, and at half of the validity without one', () => {
    play(fast, [
      step(0, 800, 800, 'set'),
      step(29, 0, 800, 'nothing'),
      step(30, 0, 800, 'set'),
      step(31, 0, 800, 'nothing'),
      step(32, 1, 801, 'set'),
      step(61, 0, 801, 'nothing'),
      step(62, 0, 801, 'set'),
      step(10, 0, 801, 'set'),
    ]);
  });

  it('do not renew what nothing in the device would end', () => {
    play({ ...fast, fallback: 'nothing' }, [step(0, 800, 800, 'set'), step(9000, 0, 800, 'nothing')]);
  });

  it('give the battery back once, and again when that got lost', () => {
    const state = play(fast, [
      { at: 0, gridW: null, expect: [0, 'safe', 'meter-missing'], write: 'release' },
      { at: 1, gridW: null, expect: [0, 'safe', 'meter-missing'], write: 'nothing' },
      step(2, 500, 500, 'set'),
      { at: 3, gridW: null, expect: [0, 'safe', 'meter-missing'], write: 'release' },
    ]);
    play(fast, [{ at: 4, gridW: null, expect: [0, 'safe', 'meter-missing'], write: 'release' }], unanswered(state, { write: 'release' }));
  });

  it('are repeated after one that nobody answered', () => {
    const state = play(fast, [step(0, 500, 500, 'set')]);
    play(fast, [step(1, 0, 500, 'set', 500)], unanswered(state, { write: 'set' }));
  });

  describe('to a memory that wears out', () => {
    // three writes per command: three commands, and the last one in hand
    const worn: BatterySettings = { ...fast, fallback: 'nothing', writesPerDay: 12 };
    const spent: Row['expect'] = [0, 'safe', 'write-budget'];

    it('stay within the budget of the day, the last one gives the battery back', () => {
      const state = play(worn, [
        step(0, 100, 100, 'set'),
        step(1, 100, 200, 'set'),
        step(2, 0, 200, 'nothing'),
        step(3, 100, 300, 'set'),
        { at: 4, gridW: 100, expect: spent, write: 'release' },
        { at: 5, gridW: 100, batteryW: 0, expect: spent, write: 'nothing' },
        { at: 15.75 * 3600 - 1, gridW: 100, batteryW: 0, expect: spent, write: 'nothing' },
        step(15.75 * 3600, 100, 100, 'set', 0),
      ]);
      assert.equal(state.writes.used, 3);
    });

    it('never exceed the budget, whatever a command costs, nor after a restart or a clock set back', () => {
      const settings = { ...worn, writesPerDay: 20 };
      let state = initialControl;
      let inSafeMode = false;
      let writes = 0;
      for (let i = 0; i < 200; i++) {
        // A restart remembers the count, and nothing else.
        const { day, used } = state.writes;
        if (i % 7 === 0) state = { ...initialControl, writes: { ...initialControl.writes, day, used } };
        const now = start + (i % 11 === 0 ? i - 7200 : i) * 1000;
        const gridW = i % 2 === 0 ? 700 : -700;
        const seen = { gridW, batteryW: 0, socPerMille: 500, meterAt: now, batteryAt: now };
        const [next, decision] = decide(settings, state, seen, now);
        state = next;
        if (decision.write === 'nothing') continue;
        // A device that is in its safe mode already needs no write for it (src/devices/drive.ts).
        const cost = decision.write === 'release' && inSafeMode ? 0 : 3;
        inSafeMode = decision.write === 'release';
        writes += cost;
        state = taken(state, decision, { setpointW: decision.setpointW, validForSeconds: 60, writes: cost }, now);
      }
      assert.equal(state.writes.used, writes);
      assert.ok(inSafeMode);
      assert.ok(writes > 10 && writes <= 20, `${writes}`);
    });
  });

  it('count what was shown as what was told', () => {
    const decision = { setpointW: 5001, state: 'discharging', reason: { code: 'x', text: 'X.' } } as const;
    const told = { ...decision, validForSeconds: 60, write: 'set' } as const;
    const state = taken(initialControl, told, { setpointW: 5000, validForSeconds: 60, writes: 2 }, start);
    const { told: kept, used, cost, released } = state.writes;
    assert.deepEqual(kept, { setpointW: 5001, shownW: 5000, at: start, until: start + 60_000 });
    assert.deepEqual([used, cost, released], [2, 3, false]);
  });
});
