// Tables as utilities send them, made from figures: wide as Austria's EDA platform reports, and long with one row per point.
import type { Quantity } from '../../src/settlement/utility/columns.ts';
import { localText, type WallClock } from '../../src/time/wall-clock.ts';

/** Wh of a metering point in one interval. */
export interface PointFigure {
  readonly point: string;
  readonly start: number;
  readonly wh: Readonly<Partial<Record<Quantity, number>>>;
}

const METERCODES: Readonly<Record<Quantity, string>> = {
  consumption: 'Gesamtverbrauch lt. Messung (bei Teilnahme gem. Erzeugung) [KWH]',
  allocated: 'Eigendeckung gemeinschaftliche Erzeugung [KWH]',
  generation: 'Erzeugung lt. Messung entsprechend dem Teilnahmefaktor und EC-ID [KWH]',
  surplus: 'Restüberschuss bei EG und je ZP [KWH]',
};

const decimalComma = (wh: number) => (wh / 1000).toFixed(6).replace('.', ',');

/** Local times without offset, kWh with a decimal comma, a quality column beside each, totals at the end. */
export function edaTable(clock: WallClock, figures: readonly PointFigure[]): string {
  const starts = [...new Set(figures.map(({ start }) => start))].sort((a, b) => a - b);
  const columns = [...Map.groupBy(figures, ({ point }) => point)].flatMap(([point, own]) => {
    const quantities = (Object.keys(METERCODES) as Quantity[]).filter((name) => own.some(({ wh }) => name in wh));
    return quantities.map((quantity) => ({ point, quantity }));
  });
  const value = new Map(figures.map((figure) => [`${figure.point} ${figure.start}`, figure.wh]));
  const head = (name: string, of: (column: (typeof columns)[number]) => string, total: string) =>
    [name, ...columns.flatMap((column) => [of(column), 'MM']), total].join(';');
  return [
    head('MeteringpointID', ({ point }) => point, 'TOTAL'),
    head('Energy direction', ({ quantity }) => (quantity === 'allocated' ? 'CONSUMPTION' : 'GENERATION'), ''),
    head('Period start', () => '01.07.2026 00:00:00', ''),
    head('Metercode', ({ quantity }) => METERCODES[quantity], 'Eigendeckung gemeinschaftliche Erzeugung [KWH]'),
    head('Spaltensumme', () => '1,0', '9,0'),
    ...starts.map((start) => {
      const [day = '', time = ''] = localText(clock.localAt(start)).split(' ');
      const date = `${day.split('-').reverse().join('.')} ${time}:00`;
      const cells = columns.flatMap(({ point, quantity }) => {
        const wh = value.get(`${point} ${start}`)?.[quantity];
        return [wh === undefined ? '' : decimalComma(wh), 'L1'];
      });
      return [date, ...cells, '7,0'].join(';');
    }),
  ].join('\r\n');
}

/** UTC times, Wh, commas. */
export function longTable(
  figures: readonly PointFigure[],
  header = 'point,start,consumption (Wh),allocated (Wh)',
): string {
  const rows = figures.map(({ point, start, wh }) =>
    [point, new Date(start).toISOString(), wh.consumption ?? '', wh.allocated ?? ''].join(','),
  );
  return [header, ...rows].join('\n');
}
