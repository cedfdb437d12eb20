// Several batteries behind one meter: they share, they never work against each other, and the limits hold for all.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decide } from '../../src/battery/control.ts';
import type { BatterySettings } from '../../src/battery/settings.ts';
import { type ControlState, initialControl, type Snapshot } from '../../src/battery/state.ts';
import { decideTogether } from '../../src/battery/together.ts';
import { fast, start } from '../support/battery-play.ts';

interface One {
  settings?: Partial<BatterySettings>;
  batteryW?: number | null;
  soc?: number;
  state?: ControlState;
  asked?: Partial<Snapshot>;
}

const until = start + 60_000;

function together(gridW: number, batteries: readonly One[], phasesW?: [number, number, number]) {
  const cycle = batteries.map(({ settings = {}, batteryW = 0, soc = 500, state = initialControl, asked = {} }) => ({
    settings: { ...fast, ...settings },
    state,
    snapshot: {
      gridW,
      batteryW,
      socPerMille: soc,
      meterAt: start,
      batteryAt: start,
      ...(phasesW ? { phasesW } : {}),
      ...asked,
    },
  }));
  return decideTogether(cycle, start).map(([, { setpointW, reason }]) => [setpointW, reason.code] as const);
}

describe('batteries behind one meter', () => {
  it('are one when there is one', () => {
    const settings = { ...fast, peakImportW: 200 };
    const snapshot = { gridW: 900, batteryW: 100, socPerMille: 300, meterAt: start, batteryAt: start };
    const alone = decide(settings, initialControl, snapshot, start);
    assert.deepEqual(decideTogether([{ settings, state: initialControl, snapshot }], start), [alone]);
  });

  const rows: [name: string, gridW: number, batteries: One[], expect: (readonly [number, string])[]][] = [
    [
      'share by what they hold',
      3000,
      [{ soc: 300 }, { soc: 500 }],
      [
        [1000, 'self-consumption'],
        [2000, 'self-consumption'],
      ],
    ],
    [
      'share by the room they have',
      -3000,
      [{ soc: 750 }, { soc: 550 }, { soc: 350 }],
      [
        [-500, 'self-consumption'],
        [-1000, 'self-consumption'],
        [-1500, 'self-consumption'],
      ],
    ],
    [
      'count what the others already do',
      0,
      [{ batteryW: 2000 }, { batteryW: 1000 }],
      [
        [1500, 'self-consumption'],
        [1500, 'self-consumption'],
      ],
    ],
    [
      'name their own limit where all are at theirs',
      9000,
      [{ settings: { maxDischargeW: 1000 } }, { soc: 100 }],
      [
        [1000, 'max-discharge'],
        [0, 'soc-minimum'],
      ],
    ],
    [
      'do more where another is missing',
      3000,
      [{ batteryW: null }, {}],
      [
        [0, 'battery-missing'],
        [3000, 'self-consumption'],
      ],
    ],
    [
      'leave to its own mode one that is not told anything, and do the rest',
      2500,
      [{ batteryW: 500, asked: { batteryAt: start - 60_000 } }, {}],
      [
        [0, 'battery-stale'],
        [2500, 'self-consumption'],
      ],
    ],
    [
      'do not feed one that is charged by hand',
      1000,
      [{ asked: { manual: { setpointW: -2000, until } } }, {}],
      [
        [-2000, 'manual'],
        [1000, 'self-consumption'],
      ],
    ],
    [
      'leave to the roof what it gives for one that is charged by hand',
      -3000,
      [{ asked: { manual: { setpointW: -2000, until } } }, {}],
      [
        [-2000, 'manual'],
        [-1000, 'self-consumption'],
      ],
    ],
    [
      'do not charge from one that is emptied by hand',
      -500,
      [{ asked: { manual: { setpointW: 2000, until } } }, {}],
      [
        [2000, 'manual'],
        [-500, 'self-consumption'],
      ],
    ],
    [
      'keep a peak limit together',
      8000,
      [{ settings: { otherwise: 'hold', peakImportW: 5000 } }, { settings: { otherwise: 'hold', peakImportW: 5000 } }],
      [
        [1500, 'peak-import'],
        [1500, 'peak-import'],
      ],
    ],
    [
      'keep an export limit together, with the one that has room',
      -8000,
      [
        { settings: { otherwise: 'hold', exportLimitW: 5000 }, soc: 950 },
        { settings: { otherwise: 'hold', exportLimitW: 5000 } },
      ],
      [
        [0, 'hold'],
        [-3000, 'export-limit'],
      ],
    ],
    [
      'draw and feed what was traded once, not twice',
      0,
      [{ asked: { positionWh: 500 } }, { asked: { positionWh: 500 } }],
      [
        [-1000, 'position'],
        [-1000, 'position'],
      ],
    ],
  ];
  for (const [name, gridW, batteries, expect] of rows) {
    it(name, () => assert.deepEqual(together(gridW, batteries), expect));
  }

  it('do not feed one that is charged by hand for the sake of a peak, in whichever order they stand', () => {
    const settings = { otherwise: 'hold', peakImportW: 1500 } as const;
    const charged: One = { settings, asked: { manual: { setpointW: -2000, until } } };
    assert.deepEqual(together(1000, [charged, { settings }]), [
      [-500, 'peak-import'],
      [0, 'hold'],
    ]);
    assert.deepEqual(together(1000, [{ settings }, charged]), [
      [0, 'hold'],
      [-500, 'peak-import'],
    ]);
  });

  it('look after the phases that they are on, together', () => {
    const on = (phase: 1 | 2): One => ({ settings: { otherwise: 'hold', phase, peakPhaseW: 2000 } });
    assert.deepEqual(
      together(5000, [on(1), on(1), on(2)], [5000, 0, 2500]).map(([watts]) => watts),
      [3000, 0, 0],
    );
  });

  it('come to rest: the meter shows the target, and nobody charges another', () => {
    const battery = fc.record({
      soc: fc.integer({ min: 150, max: 900 }),
      batteryW: fc.integer({ min: -3000, max: 3000 }),
    });
    fc.assert(
      fc.property(
        fc.array(battery, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: -5000, max: 5000 }),
        (batteries, needW) => {
          let doing = batteries.map(({ batteryW }) => batteryW);
          for (let cycle = 0; cycle < 3; cycle++) {
            const gridW = needW - doing.reduce((a, b) => a + b, 0);
            doing = together(
              gridW,
              batteries.map(({ soc }, i) => ({ soc, batteryW: doing[i] ?? 0, settings: { validForSeconds: 1 } })),
            ).map(([watts]) => watts);
          }
          assert.equal(
            doing.reduce((a, b) => a + b, 0),
            needW,
          );
          assert.ok(
            doing.every((watts) => watts * needW >= 0),
            `${doing}`,
          );
        },
      ),
    );
  });
});
