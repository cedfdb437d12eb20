// The month by day as a drawing: what came in above the line, what went out below it; solid with neighbours, hatched with the
// supplier, so that it can be read in black and white. Inline SVG, without scripts and without other files.
import type { DayFigures } from './document.ts';
import { html, type Markup } from './markup.ts';

const WIDTH = 700;
const LEFT = 44;
const TOP = 26;
const PLOT = 168;
const BOTTOM = 22;

interface Part {
  readonly title: string;
  readonly fill: string;
  readonly of: (day: DayFigures) => number;
}

const IN: readonly Part[] = [
  { title: 'from neighbours', fill: '#1c4f8c', of: (day) => day.boughtWh },
  { title: 'from the supplier', fill: 'url(#in)', of: (day) => day.supplierWh },
];
const OUT: readonly Part[] = [
  { title: 'to neighbours', fill: '#e09f1f', of: (day) => day.soldWh },
  { title: 'to the supplier', fill: 'url(#out)', of: (day) => day.feedInWh },
];

/** Null where nothing flowed. */
export function daysChart(days: readonly DayFigures[]): Markup | null {
  const highest = (parts: readonly Part[]) => Math.max(0, ...days.map((day) => sum(parts, day)));
  const [up, down] = [highest(IN), highest(OUT)];
  if (up + down === 0) return null;
  const step = niceStep(up + down);
  const [above, below] = [Math.ceil(up / step) * step, Math.ceil(down / step) * step];
  const scale = PLOT / (above + below);
  const zero = TOP + above * scale;
  const y = (wh: number) => fixed(zero - wh * scale);
  const slot = (WIDTH - LEFT) / days.length;
  const ticks: Markup[] = [];
  for (let wh = -below; wh <= above; wh += step) {
    const line = wh === 0 ? '#111' : '#c9cfd6';
    ticks.push(
      html`<path d="M${LEFT} ${y(wh)}H${WIDTH}" stroke="${line}" stroke-width="${wh === 0 ? 1 : 0.6}"/><text x="${LEFT - 6}" y="${y(wh - 3.5 / scale)}" text-anchor="end">${label(Math.abs(wh), step)}</text>`,
    );
  }
  const bars = days.map((day, i) => {
    const x = fixed(LEFT + i * slot + slot * 0.16);
    const width = fixed(slot * 0.68);
    return [stack(IN, day, 1), stack(OUT, day, -1)].flat().map(({ fill, from, to }) => {
      const [high, low] = [Math.max(from, to), Math.min(from, to)];
      const height = fixed((high - low) * scale);
      return html`<rect x="${x}" y="${y(high)}" width="${width}" height="${height}" fill="${fill}" stroke="#111" stroke-width="0.35"/>`;
    });
  });
  const dates = days.map((day, i) => {
    const number = Number(day.date.slice(8));
    if (number !== 1 && number % 5 !== 0) return null;
    return html`<text x="${fixed(LEFT + (i + 0.5) * slot)}" y="${TOP + PLOT + 15}" text-anchor="middle">${number}</text>`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${TOP + PLOT + BOTTOM}" role="img" aria-label="Energy of each day in kWh: above the line what came in, below it what went out" font-size="10" font-family="inherit" fill="#222">
<defs>${hatch('in', '#1c4f8c')}${hatch('out', '#b97a00')}</defs>
<text x="0" y="10">kWh</text>${legend([...IN, ...OUT])}
${ticks}${bars}${dates}
</svg>`;
}

function legend(parts: readonly Part[]): Markup[] {
  return parts.map(({ title, fill }, i) => {
    const x = LEFT + 56 + i * 150;
    return html`<rect x="${x}" y="1.5" width="14" height="10" fill="${fill}" stroke="#111" stroke-width="0.35"/><text x="${x + 19}" y="10">${title}</text>`;
  });
}

function hatch(id: string, colour: string): Markup {
  return html`<pattern id="${id}" width="4.5" height="4.5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4.5" height="4.5" fill="#fff"/><rect width="1.5" height="4.5" fill="${colour}"/></pattern>`;
}

function stack(parts: readonly Part[], day: DayFigures, sign: 1 | -1) {
  let from = 0;
  return parts.flatMap(({ fill, of }) => {
    const wh = of(day) * sign;
    if (wh === 0) return [];
    const bar = { fill, from, to: from + wh };
    from = bar.to;
    return [bar];
  });
}

const sum = (parts: readonly Part[], day: DayFigures) => parts.reduce((all, { of }) => all + of(day), 0);

/** 1, 2 or 5 times a power of ten, four to eight of them in the whole. */
function niceStep(whole: number): number {
  const rough = whole / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.99) ?? power);
}

function label(wh: number, step: number): string {
  return step >= 1000 ? String(wh / 1000) : (wh / 1000).toFixed(step >= 100 ? 1 : step >= 10 ? 2 : 3);
}

/** Coordinates only: no figure of the bill passes here. */
const fixed = (value: number) => Number(value.toFixed(2));
