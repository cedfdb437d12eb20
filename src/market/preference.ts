// What a preference on an order must be (order.ts), and what of it only the community can tell: whether partners are
// members, and whether a member has a place in the feeder tree. A fault of form stops a clearing, as a wrong limit does. What
// the community knows may change between the order and the gate: it is asked when an order comes in, and in a clearing a
// partner who has left, or a feeder that is not known, is accepted by nobody.
import { describe, quote } from '../units.ts';
import type { Order, Preference, Side } from './order.ts';
import { compareBytes } from './rotation.ts';

/** Names that one preference may hold; it also bounds the work. */
export const MOST_PARTNERS = 100;

const MODES = ['only', 'first'];
const SOURCES = ['partners', 'feeder', 'renewable'];
const FIELDS = ['mode', 'from', 'partners'];

/** The fields of an order that a preference is judged by, as they came from outside. */
export interface PreferringOrder {
  readonly member: string;
  readonly side: Side;
  readonly renewable?: unknown;
  readonly preference?: unknown;
}

/** What is wrong with an order's preference, or with its `renewable`: a sentence that begins with the field, or null. */
export function preferenceFault({ member, side, renewable, preference }: PreferringOrder): string | null {
  if (renewable !== undefined) {
    if (renewable !== true) return `renewable must be true or left out, but is ${describe(renewable)}`;
    if (side !== 'sell') return 'renewable is what a sell says of its energy; a buy asks for it by preference';
  }
  if (preference === undefined) return null;
  if (typeof preference !== 'object' || preference === null || Array.isArray(preference)) {
    return `preference must be an object with mode and from, but is ${describe(preference)}`;
  }
  const unknown = Object.keys(preference).find((key) => !FIELDS.includes(key));
  if (unknown !== undefined) return `preference has the field ${quote(unknown)}; known are ${FIELDS.join(', ')}`;
  const { mode, from, partners } = preference as Record<keyof Preference, unknown>;
  if (!MODES.includes(mode as string)) return `preference.mode must be "only" or "first", but is ${describe(mode)}`;
  if (!SOURCES.includes(from as string)) {
    return `preference.from must be "partners", "feeder" or "renewable", but is ${describe(from)}`;
  }
  if (from === 'renewable' && side !== 'buy') {
    return 'preference.from is "renewable", which only a buy can ask for; a sell says "renewable": true';
  }
  if (from === 'partners') return partnersFault(partners, member);
  return partners === undefined
    ? null
    : `preference.partners belongs to "from": "partners", not to ${quote(`${from}`)}`;
}

function partnersFault(partners: unknown, member: string): string | null {
  if (!Array.isArray(partners)) return `preference.partners must be a list of members, but is ${describe(partners)}`;
  if (partners.length === 0 || partners.length > MOST_PARTNERS) {
    return `preference.partners must name 1 to ${MOST_PARTNERS} members, but names ${partners.length}`;
  }
  for (const [index, partner] of partners.entries()) {
    const at = `preference.partners[${index}]`;
    if (typeof partner !== 'string' || partner === '' || !partner.isWellFormed()) {
      return `${at} must be well-formed text, but is ${describe(partner)}`;
    }
    if (partner === member) return `${at} is ${quote(partner)} itself; nobody trades with itself`;
    if (index === 0) continue;
    const before = partners[index - 1] as string;
    if (partner === before) return `${at} ${quote(partner)} stands twice`;
    if (compareBytes(before, partner) > 0) {
      return `${at} ${quote(partner)} must stand before ${quote(before)}; partners are sorted by bytes`;
    }
  }
  return null;
}

/** What the community knows of its members; what is left out is not asked. */
export interface Known {
  readonly members?: { has(member: string): boolean };
  /** Members with a place in the feeder tree. */
  readonly places?: { has(member: string): boolean };
}

/** What the community knows against a preference of the right form: a code, and a sentence that begins with the field. */
export function unknownIn(
  { member, preference }: Pick<Order, 'member' | 'preference'>,
  { members, places }: Known,
): { readonly code: string; readonly text: string } | null {
  const index = members ? (preference?.partners ?? []).findIndex((partner) => !members.has(partner)) : -1;
  if (index >= 0) {
    const named = `preference.partners[${index}] is ${quote(preference!.partners![index]!)}`;
    return { code: 'unknown-member', text: `${named}, who is not among the members` };
  }
  if (preference?.from === 'feeder' && places && !places.has(member)) {
    const text = `preference.from is "feeder", but ${quote(member)} has no known place in the feeder tree`;
    return { code: 'wrong-area', text };
  }
  return null;
}
