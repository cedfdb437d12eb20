// What the columns of a utility's table mean, by their headers. The names are those of Austria's EDA platform (its report
// "Energiedaten" has one column per metering point and `Metercode`) and plain words in English, German and French; others are
// named by the person who sends the table. A column that nobody named is left aside and told, never guessed at.
import type { EnergyUnit } from './energy-text.ts';

/**
 * Energy of one metering point: `allocated` is what of its consumption came from the community, `generation` what it gave to
 * the community, and `surplus` what of that nobody took.
 */
export const QUANTITIES = ['allocated', 'consumption', 'generation', 'surplus'] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** What a column may be: a quantity, or where and when; `ignore` is neither. */
export const ROLES = [...QUANTITIES, 'point', 'time', 'ignore'] as const;
export type Role = (typeof ROLES)[number];

/** Several names of a role: the earlier is preferred where a table has both and both have values. */
const NAMES: Readonly<Record<Exclude<Role, 'ignore'>, readonly string[]>> = {
  point: [
    ...[
      'meteringpointid',
      'metering point id',
      'metering point',
      'zahlpunkt',
      'zahlpunktnummer',
      'zahlpunktbezeichnung',
    ],
    ...['prm', 'pdl', 'identifiant prm', 'cups', 'pod', 'ean', 'member', 'mitglied', 'membre', 'point'],
  ],
  time: [
    ...[
      'time',
      'start',
      'from',
      'timestamp',
      'date',
      'datetime',
      'date time',
      'interval',
      'zeit',
      'zeitpunkt',
      'zeitstempel',
    ],
    ...['datum', 'von', 'beginn', 'horodate', 'horodatage', 'date heure', 'debut'],
  ],
  allocated: [
    ...['eigendeckung gemeinschaftliche erzeugung', 'allocated', 'eigendeckung', 'zugeteilt', 'autoconsommation'],
    ...['autoconsommation collective', 'energie autoconsommee', 'autoconsommee', 'auto consommation', 'auto consommee'],
  ],
  consumption: [
    ...[
      'gesamtverbrauch lt messung bei teilnahme gem erzeugung',
      'consumption',
      'import',
      'verbrauch',
      'gesamtverbrauch',
    ],
    ...['bezug', 'consommation', 'soutirage'],
  ],
  generation: [
    ...['erzeugung lt messung entsprechend dem teilnahmefaktor und ec id', 'gesamte gemeinschaftliche erzeugung'],
    ...['generation', 'export', 'erzeugung', 'einspeisung', 'production', 'injection'],
  ],
  surplus: [
    ...[
      'restuberschuss bei eg und je zp',
      'gesamt uberschusserzeugung gemeinschaftsuberschuss',
      'surplus',
      'uberschuss',
    ],
    ...['restuberschuss', 'excedent'],
  ],
};

export interface ColumnMeaning {
  readonly role: Role;
  /** Smaller is preferred. */
  readonly rank: number;
  /** Where the header says it: `[KWH]`, `(Wh)`. */
  readonly unit: EnergyUnit | null;
}

/** @param named headers as a person named them; matched as ours are: without regard to case, marks and signs */
export function meaningOf(header: string, named: ReadonlyMap<string, Role>): ColumnMeaning | null {
  const { name, unit } = readHeader(header);
  const role = named.get(name);
  if (role) return { role, rank: -1, unit };
  for (const [known, names] of Object.entries(NAMES) as [Role, readonly string[]][]) {
    const rank = names.indexOf(name);
    if (rank !== -1) return { role: known, rank, unit };
  }
  return null;
}

/** Headers that a person named, as `meaningOf` compares them. */
export function namedColumns(columns: Readonly<Record<string, Role>>): ReadonlyMap<string, Role> {
  return new Map(Object.entries(columns).map(([header, role]) => [readHeader(header).name, role]));
}

/** Small letters and digits with single spaces, and the unit apart. */
export function readHeader(header: string): { readonly name: string; readonly unit: EnergyUnit | null } {
  const words = header
    .replaceAll('ß', 'ss')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
  const [, name = words, unit] = /^(.*?) ?\b(k?wh)$/.exec(words) ?? [];
  return { name, unit: unit === undefined ? null : unit === 'kwh' ? 'kWh' : 'Wh' };
}
