// Local time of a zone, both ways, for what people and utilities write: a day has 23, 24 or 25 hours, so a local time may be
// none or two moments. Offsets come from the time zone database of the runtime (Intl); the machine's own zone plays no part.

import { isTimeZone, zoneFormat } from './zone.ts';

/** Local time as if it were UTC, in ms: fields without an offset. */
export type LocalMs = number;

const DAY_MS = 86_400_000;

export class WallClock {
  readonly #format: Intl.DateTimeFormat;
  readonly #moments = new Map<LocalMs, readonly number[]>();

  /** @throws RangeError for a name that is no time zone, such as `Europe/Vienna` */
  constructor(zone: string) {
    if (!isTimeZone(zone)) throw new RangeError(`"${zone.slice(0, 40)}" is no time zone, such as Europe/Vienna`);
    this.#format = zoneFormat(zone);
  }

  /** What the clock on the wall shows at a moment (Unix ms). */
  localAt(ms: number): LocalMs {
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of this.#format.formatToParts(ms)) parts[type] = Number(value);
    const { year = 0, month = 1, day, hour, minute, second } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  /** The moments (Unix ms) at which the wall shows this, earliest first: one, none in a gap of spring, two in autumn. */
  moments(local: LocalMs): readonly number[] {
    const known = this.#moments.get(local);
    if (known) return known;
    const offsets = new Set([local - DAY_MS, local + DAY_MS].map((near) => this.localAt(near) - near));
    const found = [...offsets].map((offset) => local - offset).filter((ms) => this.localAt(ms) === local);
    const moments = found.sort((a, b) => a - b);
    this.#moments.set(local, moments);
    return moments;
  }
}

/** `2026-07-10 08:15` */
export function localText(local: LocalMs): string {
  return new Date(local).toISOString().slice(0, 16).replace('T', ' ');
}
