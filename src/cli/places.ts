// The feeder tree as the subcommands take it: one row per member, no member twice.
import type { Place } from '../market/order.ts';
import { quote } from '../units.ts';
import { InputError } from './io.ts';

export interface PlaceRow extends Place {
  readonly member: string;
}

/** @throws InputError when a member stands twice */
export function placesByMember(rows: readonly PlaceRow[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const [index, { member, feeder, substation }] of rows.entries()) {
    if (places.has(member)) throw new InputError(`places[${index}].member ${quote(member)} stands twice`);
    places.set(member, { feeder, substation });
  }
  return places;
}
