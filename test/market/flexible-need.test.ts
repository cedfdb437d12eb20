// What a flexible load still needs: told, or every day the same, less what it has run; through restarts and odd clocks.
import assert from 'node:assert/strict';
import {
  type DailyNeed,
  type FlexibleState,
  NOTHING_TOLD,
  needAt,
  runNeed,
  tellNeed,
} from '../../src/market/flexible-need.ts';

const at = (time: string) => Date.parse(time);
const daily: DailyNeed = { dailyWh: 8000, from: 18 * 60, by: 7 * 60, zone: 'Europe/Berlin', maxW: 11_000 };
const onlyTold: DailyNeed = { ...daily, dailyWh: 0, from: null };

describe('a flexible need', () => {
  it('is the same every day, from the time the load is there to its deadline', () => {
    const need = (time: string) => needAt(NOTHING_TOLD, daily, at(time));
    const full = { remainingWh: 8000, deadline: at('2026-11-23T06:00Z'), maxW: 11_000, zone: 'Europe/Berlin' };
    assert.deepEqual(need('2026-11-22T17:00Z'), full);
    assert.deepEqual(need('2026-11-23T05:45Z'), full);
    assert.equal(need('2026-11-22T16:45Z'), null);
    assert.equal(need('2026-11-23T06:00Z'), null);
  });

  it('begins anew at the deadline where no other time is set', () => {
    const always = { ...daily, from: null };
    assert.equal(needAt(NOTHING_TOLD, always, at('2026-11-22T06:00Z'))?.deadline, at('2026-11-23T06:00Z'));
  });

  it('ends by the clocks of its zone in a night of 23 and of 25 hours', () => {
    assert.equal(needAt(NOTHING_TOLD, daily, at('2026-03-28T20:00Z'))?.deadline, at('2026-03-29T05:00Z'));
    assert.equal(needAt(NOTHING_TOLD, daily, at('2026-10-24T20:00Z'))?.deadline, at('2026-10-25T06:00Z'));
  });

  it('shrinks by what ran, each interval once and the largest figure counts', () => {
    let state = NOTHING_TOLD;
    const remaining = (time: string) => needAt(state, daily, at(time))?.remainingWh;
    state = runNeed(state, at('2026-11-22T17:00Z'), 500);
    state = runNeed(state, at('2026-11-22T17:00Z'), 2000);
    state = runNeed(state, at('2026-11-22T17:00Z'), 0);
    state = runNeed(state, at('2026-11-22T17:15Z'), 1000);
    assert.deepEqual(
      ['17:00', '17:15', '17:30'].map((time) => remaining(`2026-11-22T${time}Z`)),
      [8000, 6000, 5000],
    );
    // What ran before this night is of another one, and a clock that was set back sees no later runs.
    assert.equal(remaining('2026-11-23T17:00Z'), 8000);
    assert.equal(remaining('2026-11-22T17:00Z'), 8000);
    state = runNeed(state, at('2026-11-22T17:30Z'), 90_000);
    assert.equal(remaining('2026-11-22T18:00Z'), 0);
  });

  it('is what a message says, with the rest of the dialog', () => {
    const state = tellNeed(NOTHING_TOLD, onlyTold, { remainingWh: 12_000 }, at('2026-11-22T17:05Z'));
    assert.deepEqual(needAt(state, onlyTold, at('2026-11-22T17:15Z')), {
      remainingWh: 12_000,
      deadline: at('2026-11-23T06:00Z'),
      maxW: 11_000,
      zone: 'Europe/Berlin',
    });
    assert.equal(needAt(state, onlyTold, at('2026-11-23T06:00Z')), null);
    assert.equal(needAt(NOTHING_TOLD, onlyTold, at('2026-11-22T17:15Z')), null);
  });

  it('counts of the interval in which it was told only what was still to come', () => {
    let state = runNeed(NOTHING_TOLD, at('2026-11-22T17:00Z'), 900);
    state = tellNeed(state, onlyTold, { remainingWh: 10_000 }, at('2026-11-22T17:05Z'));
    assert.equal(needAt(state, onlyTold, at('2026-11-22T17:15Z'))?.remainingWh, 9400);
  });

  it('does not come back by the daily need once a message spoke for the night', () => {
    const early = { remainingWh: 3000, deadline: at('2026-11-23T03:00Z'), maxW: 3700 };
    let state: FlexibleState = tellNeed(NOTHING_TOLD, daily, early, at('2026-11-22T20:00Z'));
    assert.deepEqual(needAt(state, daily, at('2026-11-23T02:45Z')), { ...early, zone: 'Europe/Berlin' });
    assert.equal(needAt(state, daily, at('2026-11-23T04:00Z')), null);
    assert.equal(needAt(state, daily, at('2026-11-23T17:00Z'))?.remainingWh, 8000);
    state = tellNeed(state, daily, { remainingWh: 0 }, at('2026-11-23T17:30Z'));
    assert.equal(needAt(state, daily, at('2026-11-23T20:00Z'))?.remainingWh, 0);
    assert.equal(needAt(state, daily, at('2026-11-24T17:00Z'))?.remainingWh, 8000);
  });

  it('goes on from plain JSON, and remembers no more than it needs', () => {
    let state = NOTHING_TOLD;
    for (let i = 0; i < 2000; i++) state = runNeed(state, at('2026-11-01T00:00Z') + i * 900_000, 10);
    assert.ok(state.runs.length <= 8 * 96);
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
  });
});
