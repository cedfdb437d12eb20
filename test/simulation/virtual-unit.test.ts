// Every device of the catalogue as a virtual one: what it plays is what is read from it, and batteries follow commands
// until nobody renews them.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { catalogue } from '../../src/devices/catalogue-store.ts';
import { limitsOf } from '../../src/devices/codec.ts';
import { blockOf, type DeviceDescription, pointOf, type Term } from '../../src/devices/description.ts';
import { openDevice } from '../../src/devices/device.ts';
import type { PhaseReading, Reading } from '../../src/devices/reading.ts';
import { discover } from '../../src/devices/sunspec.ts';
import { type DeviceState, quantitiesOf } from '../../src/simulation/device-image.ts';
import { DescribedUnit, type Model } from '../../src/simulation/virtual-unit.ts';
import { virtualPort } from '../support/virtual-port.ts';

const RATED_W = 5000;

/** Plays a given state, and a battery that does at once what it is told. */
class Played implements Model {
  readonly ratedW = RATED_W;
  current: DeviceState;
  constructor(current: DeviceState) {
    this.current = current;
  }
  advance(_now: number, setpointW: number | null): void {
    if (setpointW !== null || this.current.powerW === null) this.current = { ...this.current, powerW: setpointW ?? 0 };
  }
  state(): DeviceState {
    return this.current;
  }
}

interface Bounds {
  readonly low: number;
  readonly high: number;
  /** Half a step of the coarsest point, and what a float leaves of the figure. */
  error(value: number): number;
}

/** What the points of a quantity can show together. */
function boundsOf(description: DeviceDescription, terms: readonly Term[]): Bounds {
  // a reading keeps seven digits
  let [low, high, step, relative] = [0, 0, 0, 1e-6];
  for (const { block, point: name, times = 1 } of terms) {
    const point = pointOf(blockOf(description, block), name);
    const limits = limitsOf(point.type);
    const free = point.scaleFrom !== undefined;
    const unit = 10 ** (point.scale ?? 0);
    const ends = limits.map((limit) => (limit === 0 ? 0 : free ? limit * 1e6 : limit * unit) * times);
    low += Math.min(...ends);
    high += Math.max(...ends);
    // a scale factor that fits: one step in ten thousand at worst
    if (free) relative = 1e-3;
    if (!point.type.startsWith('float')) step += Math.abs(times) * (free ? 1 : unit);
  }
  return { low, high, error: (value) => step + Math.abs(value) * relative };
}

/** Plausible figures, cut to what the device can show. */
function plausible(description: DeviceDescription): fc.Arbitrary<DeviceState> {
  const sizes = { soc: fc.integer({ min: 10, max: 1000 }), wh: fc.integer({ min: 20_000, max: 60_000_000 }) };
  return fc
    .record({
      phase: fc.integer({ min: description.kind === 'inverter' ? 10 : -7000, max: 7000 }),
      volt: fc.integer({ min: 2100, max: 2500 }),
      hertz: fc.integer({ min: 4950, max: 5050 }),
      importWh: sizes.wh,
      exportWh: sizes.wh,
      socPerMille: sizes.soc,
      temperature: fc.integer({ min: 10, max: 600 }),
      capacityWh: fc.integer({ min: 2000, max: 30_000 }),
      maxW: fc.integer({ min: 100, max: 5000 }),
    })
    .map(({ phase, volt, hertz, temperature, maxW, ...rest }): DeviceState => {
      const parts = Math.max(1, description.reading.phases?.length ?? 1);
      const wide: DeviceState = {
        ...rest,
        powerW: phase * parts,
        frequencyHz: hertz / 100,
        temperatureC: temperature / 10,
        maxChargeW: maxW,
        maxDischargeW: maxW,
        phases: Array.from({ length: parts }, () => ({
          voltageV: volt / 10,
          currentA: Math.abs(phase) / (volt / 10),
          powerW: phase,
        })),
      };
      const phases = wide.phases!.map((each) => ({ ...each }));
      for (const { index, name, terms } of phaseTerms(description)) {
        const { low, high } = boundsOf(description, terms);
        phases[index]![name] = Math.min(high, Math.max(low, phases[index]![name] ?? 0));
      }
      const powerW = phases.reduce((sum, each) => sum + (each.powerW ?? 0), 0);
      const cut = quantitiesOf(description, { ...wide, powerW }).flatMap(({ name, terms, value }) => {
        const { low, high } = boundsOf(description, terms);
        return name === 'phases' ? [] : [[name, Math.min(high, Math.max(low, value ?? 0))]];
      });
      return { ...wide, ...Object.fromEntries(cut), phases };
    });
}

/** The quantities of the phases with where they come from. */
function phaseTerms(description: DeviceDescription) {
  const terms = quantitiesOf(description, { powerW: 0 }).filter(({ name }) => name === 'phases');
  const places = (description.reading.phases ?? []).flatMap((phase, index) =>
    Object.keys(phase).map((name) => ({ index, name: name as keyof PhaseReading })),
  );
  return places.map((place, at) => ({ ...place, terms: terms[at]!.terms }));
}

function near(description: DeviceDescription, reading: Reading, state: DeviceState): void {
  for (const { name, terms, value } of quantitiesOf(description, state)) {
    const { error } = boundsOf(description, terms);
    if (name === 'phases') continue;
    const shown = reading[name];
    assert.ok(typeof shown === 'number' && value !== null, `${name} shows ${shown} for ${value}`);
    assert.ok(Math.abs(shown - value) <= error(value) + 1, `${name} shows ${shown} for ${value}`);
  }
  for (const { index, name, terms } of phaseTerms(description)) {
    const [shown, value] = [reading.phases?.[index]?.[name], state.phases?.[index]?.[name]];
    assert.ok(typeof shown === 'number' && typeof value === 'number', `${name} ${index} shows ${shown}`);
    const { error } = boundsOf(description, terms);
    assert.ok(Math.abs(shown - value) <= error(value) + 1e-6, `${name} ${index} shows ${shown} for ${value}`);
  }
}

describe('virtual units of the whole catalogue', () => {
  for (const description of catalogue()) {
    describe(description.id, () => {
      it('shows what it plays', async () => {
        await fc.assert(
          fc.asyncProperty(plausible(description), async (state) => {
            const port = virtualPort(
              new Map([[1, new DescribedUnit(description, new Played(state), () => 0)]]),
              () => 0,
            );
            const reading = await openDevice(port, 1, description).read(() => 0);
            assert.equal(reading.quality, 'measured', JSON.stringify(reading.reasons));
            near(description, reading, state);
          }),
          { numRuns: 60 },
        );
      });

      const { control } = description;
      if (!control) return;

      it('follows a setpoint, and its own mode when nobody renews it', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.integer({ min: -2 * RATED_W, max: 2 * RATED_W }),
            fc.integer({ min: 60, max: 900 }),
            async (setpointW, validForSeconds) => {
              const clock = { now: 1_000_000 };
              const model = new Played({ powerW: 0, socPerMille: 500, importWh: 20_000, exportWh: 20_000 });
              const unit = new DescribedUnit(description, model, () => clock.now);
              const port = virtualPort(new Map([[1, unit]]), () => clock.now);
              const device = openDevice(port, 1, description, { allowUnconfirmed: true });
              assert.equal(unit.command.setpointW, null);
              const driven = await device.set(setpointW, validForSeconds);
              const told = driven.setpointW ?? Number.NaN;
              assert.ok(Math.abs(told) <= Math.abs(setpointW) + 1e-6, `${told} W for ${setpointW} W`);
              assert.ok(told === 0 || Math.sign(told) === Math.sign(setpointW));
              assert.ok(Math.abs(unit.command.setpointW! - told) < 1e-6);
              if (control.fallback.by !== 'nothing') {
                assert.ok(driven.validForSeconds! >= 1);
                clock.now += driven.validForSeconds! * 1000 - 1;
                assert.notEqual(unit.command.setpointW, null);
                clock.now += 1;
              } else {
                assert.equal(driven.validForSeconds, null);
                await device.release();
              }
              assert.ok((unit.command.setpointW ?? 0) === 0);
            },
          ),
          { numRuns: 40 },
        );
      });
    });
  }
});

describe('virtual SunSpec devices', () => {
  for (const description of catalogue().filter(({ blocks }) => blocks.some(({ at }) => 'model' in at))) {
    it(`${description.id} shows first who made it, though no file asks for that`, async () => {
      const unit = new DescribedUnit(description, new Played({ powerW: 0, socPerMille: 500 }), () => 0);
      const { base, models } = await discover(
        virtualPort(new Map([[1, unit]]), () => 0),
        1,
      );
      assert.deepEqual([base, models[0]], [40_000, { id: 1, address: 40_002, length: 68 }]);
      const asked = description.blocks.flatMap(({ at, optional }) => ('model' in at && !optional ? [at.model] : []));
      for (const id of asked) assert.ok(models.some((model) => model.id === id));
      assert.ok(!asked.includes(1));
    });
  }
});
