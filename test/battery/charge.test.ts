// A state of charge that stands still although energy flows: first not believed, then not used at all.
import assert from 'node:assert/strict';
import { followCharge, initialCharge } from '../../src/battery/charge.ts';
import { decide, taken } from '../../src/battery/control.ts';
import type { BatterySettings } from '../../src/battery/settings.ts';
import { type ControlState, initialControl } from '../../src/battery/state.ts';
import { done, fast, start } from '../support/battery-play.ts';

/** Ten thousand Wh: 1000 W move 10 per mille in six minutes. */
const large: BatterySettings = { ...fast, capacityWh: 10_000 };

interface Run {
  readonly settings?: BatterySettings;
  readonly needW: number;
  readonly minutes: number;
  /** What the battery shows after so many minutes. */
  readonly shows: (minute: number, contentPerMille: number) => number;
  readonly startPerMille?: number;
  readonly state?: ControlState;
  readonly from?: number;
}

/** A battery without losses that obeys; it does nothing of its own. */
function run({ settings = large, needW, minutes, shows, startPerMille = 500, state = initialControl, from = 0 }: Run) {
  let control = state;
  let powerW = 0;
  let content = startPerMille;
  const rows: { minute: number; state: string; code: string; text: string; content: number }[] = [];
  for (let second = 0; second < minutes * 60; second += 10) {
    const now = start + from * 60_000 + second * 1000;
    content -= (powerW * 10) / 3.6 / settings.capacityWh;
    const seen = { batteryW: powerW, socPerMille: shows(second / 60, content), batteryAt: now };
    const [next, decision] = decide(settings, control, { ...seen, gridW: needW - powerW, meterAt: now }, now);
    control = decision.write === 'nothing' ? next : taken(next, decision, done(decision.setpointW, settings), now);
    powerW = decision.setpointW;
    const { code, text } = decision.reason;
    rows.push({ minute: second / 60, state: decision.state, code, text, content });
  }
  return { rows, control, content };
}
const first = (rows: ReturnType<typeof run>['rows'], code: string) => rows.find((row) => row.code === code)?.minute;
const percents = (_: number, content: number) => Math.floor(content / 10) * 10;

describe('a state of charge that stands still', () => {
  it('is not believed once far more has flowed than it could hide, either way', () => {
    // 850 W beyond what the battery may need itself: 800 Wh take 56 minutes
    const given = run({ needW: 900, minutes: 90, shows: () => 500 });
    assert.equal(Math.round(first(given.rows, 'soc-frozen') ?? 0), 57);
    const last = given.rows.at(-1);
    assert.deepEqual([last?.state, last?.code], ['safe', 'soc-frozen']);
    assert.equal(
      last?.text,
      'The battery has given 850 Wh and still shows 50 %: its charge is not known, so it keeps to its own safe mode.',
    );
    const taking = run({ needW: -900, minutes: 90, shows: () => 500 });
    assert.match(taking.rows.at(-1)?.text ?? '', /^The battery has taken 850 Wh and still shows 50 %/);
  });

  it('is believed again when it moves', () => {
    const { rows } = run({ needW: 900, minutes: 90, shows: (minute) => (minute < 80 ? 500 : 410) });
    assert.equal(rows.find(({ minute }) => minute > 79)?.code, 'soc-frozen');
    assert.deepEqual([rows.at(-1)?.state, rows.at(-1)?.code], ['discharging', 'self-consumption']);
  });

  it('does not lead out of the window before that', () => {
    const settings = { ...large, minSocPerMille: 100, maxSocPerMille: 900 };
    const down = run({ settings, needW: 3000, minutes: 240, startPerMille: 150, shows: () => 150 });
    assert.ok(down.content >= 100 - 15, `${down.content}`);
    const up = run({ settings, needW: -3000, minutes: 240, startPerMille: 850, shows: () => 850 });
    assert.ok(up.content <= 900 + 15, `${up.content}`);
  });

  it('is none that goes in whole per cent, nor one of a battery at rest, nor one to and fro', () => {
    for (const needW of [40, 900, 4000, -900, -4000]) {
      assert.equal(first(run({ needW, minutes: 60, shows: percents }).rows, 'soc-frozen'), undefined, `${needW}`);
    }
    for (const needW of [0, 45, -45]) {
      const { rows } = run({ needW, minutes: 24 * 60, shows: () => 500 });
      assert.equal(first(rows, 'soc-frozen'), undefined, `${needW}`);
    }
  });

  it('is borne with longer where the battery is nearly full or empty', () => {
    const settings = { ...large, maxSocPerMille: 1000 };
    const full = run({ settings, needW: -900, minutes: 200, startPerMille: 980, shows: () => 980 });
    const at = first(full.rows, 'soc-frozen');
    assert.ok(at === undefined || at > 100, `${at}`);
  });

  it('is not carried further than a few minutes by a clock that is set', () => {
    const { control } = run({ needW: 900, minutes: 30, shows: () => 500 });
    const later = run({ needW: 900, minutes: 5, shows: () => 500, state: control, from: 10_000 });
    assert.equal(first(later.rows, 'soc-frozen'), undefined);
    const earlier = run({ needW: 900, minutes: 40, shows: () => 500, state: control, from: -10_000 });
    assert.ok(first(earlier.rows, 'soc-frozen') !== undefined, 'what was counted is kept');
  });

  it('is not counted twice by looks that come late', () => {
    // An hour, each second look a minute older than the one before it.
    const settings = { ...large, capacityWh: 100_000 };
    let charge = initialCharge;
    for (let minute = 0; minute <= 60; minute++) {
      for (const late of [0, 60_000]) {
        const batteryAt = start + minute * 60_000 - late;
        charge = followCharge(settings, charge, { batteryW: 5000, socPerMille: 500, batteryAt });
      }
    }
    assert.equal(Math.round(charge.givenWh), 5000);
    assert.equal(charge.ms, 3_600_000);
  });

  it('is remembered as plain JSON', () => {
    const { control } = run({ needW: 900, minutes: 90, shows: () => 500 });
    assert.deepEqual(JSON.parse(JSON.stringify(control)), control);
    assert.ok(control.charge.frozen);
  });
});
