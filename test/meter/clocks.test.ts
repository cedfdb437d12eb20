// Clocks: no local time is used anywhere, so the days on which a time zone changes have no effect; and a machine's clock that
// is set, by an hour or by half a century, neither invents energy nor floods anyone with intervals.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { addPower, giveUpPower, initialIntegration } from '../../src/meter/integrate.ts';
import { addReading, giveUp, type IntervalEnergy, initialEnergy } from '../../src/meter/interval-energy.ts';
import { initialGate, judge } from '../../src/meter/quality.ts';
import type { Reading } from '../../src/meter/reading.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const gateSettings = { maxAgeMs: MINUTE, connectionW: 25_000, stuckAfterMs: 15 * MINUTE };
const settings = { toleranceMs: 10_000, maxGapMs: 30 * MINUTE };

/** A house of 1200 W, 20 Wh a minute, read each minute; `clock` says what the machine shows after so many minutes. */
function measured(minutes: number, clock: (minute: number) => number): IntervalEnergy[] {
  let gate = initialGate;
  let energy = initialEnergy;
  const told: IntervalEnergy[] = [];
  for (let minute = 0; minute <= minutes; minute++) {
    const at = clock(minute);
    const raw: Reading = {
      device: 'm',
      at,
      powerW: 1200 + (minute % 7),
      importWh: 20 * minute,
      exportWh: 0,
      quality: 'measured',
      reasons: [],
    };
    const [nextGate, , counters] = judge(gateSettings, gate, raw, at);
    gate = nextGate;
    for (const counter of counters) {
      const [nextEnergy, over] = addReading(settings, energy, counter);
      energy = nextEnergy;
      told.push(...over);
    }
  }
  return told;
}

const sum = (told: readonly IntervalEnergy[]) => told.reduce((all, { importWh }) => all + (importWh ?? 0), 0);
const unique = (told: readonly IntervalEnergy[]) => new Set(told.map(({ interval }) => interval)).size === told.length;

describe('clocks', () => {
  const start = Date.parse('2026-03-29T00:00Z');

  it('know no days of 23, 25 or 24.5 hours', () => {
    // Berlin loses an hour on 29 March, Lord Howe half an hour on 4 October and gets it back on 5 April.
    for (const day of ['2026-03-29', '2026-10-25', '2026-04-05', '2026-10-04']) {
      const begin = Date.parse(`${day}T00:00Z`);
      const told = measured(24 * 60, (minute) => begin + minute * MINUTE);
      assert.equal(told.length, 96);
      for (const [index, { interval, importWh, quality }] of told.entries()) {
        assert.deepEqual([Date.parse(interval), importWh, quality], [begin + index * 15 * MINUTE, 300, 'measured']);
      }
    }
  });

  it('are the same in every time zone', () => {
    const files = ['test/meter/interval-energy.test.ts', 'test/meter/integrate.test.ts', 'test/meter/quality.test.ts'];
    const zones = ['Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns'];
    const args = ['node_modules/mocha/bin/mocha.js', '--no-config', '--exit', '--reporter', 'dot', ...files];
    for (const TZ of zones) execFileSync(process.execPath, args, { env: { ...process.env, TZ }, stdio: 'pipe' });
  }).timeout(60_000);

  it('that were set back by an hour tell each interval once and no Wh too much', () => {
    const told = measured(6 * 60, (minute) => start + (minute < 130 ? minute : minute - 60) * MINUTE);
    assert.ok(unique(told));
    assert.ok(sum(told) <= 6 * 60 * 20);
    const last = told.at(-1);
    assert.deepEqual([last?.importWh, last?.quality], [300, 'measured'], 'it is right again');
    assert.deepEqual(
      told.filter(({ quality }) => quality !== 'measured'),
      [],
    );
    // Two passes by one hour: what flowed from 02:00 on in the first, and until 02:00 in the second, is in no interval.
    assert.equal(sum(told), (6 * 60 - 60) * 20);
  });

  it('that were set forward by an hour leave it open', () => {
    const told = measured(6 * 60, (minute) => start + (minute < 130 ? minute : minute + 60) * MINUTE);
    assert.ok(unique(told));
    assert.equal(told.filter(({ quality }) => quality === 'missing').length, 5);
    assert.deepEqual([told.at(-1)?.importWh, told.at(-1)?.quality], [300, 'measured']);
    assert.ok(sum(told) <= 6 * 60 * 20);
  });

  it('that begin in 1970, or were a year ahead for a moment, flood nobody and are right at once', () => {
    const fromNothing = measured(60, (minute) => (minute < 5 ? minute * MINUTE : start + minute * MINUTE));
    assert.deepEqual(
      fromNothing.map(({ interval, importWh }) => [interval, importWh]),
      [
        ['2026-03-29T00:00Z', null],
        ['2026-03-29T00:15Z', 300],
        ['2026-03-29T00:30Z', 300],
        ['2026-03-29T00:45Z', 300],
      ],
    );
    const ahead = measured(120, (minute) => start + minute * MINUTE + (minute === 40 ? 9000 * HOUR : 0));
    assert.ok(ahead.length < 10 && unique(ahead));
    assert.deepEqual([ahead.at(-1)?.importWh, ahead.at(-1)?.quality], [300, 'measured']);
    const [waiting, none] = giveUp(settings, { ...initialEnergy, next: 0 }, start);
    assert.deepEqual([none, waiting.next], [[], start]);
  });

  it('of a source without counters are no other', () => {
    const power = { maxGapMs: 5 * MINUTE, positive: 'import' } as const;
    const reading = (at: number): Reading => ({
      device: 'm',
      at,
      powerW: 1200,
      importWh: null,
      exportWh: null,
      quality: 'measured',
      reasons: [],
    });
    let state = initialIntegration;
    const told: IntervalEnergy[] = [];
    const clock = [0, 1, 2, ...Array.from({ length: 61 }, (_, minute) => start / MINUTE + minute)];
    for (const minute of clock) {
      const [next, over] = addPower(power, state, reading(minute * MINUTE));
      state = next;
      told.push(...over);
    }
    assert.deepEqual(
      told.map(({ interval, importWh }) => [interval, importWh]),
      [
        ['2026-03-29T00:00Z', 300],
        ['2026-03-29T00:15Z', 300],
        ['2026-03-29T00:30Z', 300],
        ['2026-03-29T00:45Z', 300],
      ],
    );
    assert.deepEqual(giveUpPower({ ...initialIntegration, next: 0 }, start)[1], []);
  });
});
