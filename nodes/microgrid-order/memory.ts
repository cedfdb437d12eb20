// What of an order node survives a restart: which interval was bid for last, so that no need is ordered twice, the last week,
// the order that a ramp has standing, and what a flexible load has bought.
import * as v from 'valibot';
import { MOST_WH } from '../../src/market/need-journal.ts';
import { integer, interval } from '../shared/messages.ts';
import { type StateFile, stateFile } from '../shared/state-file.ts';

const energy = v.pipe(integer('energy', 0), v.maxValue(MOST_WH));

/** The one order of a ramp that is in force. */
const standing = v.object({
  /** The order node that placed it: another of the same member leaves it alone. */
  node: v.string(),
  interval,
  id: v.string(),
  step: integer('step', 0),
  /** When the ramp began, Unix ms. */
  opened: integer('opened'),
});

const flexible = v.object({
  told: v.nullable(
    v.object({ remainingWh: energy, deadline: integer('deadline'), maxW: integer('maxW', 0), at: integer('at') }),
  ),
  runs: v.array(v.tuple([integer('start'), energy])),
  /** Ids of the orders by interval: the member's other orders say nothing about this load. */
  orders: v.array(v.tuple([interval, v.array(v.string())])),
});

const schema = v.object({
  epoch: v.number(),
  bidFor: v.string(),
  needs: v.optional(v.array(v.tuple([interval, v.pipe(integer('need', -MOST_WH), v.maxValue(MOST_WH))])), []),
  auctions: v.exactOptional(v.array(v.tuple([interval, v.nullable(integer('price'))]))),
  standing: v.exactOptional(standing),
  flexible: v.exactOptional(flexible),
});

export type OrderMemory = v.InferOutput<typeof schema>;
export type Standing = v.InferOutput<typeof standing>;
export type FlexibleMemory = v.InferOutput<typeof flexible>;

/** @param name community and member; and the node, where its orders are for a load of its own */
export function orderMemory(
  directory: string,
  name: readonly string[],
  onProblem: (sentence: string) => void,
): StateFile<OrderMemory> {
  return stateFile(directory, 'orders', name, schema, onProblem);
}
