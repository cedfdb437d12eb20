// Day-ahead prices of the ENTSO-E transparency platform: Publication_MarketDocument (IEC 62325-451-3), type A44, in steps of
// 15, 30 or 60 minutes. Curve type A03 leaves a position out where the price of the one before goes on; in A01, the default,
// a position that is left out has no price. Where a day was auctioned twice (Germany), the sequence says which auction it was.
import { microPerKWh, type Prices, type PriceUnit, type Span, toSeries } from './price-series.ts';
import { childrenOf, type Element, readXml, textAt } from './xml.ts';

const STEP: Readonly<Record<string, number>> = { PT15M: 900_000, PT30M: 1_800_000, PT60M: 3_600_000, PT1H: 3_600_000 };
const MEASURE: Readonly<Record<string, PriceUnit>> = { MWH: 'MWh', KWH: 'kWh' };
const SEQUENCE = 'classificationSequence_AttributeInstanceComponent.position';
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?Z$/;
/** So many steps in one document are a mistake: a year of quarter hours has 35,136. */
const MOST_STEPS = 100_000;

/** @throws Error with a sentence for any other document, and with the platform's own where that has no prices */
export function readEntsoe(document: string): Prices {
  const root = readXml(document);
  if (root.name === 'Acknowledgement_MarketDocument') {
    const reason = childrenOf(root, 'Reason').map((each) => textAt(each, 'text'))[0] ?? 'no reason given';
    throw new Error(`ENTSO-E has no prices: ${reason.slice(0, 200)}`);
  }
  const type = textAt(root, 'type');
  if (root.name !== 'Publication_MarketDocument' || type !== 'A44') {
    throw new Error(`this is no document of day-ahead prices (A44), but a ${root.name.slice(0, 60)} of type ${type}`);
  }
  const series = auction(childrenOf(root, 'TimeSeries'));
  const currencies = new Set(series.map((each) => textAt(each, 'currency_Unit.name')));
  const [currency = null] = currencies;
  if (currencies.size > 1 || currency === null) throw new Error('the document names no currency, or several');
  const spans: SteppedSpan[] = [];
  for (const period of series.flatMap((each) => childrenOf(each, 'Period').map((period) => ({ each, period })))) {
    for (const span of spansOf(period.each, period.period)) spans.push(span);
    if (spans.length > MOST_STEPS)
      throw new Error(`the document holds more than ${MOST_STEPS} prices; ask for fewer days`);
  }
  return { currency, ...toSeries(finest(spans)) };
}

/** The series of one auction: of the first one (the coupled market) where it is there, never a mixture of several. */
function auction(all: readonly Element[]): readonly Element[] {
  const sequenceOf = (series: Element) => Number(textAt(series, SEQUENCE) ?? 1);
  const wanted = Math.min(...all.map(sequenceOf));
  return all.filter((series) => sequenceOf(series) === wanted);
}

interface SteppedSpan extends Span {
  readonly step: number;
}

function spansOf(series: Element, period: Element): SteppedSpan[] {
  const measure = textAt(series, 'price_Measure_Unit.name') ?? '';
  const unit = MEASURE[measure];
  if (!unit) throw new Error(`prices per "${measure.slice(0, 20)}" are unknown`);
  const repeats = textAt(series, 'curveType') === 'A03';
  const [start, end] = [instant(period, 'start'), instant(period, 'end')];
  const resolution = textAt(period, 'resolution') ?? '';
  const step = STEP[resolution];
  if (!step) throw new Error(`steps of "${resolution.slice(0, 20)}" are unknown; there are 15, 30 and 60 minutes`);
  const count = (end - start) / step;
  if (!Number.isInteger(count) || count < 1 || count > MOST_STEPS) {
    throw new Error(`the period from ${textAt(period, 'timeInterval', 'start')} is no whole number of ${resolution}`);
  }
  const prices = new Map<number, number>();
  for (const point of childrenOf(period, 'Point')) {
    const position = Number(textAt(point, 'position') ?? Number.NaN);
    if (!Number.isInteger(position) || position < 1 || position > count || prices.has(position)) {
      throw new Error(`a period of ${count} steps has the position ${position} twice, or has no such position`);
    }
    prices.set(position, microPerKWh(textAt(point, 'price.amount'), unit));
  }
  const spans: SteppedSpan[] = [];
  let before: number | undefined;
  for (let position = 1; position <= count; position++) {
    const price: number | undefined = prices.get(position) ?? (repeats ? before : undefined);
    const from = start + (position - 1) * step;
    if (price !== undefined) spans.push({ start: from, end: from + step, price, step });
    before = price;
  }
  return spans;
}

/** Where the same time is given in several steps, the finest counts. */
function finest(spans: readonly SteppedSpan[]): Span[] {
  const steps = new Map<number, number>();
  for (const { start, end, step } of spans) {
    for (let at = start; at < end; at += 900_000) steps.set(at, Math.min(step, steps.get(at) ?? step));
  }
  return spans.flatMap(({ start, end, price, step }) => {
    const kept: Span[] = [];
    for (let at = start; at < end; at += 900_000) {
      if (steps.get(at) === step) kept.push({ start: at, end: at + 900_000, price });
    }
    return start % 900_000 === 0 ? kept : [{ start, end, price }];
  });
}

function instant(period: Element, which: 'start' | 'end'): number {
  const text = textAt(period, 'timeInterval', which) ?? '';
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new Error(`a period has no ${which} in UTC`);
  return at;
}
