// A street of 20 homes under faults (docs/simulated-faults.md): a year of intervals unless told, a day for each ledger, each with faults of its own by
// the seed. It stops at the first promise that does not hold, with the seed and the events that led there.
//   npm run bench -- simulate-faults [--seed S] [--intervals N] [--homes N] [--plan JSON]

import type { PlanOptions } from '../src/simulation/faults/plan.ts';
import { simulateFaults } from '../src/simulation/faults/simulation.ts';
import { INTERVALS_PER_DAY } from '../src/time/interval.ts';
import type { BenchOptions, Figure } from './harness.ts';

const YEAR = 365 * INTERVALS_PER_DAY;

export async function* figures(options: BenchOptions = {}): AsyncGenerator<Figure> {
  const { seed = '1', intervals = String(YEAR), homes = '20', plan } = options;
  const told = plan === undefined ? null : (JSON.parse(plan) as PlanOptions);
  const started = performance.now();
  const sums = new Map<string, number>();
  const add = (name: string, by: number) => sums.set(name, (sums.get(name) ?? 0) + by);
  let left = told ? 1 : Number(intervals);
  for (let day = 1; left > 0; day++) {
    const length = Math.min(left, INTERVALS_PER_DAY);
    const run = told ?? { seed: `${seed}/${day}`, homes: Number(homes), intervals: length };
    const report = await simulateFaults(run);
    left -= length;
    add('ledgers', 1);
    add('intervals', report.plan.intervals);
    add('steps', report.steps);
    add('leaves', report.leaves);
    add('members that found out that they are cheated', report.foundOut.length);
    for (const [name, count] of Object.entries(report.counts)) add(name, count);
    process.stderr.write(
      `ledger ${day}, seed ${report.plan.seed}: ${report.steps} steps, trace ${report.trace.slice(0, 16)}\n`,
    );
  }
  add('seconds', Math.round((performance.now() - started) / 1000));
  for (const [name, count] of sums) {
    yield {
      name,
      unit: name === 'seconds' ? 's' : '1',
      median: count,
      min: count,
      max: count,
      runs: 1,
      against: null,
      ratio: null,
      aim: null,
    };
  }
}
