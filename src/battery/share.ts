// Splits what several batteries do together by headroom: who holds more gives more, who has more room takes more, nobody
// leaves its own limits, and the whole watts add up exactly. W, + = discharge.

export interface Part {
  /** What this battery may do now; it may be forced away from zero. */
  readonly lowW: number;
  readonly highW: number;
  /** Energy that it can give, and that it can take, Wh. */
  readonly givesWh: number;
  readonly takesWh: number;
}

/** The part of each battery; together the total, or as near to it as all the limits allow. */
export function share(totalW: number, parts: readonly Part[]): number[] {
  const least = sum(parts.map(({ lowW }) => lowW));
  const most = sum(parts.map(({ highW }) => highW));
  const total = Math.max(least, Math.min(most, totalW));
  const watts = parts.map(({ lowW, highW }) => Math.max(lowW, Math.min(highW, 0)));
  let rest = total - sum(watts);
  const giving = rest > 0;
  const room = (index: number) => {
    const part = parts[index];
    if (!part) return 0;
    return giving ? part.highW - (watts[index] ?? 0) : (watts[index] ?? 0) - part.lowW;
  };
  const add = (index: number, power: number) => {
    watts[index] = (watts[index] ?? 0) + (giving ? power : -power);
    rest += giving ? -power : power;
  };
  // Those who reach a limit drop out, and what they leave goes to the others.
  let open = parts.map((_, index) => index).filter((index) => room(index) > 0);
  while (rest !== 0 && open.length > 0) {
    const weights = weightsOf(open.map((index) => (giving ? parts[index]?.givesWh : parts[index]?.takesWh) ?? 0));
    const all = sum(weights);
    const wanted = open.map((_, i) => (Math.abs(rest) * (weights[i] ?? 0)) / all);
    const full = open.filter((index, i) => room(index) <= (wanted[i] ?? 0));
    if (full.length === 0) {
      for (const [i, power] of wholeParts(Math.abs(rest), wanted).entries()) add(open[i] ?? 0, power);
      break;
    }
    for (const index of full) add(index, room(index));
    open = open.filter((index) => room(index) > 0);
  }
  return watts.map((power) => power + 0);
}

/** Where nobody has any headroom left, all count alike. */
function weightsOf(headroomWh: readonly number[]): number[] {
  const weights = headroomWh.map((wh) => Math.max(0, wh));
  return sum(weights) > 0 ? weights : weights.map(() => 1);
}

/** Whole numbers near the wanted ones that add up to the total: the largest remainders get what is left over. */
function wholeParts(total: number, wanted: readonly number[]): number[] {
  const floors = wanted.map(Math.floor);
  const order = wanted
    .map((want, i) => ({ i, left: want - Math.floor(want) }))
    .sort((a, b) => b.left - a.left || a.i - b.i);
  for (const { i } of order.slice(0, total - sum(floors))) floors[i] = (floors[i] ?? 0) + 1;
  return floors;
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
