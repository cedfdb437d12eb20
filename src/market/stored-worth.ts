// What one more stored Wh is worth, for every state of charge: the exact dynamic programme of a battery over the coming
// intervals, known as the water value of a reservoir. Integers throughout: stored energy in Wh that would come out, worth in
// micro-currency per kWh of it. docs/strategies.md explains the formula; a test compares it with brute force.

/** A battery, as far as its worth goes. */
export interface Store {
  /** Energy between the battery's minimum and full. */
  readonly usableWh: number;
  /** The most that one interval can take in and give out. */
  readonly chargeWh: number;
  readonly dischargeWh: number;
  /** Energy out per 1000 in. */
  readonly roundTripPerMille: number;
  /** What a kWh out wears off the battery, micro-currency. */
  readonly wear: number;
}

/** A battery as bidding sees it. All energies in Wh at the connection, except `storedWh`, which is what would come out. */
export interface BatteryState extends Omit<Store, 'wear'> {
  /** Energy above the battery's minimum. */
  readonly storedWh: number;
}

/** An interval ahead. `needWh`: load - PV without the battery. What energy costs and brings then, buy >= sell. */
export interface Ahead {
  readonly needWh: number;
  readonly buy: number;
  readonly sell: number;
}

/** So many Wh of equal worth. */
export interface Step {
  readonly wh: number;
  readonly worth: number;
}

/** Energy put into a store that comes out again. */
export function storedFrom(inWh: number, { roundTripPerMille }: Pick<Store, 'roundTripPerMille'>): number {
  return Math.floor((inWh * roundTripPerMille) / 1000);
}

/**
 * Worth of the first stored Wh, the next, ... up to full, in falling steps, at the start of `ahead[0]`.
 *
 * V(s) is the most money that s stored Wh bring from here on. In an interval a stored Wh covers need (spares `buy`, less
 * wear) or is fed in (`sell`, less wear); one more is stored out of the own surplus (forgoes `sell` / efficiency) or out of the
 * grid (`buy` / efficiency). Each is a step of a falling curve, so V stays concave, and one interval back is nothing but
 * sorting its steps in among those of the next: V(s) = max over x of h(x) + Vnext(s - x).
 * @param leftOver worth of what is still stored after the last interval
 */
export function worthOfStore(store: Store, ahead: readonly Ahead[], leftOver: number): Step[] {
  let steps: readonly Step[] = store.usableWh > 0 ? [{ wh: store.usableWh, worth: leftOver }] : [];
  for (let i = ahead.length - 1; i >= 0; i--) {
    const { moves, chargedWh } = movesOf(store, ahead[i]!);
    steps = window(merged(steps, moves), chargedWh, store.usableWh);
  }
  return [...steps];
}

/** What an interval can do to the store, the best for it first, and how much of that is charging. */
function movesOf(store: Store, { needWh, buy, sell }: Ahead): { moves: Step[]; chargedWh: number } {
  const { chargeWh, dischargeWh, wear } = store;
  const chargedWh = storedFrom(chargeWh, store);
  const surplus = storedFrom(Math.min(chargeWh, Math.max(0, -needWh)), store);
  const need = Math.min(dischargeWh, Math.max(0, needWh));
  // At a price below 0 it would pay to store and give out at once, for the losses; a battery cannot, so that counts nothing.
  const moves = [
    { wh: chargedWh - surplus, worth: worthIn(buy, store) },
    { wh: surplus, worth: worthIn(sell, store) },
    { wh: need, worth: Math.min(buy - wear, worthIn(buy, store)) },
    { wh: dischargeWh - need, worth: Math.min(sell - wear, worthIn(sell, store)) },
  ];
  return { moves: moves.filter(({ wh }) => wh > 0), chargedWh };
}

/** What a kWh that comes out again has cost, at a price for what goes in. */
function worthIn(price: number, { roundTripPerMille }: Store): number {
  return Math.ceil((price * 1000) / roundTripPerMille);
}

function merged(steps: readonly Step[], moves: readonly Step[]): Step[] {
  const result: Step[] = [];
  let [i, j] = [0, 0];
  while (i < steps.length || j < moves.length) {
    const step = steps[i];
    const move = moves[j];
    if (step && (!move || step.worth >= move.worth)) {
      push(result, step);
      i += 1;
    } else if (move) {
      push(result, move);
      j += 1;
    }
  }
  return result;
}

function push(steps: Step[], { wh, worth }: Step): void {
  const last = steps.at(-1);
  if (wh === 0) return;
  if (last?.worth === worth) steps[steps.length - 1] = { wh: last.wh + wh, worth };
  else steps.push({ wh, worth });
}

/** The steps from `skip` Wh on, `length` Wh long. */
export function window(steps: readonly Step[], skip: number, length: number): Step[] {
  const result: Step[] = [];
  let from = 0;
  for (const { wh, worth } of steps) {
    const begin = Math.max(from, skip);
    const end = Math.min(from + wh, skip + length);
    if (end > begin) result.push({ wh: end - begin, worth });
    from += wh;
  }
  return result;
}
