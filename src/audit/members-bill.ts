// Where the meter records of some members are withheld, the bills of the others can be checked all the same: each member's lines
// and row follow from its own energy and its own trades. So a member can check its own bill without reading anybody's meter.
import type { Body, BodyFields } from '../ledger/kinds.ts';
import { canonicalJson } from '../log/canonical-json.ts';
import type { Verdict } from './recompute.ts';
import { type SettlementTerms, settlementFields } from './settlement-body.ts';

/** The balancing rule under which one member's bill depends on what all metered. */
const POOLED = 'pooled/1';

/**
 * @param unknown members whose energy is not known to this reader
 * @param peaksKnown whether the highest quarter hours before this settlement are
 */
export function membersFault(
  body: Body<'settlement'>,
  terms: SettlementTerms,
  unknown: ReadonlySet<string>,
  peaksKnown: boolean,
): Verdict {
  const meters = new Map([...terms.meters].filter(([member]) => !unknown.has(member)));
  const measuredIn: SettlementTerms['measuredIn'] = (member, interval) =>
    unknown.has(member) ? undefined : terms.measuredIn(member, interval);
  let right: BodyFields<'settlement'>;
  try {
    right = settlementFields({ ...terms, meters, measuredIn });
  } catch (problem) {
    // What is withheld may be what makes it computable.
    if (problem instanceof RangeError) return 'unchecked';
    throw problem;
  }
  if (right.version === 'settlement/2') {
    const { balancing, capacity } = right.tariffs;
    // A pool shares what all have; a charge for the highest quarter hour needs those before.
    if (balancing === POOLED || (capacity !== null && !peaksKnown)) return 'unchecked';
  }
  const members = [...right.statements, ...body.statements].map(({ member }) => member);
  for (const member of new Set(members)) {
    if (unknown.has(member)) continue;
    const found = billOf(body, member);
    const due = billOf(right, member);
    if (found !== due)
      return { wrong: `the bill of ${member} is ${shorten(found)}, but the records give ${shorten(due)}` };
  }
  return 'unchecked';
}

function billOf({ lines, statements }: Pick<BodyFields<'settlement'>, 'lines' | 'statements'>, member: string): string {
  const account = `member/${member}`;
  return canonicalJson({
    lines: lines.filter((line) => line.account === account || line.counterAccount === account),
    rows: statements.filter((row) => row.member === member),
  });
}

const shorten = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
