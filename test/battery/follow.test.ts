// A battery that does not do what it was told: alarm, given back, tried again after a pause that doubles.
import assert from 'node:assert/strict';
import { refused } from '../../src/battery/control.ts';
import type { BatterySettings } from '../../src/battery/settings.ts';
import { fast, play, type Row, start } from '../support/battery-play.ts';

const watched: BatterySettings = { ...fast, followWithinMs: 30_000, otherwise: 'hold', validForSeconds: 600 };
const ask = { manual: { setpointW: 2000, until: start + 86_400_000 } };
/** Every ten seconds, told 2000 W, seen doing something else. */
const looks = (from: number, to: number, batteryW: number, expect: Row['expect'], more: Partial<Row> = {}): Row[] =>
  Array.from({ length: (to - from) / 10 + 1 }, (_, i) => ({ at: from + i * 10, batteryW, expect, ...ask, ...more }));

const doing: Row['expect'] = [2000, 'discharging', 'manual'];
const alarm: Row['expect'] = [0, 'alarm', 'not-following'];

describe('a battery that does not follow', () => {
  it('raises the alarm after the set time, is given back, and tried again after pauses that double', () => {
    play(watched, [
      ...looks(0, 30, 0, doing, { write: 'set' }),
      { at: 40, batteryW: 0, expect: alarm, write: 'release', ...ask },
      ...looks(50, 90, 0, alarm, { write: 'nothing' }),
      ...looks(100, 130, 0, doing),
      ...looks(140, 250, 0, alarm),
      ...looks(260, 290, 0, doing),
      ...looks(300, 530, 0, alarm),
      // It follows again, for long enough: the next pause is the first again.
      ...looks(540, 600, 2000, doing),
      ...looks(610, 630, 0, doing),
      ...looks(640, 690, 0, alarm),
      ...looks(700, 700, 0, doing),
    ]);
  });

  it('is told again as soon as it is seen off, for it may have restarted', () => {
    play(watched, [
      { at: 0, batteryW: 0, expect: doing, write: 'set', ...ask },
      { at: 10, batteryW: 2000, expect: doing, write: 'nothing', ...ask },
      { at: 20, batteryW: 0, expect: doing, write: 'set', ...ask },
      { at: 30, batteryW: 2000, expect: doing, write: 'nothing', ...ask },
    ]);
  });

  it('is one that does the opposite, or too much', () => {
    for (const batteryW of [-2000, 1690, 2310, 9000]) {
      play(watched, [...looks(0, 30, batteryW, doing), { at: 40, batteryW, expect: alarm, ...ask }]);
    }
  });

  it('is one whose sign is reversed, though control that believes it keeps turning the setpoint over', () => {
    const wishes = (watts: number) => ({ manual: { setpointW: watts, until: start + 86_400_000 } });
    const rows: Row[] = [];
    for (let at = 0; at <= 30; at += 10) {
      const watts = (at / 10) % 2 === 0 ? 2000 : -2000;
      const before = at === 0 ? 0 : watts;
      rows.push({
        at,
        batteryW: before,
        expect: [watts, watts > 0 ? 'discharging' : 'charging', 'manual'],
        ...wishes(watts),
      });
    }
    rows.push({ at: 40, batteryW: 2000, expect: alarm, ...wishes(2000) });
    play(watched, rows);
  });

  it('is not one that is a little off, slow, nearly empty or nearly full', () => {
    for (const batteryW of [1700, 2300]) play(watched, looks(0, 200, batteryW, doing));
    play(watched, looks(0, 200, 700, doing, { soc: 200 }));
    const charge = { manual: { setpointW: -2000, until: start + 86_400_000 }, soc: 850 };
    play(watched, looks(0, 200, -100, [-2000, 'charging', 'manual'], charge));
    play(watched, [
      ...looks(0, 30, 0, [-2000, 'charging', 'manual'], { ...charge, soc: 840 }),
      { at: 40, batteryW: 0, expect: alarm, ...charge, soc: 840 },
    ]);
  });

  it('is not a slow one that still does what it was told before', () => {
    const rows = Array.from({ length: 40 }, (_, i): Row => {
      const setpointW = i % 2 === 0 ? 2000 : 3000;
      const batteryW = i === 0 ? 0 : i % 2 === 0 ? 2000 : 3000;
      const manual = { setpointW, until: start + 86_400_000 };
      return { at: i * 10, batteryW, manual, expect: [setpointW, 'discharging', 'manual'] };
    });
    play(watched, rows);
  });

  it('is not one whose setpoint has ended, or who was told just now', () => {
    const short = { ...watched, validForSeconds: 5 };
    play(short, looks(0, 200, 0, doing, { write: 'set' }));
  });

  it('is one that refuses a command', () => {
    const state = play(watched, [{ at: 0, batteryW: 0, expect: doing, write: 'set', ...ask }]);
    const after = refused(state, { write: 'set' }, 'It did not take the command.', start);
    const denied: Row['expect'] = [0, 'alarm', 'not-applied'];
    play(
      watched,
      [
        { at: 59, batteryW: 0, expect: denied, write: 'release', ...ask },
        { at: 60, batteryW: 0, expect: doing, write: 'set', ...ask },
      ],
      after,
    );
  });

  it('goes on after the clock was set back', () => {
    const state = play(watched, [...looks(0, 30, 0, doing), { at: 40, batteryW: 0, expect: alarm, ...ask }]);
    play(watched, [{ at: -86_400, batteryW: 0, expect: doing, ...ask }], state);
    assert.equal(state.following.alarms, 1);
  });
});
