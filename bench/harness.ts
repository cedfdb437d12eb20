// How every figure here is measured: ours and the peer (or the physical limit) in the same process, in turn, so that noise
// of the machine hits both alike; at least five runs each; medians. A figure's `ratio` is ours / against.

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What a figure is to be compared with, as the issue states it; null where it states nothing. */
export type Aim = { readonly atMost: number } | { readonly atLeast: number } | null;

export interface Figure extends Spread {
  readonly name: string;
  readonly unit: string;
  readonly runs: number;
  readonly against: ({ readonly name: string } & Spread) | null;
  /** Ours / against, of the medians; null without a peer. */
  readonly ratio: number | null;
  readonly aim: Aim;
}

/** One run. Returns the value in the figure's unit, or nothing: then the run's own time in ms is the value. */
export type Run = () => number | undefined | Promise<number | undefined>;

export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly ours: Run;
  readonly against?: { readonly name: string; readonly run: Run };
  readonly aim?: Aim;
  /** At least 5. Default 7. */
  readonly runs?: number;
  /** Runs before the first that counts. Default 2. */
  readonly warmUp?: number;
}

/** What a long run may be told on the command line. */
export interface BenchOptions {
  readonly seed?: string;
  readonly intervals?: string;
  readonly homes?: string;
  readonly plan?: string;
}

/** A file `bench/<name>.ts` exports this: its figures, measured one after the other. */
export interface Bench {
  figures(options?: BenchOptions): AsyncIterable<Figure>;
}

/** Measures ours and the peer in turn; which of the two goes first changes with every run. */
export async function measure({
  name,
  unit,
  ours,
  against,
  aim = null,
  runs = 7,
  warmUp = 2,
}: Measurement): Promise<Figure> {
  if (runs < 5) throw new RangeError(`a figure needs at least 5 runs, but "${name}" asks for ${runs}`);
  const own: number[] = [];
  const theirs: number[] = [];
  for (let run = -warmUp; run < runs; run++) {
    const turns: [Run, number[]][] = [[ours, own]];
    if (against) turns.push([against.run, theirs]);
    if (run % 2 !== 0) turns.reverse();
    for (const [turn, values] of turns) {
      const value = await timed(turn);
      if (run >= 0) values.push(value);
    }
  }
  const peer = against ? { name: against.name, ...spread(theirs) } : null;
  const mine = spread(own);
  return { name, unit, ...mine, runs, against: peer, ratio: peer && round(mine.median / peer.median), aim };
}

/** Whether a figure reaches its aim; null without one. An aim is on the ratio where there is a peer, else on the median. */
export function reaches({ aim, ratio, median }: Figure): boolean | null {
  if (!aim) return null;
  const value = ratio ?? median;
  return 'atMost' in aim ? value <= aim.atMost : value >= aim.atLeast;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median: round(median), min: round(sorted[0]!), max: round(sorted.at(-1)!) };
}

async function timed(run: Run): Promise<number> {
  globalThis.gc?.();
  const start = performance.now();
  const value = await run();
  return value ?? performance.now() - start;
}

/** Four significant digits: more is noise. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
