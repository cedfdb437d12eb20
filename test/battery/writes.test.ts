// When a device is told: on change, at half of the validity, and where its memory wears out only within the day's budget.
import assert from 'node:assert/strict';
import { confirmed, decide, taken, unanswered } from '../../src/battery/control.ts';
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
    play(
      fast,
      [{ at: 4, gridW: null, expect: [0, 'safe', 'meter-missing'], write: 'release' }],
      unanswered(state, { write: 'release' }),
    );
  });

  it('are repeated after one that nobody answered', () => {
    const state = play(fast, [step(0, 500, 500, 'set')]);
    play(fast, [step(1, 0, 500, 'set', 500)], unanswered(state, { write: 'set' }));
  });

  describe('that give it back, and fail', () => {
    const blind = { gridW: null, batteryW: 0, socPerMille: 500, meterAt: null, batteryAt: null };
    const nothing = { setpointW: 0, state: 'safe', reason: { code: 'x', text: 'X.' }, validForSeconds: 0 } as const;
    const held = { ...nothing, setpointW: 500, validForSeconds: 60, write: 'set' } as const;
    /** Told something, and then without a meter: the seconds of each try, with how it was decided. */
    const tries = (settings: BatterySettings, seconds: number, clock = (second: number) => second) => {
      let state = taken(initialControl, held, { setpointW: 500, validForSeconds: 60, writes: 3 }, start);
      const when: number[] = [];
      const seen: { second: number; state: string; code: string; text: string }[] = [];
      for (let second = 0; second < seconds; second++) {
        const now = start + clock(second) * 1000;
        const [next, { write, state: mode, reason }] = decide(settings, state, blind, now);
        state = write === 'release' ? unanswered(next, { write }) : next;
        if (write !== 'nothing') when.push(second);
        seen.push({ second, state: mode, code: reason.code, text: reason.text });
      }
      return { when, seen, used: state.writes.used };
    };

    it('are tried again soon, and then ever less often', () => {
      const { when } = tries(fast, 400);
      assert.deepEqual(when, [0, 1, 3, 8, 18, 38, 78, 138, 198, 258, 318, 378]);
    });

    it('are neither hurried nor put off by a clock that is set', () => {
      const back = tries(fast, 400, (second) => (second < 100 ? second : second - 86_000));
      assert.deepEqual(back.when, [0, 1, 3, 8, 18, 38, 78, 139, 199, 259, 319, 379]);
      const forward = tries(fast, 400, (second) => (second < 100 ? second : second + 86_000));
      assert.deepEqual(forward.when, [0, 1, 3, 8, 18, 38, 78, 100, 160, 220, 280, 340]);
    });

    it('end with an alarm that says what to do by hand, where nothing else ends the setpoint', () => {
      const { seen } = tries({ ...fast, fallback: 'nothing', byHand: 'set the mode to automatic' }, 60);
      assert.deepEqual([seen[38]?.state, seen[38]?.code], ['safe', 'meter-missing']);
      assert.deepEqual([seen[39]?.state, seen[39]?.code], ['alarm', 'not-released']);
      assert.equal(
        seen[39]?.text,
        'The battery could not be given back to its own mode in 6 tries. Give it back by hand: set the mode to automatic.',
      );
      const byTimer = tries(fast, 60).seen[39];
      assert.deepEqual([byTimer?.state, byTimer?.code], ['safe', 'not-released']);
      assert.match(byTimer?.text ?? '', /What it was told last ends by itself\.$/);
    });

    it('count against the budget of the day, and go on with the next', () => {
      const worn: BatterySettings = { ...fast, fallback: 'nothing', writesPerDay: 20 };
      const { when, seen, used } = tries(worn, 400);
      assert.deepEqual([when.length, used], [6, 18]);
      assert.deepEqual([seen[399]?.state, seen[399]?.code], ['alarm', 'not-released']);
      const midnight = tries(worn, 400, (second) => (second < 200 ? second : 15.75 * 3600 + second));
      assert.deepEqual(midnight.when.slice(6), [200, 260, 320, 380]);
    });

    it('start afresh once one got through', () => {
      let state = taken(initialControl, held, { setpointW: 500, validForSeconds: 60, writes: 3 }, start);
      for (let i = 0; i < 6; i++) state = unanswered(state, { write: 'release' });
      const release = { ...nothing, write: 'release' } as const;
      const told = { setpointW: 0, validForSeconds: 0, writes: 1 };
      // Written is not yet shown: a battery that takes every write and shows none is as stuck as one that takes none.
      assert.equal(taken(state, release, { ...told, readBack: false }, start).writes.tries, 6);
      assert.equal(confirmed(taken(state, release, { ...told, readBack: false }, start)).writes.tries, 0);
      assert.equal(taken(state, release, told, start).writes.tries, 0);
    });
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
