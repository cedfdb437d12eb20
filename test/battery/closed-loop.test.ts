// Control and a battery together, as they run: whatever is read, late or lost, wished, refused or restarted, and wherever
// the clock is set, the battery's content stays in its window, and without good input the battery is in its safe mode after
// the validity of its last setpoint.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide, refused, taken, unanswered } from '../../src/battery/control.ts';
import { type BatterySettings, checkSettings } from '../../src/battery/settings.ts';
import { type ControlState, initialControl, type Snapshot } from '../../src/battery/state.ts';
import { type BatteryModel, modelSoc, newBattery, stepModel } from '../../src/simulation/battery-model.ts';
import { SiteRun } from '../../src/simulation/site-run.ts';
import { type BatterySpec, socPerMille, WMS_PER_WH } from '../../src/simulation/virtual-site.ts';
import { intervalAt } from '../../src/time/interval.ts';

const start = Date.parse('2026-11-22T08:00Z');

/** The battery itself has no reserve: only control keeps it in its window. */
const battery: BatterySpec = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 };
const real: BatteryModel = {
  ...battery,
  chargeEfficiency: [
    { powerW: 0, perMille: 700 },
    { powerW: 1500, perMille: 960 },
  ],
  dischargeEfficiency: [
    { powerW: 0, perMille: 905 },
    { powerW: 1500, perMille: 950 },
  ],
  chargeTaper: { fromPerMille: 850, leastPerMille: 50 },
  dischargeTaper: { fromPerMille: 80, leastPerMille: 200 },
};

/** A battery with a revert timer, and with what can go wrong. */
class Plant {
  state = newBattery(real, 500);
  #setpointW = 0;
  #until = 0;
  #at = start;

  get soc(): number {
    return modelSoc(real, this.state);
  }

  /** Power at this moment; what it was told counts until its timer runs out. */
  get powerW(): number {
    return stepModel(real, this.state, this.#at < this.#until ? this.#setpointW : 0, 1).segments[0]?.powerW ?? 0;
  }

  get told(): boolean {
    return this.#at < this.#until;
  }

  runTo(now: number): void {
    const end = Math.min(now, Math.max(this.#at, this.#until));
    this.state = stepModel(real, this.state, this.#setpointW, end - this.#at).state;
    this.state = stepModel(real, this.state, 0, now - end).state;
    this.#at = now;
  }

  tell(setpointW: number, validForSeconds: number): void {
    this.#setpointW = setpointW;
    this.#until = this.#at + validForSeconds * 1000;
  }

  release(): void {
    this.#until = this.#at;
  }
}

const faults = [
  'meter silent',
  'battery silent',
  'write lost',
  'answer lost',
  'write refused',
  'restart',
  'restart with memory',
  'restart with all of it',
  'clock back',
  'clock forward',
  'day forward',
  'meter wild',
  'meter flipped',
  'device restarts',
] as const;
const rarely = <T>(arb: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: arb });
const power = fc.integer({ min: -9000, max: 9000 });

const event = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 100, max: 10_000 }), fc.integer({ min: 100, max: 3_600_000 })),
  needW: fc.integer({ min: -8000, max: 8000 }),
  positionWh: rarely(fc.integer({ min: -2000, max: 2000 })),
  manual: rarely(fc.record({ setpointW: power, forMs: fc.integer({ min: 0, max: 600_000 }) })),
  reserve: rarely(
    fc.record({ socPerMille: fc.integer({ min: 0, max: 1000 }), chargeW: fc.integer({ min: 0, max: 5000 }) }),
  ),
  planW: rarely(power),
  fault: rarely(fc.constantFrom(...faults)),
  lateMs: fc.constantFrom(0, 0, 1000, 5000),
  meterLateMs: fc.constantFrom(0, 0, 1000, 5000),
});

const HOUR_MS = 3_600_000;
const CLOCK: Partial<Record<string, number>> = {
  'clock back': -HOUR_MS / 2,
  'clock forward': HOUR_MS / 2,
  'day forward': 24 * HOUR_MS,
};
/** What the node keeps in its file. */
const kept = ({ writes: { day, used }, charge }: ControlState): ControlState => ({
  ...initialControl,
  charge,
  writes: { ...initialControl.writes, day, used },
});

const settingsArb: fc.Arbitrary<BatterySettings> = fc
  .record({
    minSocPerMille: fc.integer({ min: 0, max: 480 }),
    maxSocPerMille: fc.integer({ min: 520, max: 1000 }),
    hysteresisPerMille: fc.integer({ min: 0, max: 40 }),
    rampWPerSecond: fc.integer({ min: 10, max: 10_000 }),
    validForSeconds: fc.integer({ min: 5, max: 900 }),
    staleAfterMs: fc.integer({ min: 1000, max: 60_000 }),
    stepW: fc.integer({ min: 0, max: 300 }),
    otherwise: fc.constantFrom('self-consumption' as const, 'plan' as const, 'hold' as const),
    followWithinMs: fc.integer({ min: 1000, max: 600_000 }),
    exportLimitW: fc.integer({ min: 0, max: 9000 }),
    peakImportW: fc.integer({ min: 0, max: 9000 }),
  })
  .map((limits) =>
    checkSettings({ capacityWh: 6400, maxChargeW: 4000, maxDischargeW: 4500, efficiencyPerMille: 900, ...limits }),
  );

describe('battery control in a closed loop', () => {
  it('never leaves its window, and ends safe, whatever happens', () => {
    const states = new Set<string>();
    const codes = new Set<string>();
    fc.assert(
      fc.property(settingsArb, fc.array(event, { maxLength: 60 }), (settings, events) => {
        const plant = new Plant();
        let real = start;
        let set = 0;
        let control: ControlState = initialControl;
        let seen: Snapshot = { gridW: null, batteryW: null, socPerMille: null, meterAt: null, batteryAt: null };
        let goodUntil = start;
        for (const { afterMs, needW, positionWh, manual, reserve, planW, fault, lateMs, meterLateMs } of events) {
          real += afterMs;
          /** What registers show that are so late. */
          const shown = [meterLateMs, lateMs].map((late) => ({ late, powerW: 0, soc: 0 }));
          for (const each of [...shown].sort((a, b) => b.late - a.late)) {
            plant.runTo(Math.max(real - afterMs, real - each.late));
            Object.assign(each, { powerW: plant.powerW, soc: plant.soc });
          }
          const [ofMeter, ofBattery] = shown;
          plant.runTo(real);
          const { soc, powerW } = plant;
          // What flows while a register does not show it, 5 s at most, is less than 1 per mille.
          assert.ok(soc >= settings.minSocPerMille - 2 && soc <= settings.maxSocPerMille + 1, `${soc} per mille`);
          if (real >= goodUntil) assert.equal(powerW, 0, 'a setpoint outlived its validity');
          assert.ok(powerW <= settings.maxDischargeW && -powerW <= settings.maxChargeW);

          set += CLOCK[fault ?? ''] ?? 0;
          const now = real + set;
          if (fault === 'restart') control = initialControl;
          if (fault === 'restart with memory') control = kept(control);
          if (fault === 'restart with all of it') control = JSON.parse(JSON.stringify(control));
          if (fault === 'device restarts') plant.release();
          if (fault !== 'meter silent') {
            const flowsW = needW - (ofMeter?.powerW ?? 0);
            seen = {
              ...seen,
              gridW: fault === 'meter wild' ? 99_999 : fault === 'meter flipped' ? -flowsW : flowsW,
              meterAt: now,
            };
          }
          if (fault !== 'battery silent' && ofBattery)
            seen = { ...seen, batteryW: ofBattery.powerW, socPerMille: ofBattery.soc, batteryAt: now };
          const snapshot: Snapshot = {
            ...seen,
            positionWh,
            manual: manual && { setpointW: manual.setpointW, until: now + manual.forMs },
            reserve: reserve && { ...reserve, until: now + 1 },
            plan: planW === null ? null : { madeAt: now, intervals: [{ interval: intervalAt(now), setpointW: planW }] },
          };
          const [next, decision] = decide(settings, control, snapshot, now);
          control = next;
          states.add(decision.state);
          codes.add(decision.reason.code);
          const { setpointW, validForSeconds } = decision;
          assert.ok(setpointW <= settings.maxDischargeW && -setpointW <= settings.maxChargeW, `${setpointW} W`);
          if ((seen.socPerMille ?? 500) <= settings.minSocPerMille) assert.ok(setpointW <= 0);
          if ((seen.socPerMille ?? 500) >= settings.maxSocPerMille) assert.ok(setpointW >= 0);
          const resting = decision.state === 'safe' || decision.state === 'alarm';
          const { meterAt, batteryAt } = snapshot;
          const good = [meterAt, batteryAt].every((at) => at !== null && Math.abs(now - at) <= settings.staleAfterMs);
          if (!good) assert.ok(resting, 'no good input, and still a setpoint');
          if (decision.write === 'nothing') {
            // Between two tries to give it back, its own timer ends the setpoint.
            if (resting) assert.ok(!plant.told || control.writes.tries > 0, 'at rest, and still told something');
            continue;
          }
          if (fault === 'write lost' || fault === 'write refused') {
            control =
              fault === 'write lost' ? unanswered(control, decision) : refused(control, decision, 'Not applied.', now);
            continue;
          }
          if (decision.write === 'release') plant.release();
          else plant.tell(decision.setpointW, decision.validForSeconds);
          goodUntil = plant.told ? real + validForSeconds * 1000 : real;
          control =
            fault === 'answer lost'
              ? unanswered(control, decision)
              : taken(control, decision, { setpointW, validForSeconds, writes: 3 }, now);
        }
      }),
      { numRuns: 2000 },
    );
    assert.deepEqual([...states].sort(), ['alarm', 'charging', 'discharging', 'holding', 'idle', 'safe']);
    for (const code of ['not-applied', 'meter-stale', 'battery-stale', 'soc-minimum', 'soc-maximum'])
      assert.ok(codes.has(code), `nothing ever came to ${code}`);
  });

  it('brings the connection to nothing, and to what was traded', () => {
    const settings: BatterySettings = {
      capacityWh: 6400,
      maxChargeW: 5000,
      maxDischargeW: 5000,
      minSocPerMille: 100,
      maxSocPerMille: 1000,
      hysteresisPerMille: 20,
      rampWPerSecond: 5000,
      staleAfterMs: 10_000,
      validForSeconds: 30,
    };
    let now = start;
    const quarter = (at: number) => (at / 900_000) % 4;
    const profile = (at: number) => ({ loadWh: 200 + quarter(at) * 50, pvWh: quarter(at) * 120 });
    const run = new SiteRun({ profile, battery, start, socPerMille: 600 }, () => now);
    const positions = [0, 0, 150, -80];
    let control = initialControl;
    for (const [index, positionWh] of positions.entries()) {
      const before = run.site;
      for (now = start + index * 900_000; now < start + (index + 1) * 900_000; now += 1000) {
        const { gridW, batteryW } = run.power;
        const soc = socPerMille(battery, run.site.stored);
        const snapshot = { gridW, batteryW, socPerMille: soc, meterAt: now, batteryAt: now, positionWh };
        const [next, { setpointW, validForSeconds }] = decide(settings, control, snapshot, now);
        control = next;
        const points = {
          InOutWRte_RvrtTms: validForSeconds,
          OutWRte: setpointW * 2,
          InWRte: -setpointW * 2,
          StorCtl_Mod: 3,
        };
        run.write(new Map(Object.entries(points)));
      }
      const after = run.site;
      const net = (after.importWms - before.importWms - after.exportWms + before.exportWms) / WMS_PER_WH;
      assert.ok(Math.abs(net - positionWh) < 1, `interval ${index}: ${net} Wh instead of ${positionWh}`);
    }
  });
});
