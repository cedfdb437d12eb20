// Documents that went wrong on their way: any one place of a JSON document changed to something else, or its text damaged.
import fc from 'fast-check';

const oddNumbers = [0, 1, -1, 0.5, -0, 2 ** 53 - 1, 2 ** 53, -(2 ** 53 - 1), 1e300];
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    ...oddNumbers,
    null,
    true,
    '',
    '1',
    'a',
    'buy',
    [],
    {},
    [[]],
    '2026-11-22T08:30Z',
    '\u001b[2J\n',
  ),
  fc.integer({ min: -3, max: 3 }),
  fc.jsonValue(),
);

/** Text of a document with up to three changes; also the document itself. */
export function damaged(documents: fc.Arbitrary<object>): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(), fc.constantFrom('set', 'delete', 'double', 'rename', 'nudge'), odd);
  const changed = fc
    .tuple(documents, fc.array(change, { maxLength: 3 }))
    .map(([document, changes]) =>
      changes.reduce<unknown>((value, [at, how, by]) => changeAt(value, at, how, by), document),
    )
    .map((document) => JSON.stringify(document) ?? 'undefined');
  const cut = fc
    .tuple(changed, fc.nat(), fc.nat({ max: 4 }), fc.constantFrom('', '"', ',', '9', '.0', '{', ']', '\\', '\ufeff'))
    .map(([text, at, length, put]) => {
      const from = at % (text.length + 1);
      return text.slice(0, from) + put + text.slice(from + length);
    });
  return fc.oneof({ weight: 3, arbitrary: changed }, cut);
}

/** A copy in which the place that is counted out, of all in the document, is changed. */
function changeAt(document: unknown, count: number, how: string, by: unknown): unknown {
  const copy: unknown = structuredClone(document);
  const places = placesOf(copy);
  const place = places[count % Math.max(1, places.length)];
  if (!place) return by;
  const [holder, key] = place;
  const value = holder[key];
  if (how === 'nudge' && typeof value === 'number') holder[key] = value + (Number(by) < 0 ? -1 : 1);
  else if (how === 'delete' && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (how === 'delete') delete holder[key];
  else if (how === 'double' && Array.isArray(holder)) holder.push(structuredClone(value));
  else if (how === 'rename' && !Array.isArray(holder)) {
    delete holder[key];
    holder[`${key}2`] = value;
  } else holder[key] = by;
  return copy;
}

type Place = readonly [holder: Record<string, unknown>, key: string];

function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key): Place[] => [[holder, key], ...placesOf(holder[key])]);
}
