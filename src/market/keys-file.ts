// Keys of many intervals as files, for an operator of the grid and for other programs:
// - `json`: all, exact;
// - `csv`: one row per interval, producer and consumer, in UTC, per cent with four decimals: exact too;
// - `enedis`: for collective self-consumption in France, one file per producer: `Horodate` and the consumers' metering points
//   (PRM) head the columns, one row per interval in local time, per cent with a decimal comma, semicolons. Layout, comma and
//   the one decimal are those of a public tool that French communities use; Enedis' own guide was not at hand, so decimals
//   may be chosen, and the form of `Horodate` has to be compared with the operation's convention. Rounding is by largest
//   remainders and never above the exact sum, so the keys of a row never come to more than 100 %.
import { intervalStart } from '../time/interval.ts';
import { localText, type WallClock } from '../time/wall-clock.ts';
import type { Key } from './allocation-keys.ts';
import { PERCENT_DIGITS, percentText } from './key-text.ts';
import { compareBytes } from './rotation.ts';
import { shareProRata } from './share.ts';

export const KEY_FORMATS = ['json', 'csv', 'enedis'] as const;
export type KeyFormat = (typeof KEY_FORMATS)[number];

export interface IntervalKeys {
  readonly interval: string;
  readonly keys: readonly (Key & { readonly producer: string })[];
}

export interface TextFile {
  readonly name: string;
  readonly mediaType: string;
  readonly text: string;
}

export interface EnedisSettings {
  readonly clock: WallClock;
  /** Decimals of a per cent, 0 to 4. */
  readonly decimals: number;
  /** The metering point of a member as a consumer or as a producer; the member itself where none is known. */
  readonly pointOf: (member: string, side: 'consumer' | 'producer') => string;
}

/** @param name of the file, without its ending */
export function keysJson(name: string, intervals: readonly IntervalKeys[]): TextFile {
  const text = `${JSON.stringify({ kind: 'dynamic-full', intervals }, null, 1)}\n`;
  return { name: `${name}.json`, mediaType: 'application/json', text };
}

export function keysCsv(name: string, intervals: readonly IntervalKeys[]): TextFile {
  const rows = intervals.flatMap(({ interval, keys }) =>
    keys.map(({ producer, member, millionths }) => [interval, producer, member, percentText(millionths)].join(';')),
  );
  return { name: `${name}.csv`, mediaType: 'text/csv', text: table(['interval;producer;member;percent', ...rows]) };
}

export function enedisKeys(intervals: readonly IntervalKeys[], settings: EnedisSettings): TextFile[] {
  const all = intervals.flatMap(({ keys }) => keys);
  const producers = [...new Set(all.map(({ producer }) => producer))].sort(compareBytes);
  return producers.map((producer) => {
    const consumers = [...new Set(all.filter((key) => key.producer === producer).map(({ member }) => member))];
    consumers.sort(compareBytes);
    const head = ['Horodate', ...consumers.map((member) => settings.pointOf(member, 'consumer'))].join(';');
    const rows = intervals.map(({ interval, keys }) => {
      const own = new Map(keys.filter((key) => key.producer === producer).map((key) => [key.member, key.millionths]));
      const percents = rounded(
        consumers.map((member) => own.get(member) ?? 0),
        settings.decimals,
      );
      return [frenchTime(settings.clock, interval), ...percents.map((text) => text.replace('.', ','))].join(';');
    });
    return {
      name: `${settings.pointOf(producer, 'producer')}.csv`,
      mediaType: 'text/csv',
      text: table([head, ...rows]),
    };
  });
}

/** Per cent with so many decimals, together not above what the exact keys are. */
function rounded(millionths: readonly number[], decimals: number): string[] {
  const step = 10 ** (PERCENT_DIGITS - decimals);
  const whole = Math.floor(millionths.reduce((sum, each) => sum + each, 0) / step);
  if (whole === 0) return millionths.map(() => '0');
  const shares = shareProRata(whole, millionths, (candidates) => candidates);
  return shares.map((share) => percentText(share, decimals));
}

/** `10/07/2026 10:15` */
function frenchTime(clock: WallClock, interval: string): string {
  const [day = '', time = ''] = localText(clock.localAt(intervalStart(interval))).split(' ');
  return `${day.split('-').reverse().join('/')} ${time}`;
}

function table(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n`;
}
