// The street of the simulation: who belongs to it, its rules, what its homes order and meter. Energies and prices are thrown; auction
// and bills are the real ones.
import type { BodyFields } from '../../ledger/kinds.ts';
import { makeRecord, type SignedRecord } from '../../ledger/record.ts';
import type { Dice } from './dice.ts';
import type { Site } from './follower.ts';

export const OPERATOR = 'operator';
/** Takes over when the operator is gone: reads what the operator reads. */
export const STANDBY = 'home-1';
export const GATE_LEAD_MS = 60_000;

export const GENESIS_RULES: BodyFields<'rules'> = {
  currency: 'EUR',
  intervalMinutes: 15,
  market: 'uniform-price/1',
  settlement: 'settle/1',
  tariffs: { import: 300_000, feedIn: 80_000 },
  limits: { min: 80_000, max: 300_000 },
  maxOrderWh: 10_000,
  maxOrdersPerMember: 4,
  gateLeadSeconds: GATE_LEAD_MS / 1000,
  simulated: true,
};

export interface Membership {
  readonly id: string;
  readonly kind: 'operator' | 'home';
  readonly roles: BodyFields<'roster'>['roles'];
  readonly metered: boolean;
}

/** The operator and so many homes. */
export function membersOf(homes: number): Membership[] {
  const members: Membership[] = [{ id: OPERATOR, kind: 'operator', roles: ['operator'], metered: false }];
  for (let i = 1; i <= homes; i++) {
    const id = `home-${i}`;
    const roles: Membership['roles'] = id === STANDBY ? ['auditor', 'member', 'standby'] : ['member'];
    members.push({ id, kind: 'home', roles, metered: true });
  }
  return members;
}

/** @param time by the member's clock, Unix ms */
export function orderOf(site: Site, dice: Dice, member: string, interval: string, time: number): SignedRecord {
  const side = dice.perMille(500) ? 'buy' : 'sell';
  const limit = side === 'buy' ? dice.between(150_000, 300_000) : dice.between(80_000, 200_000);
  const fields = { side, wh: dice.between(1, 2000), limit } as const;
  const head = { ledger: site.origin, member, kind: 'order', interval, time: new Date(time).toISOString() } as const;
  return makeRecord(site.keysOf(member).record, head, fields, site.random);
}

export function meterOf(site: Site, dice: Dice, member: string, interval: string, time: number): SignedRecord {
  const fields = {
    importWh: dice.below(2000),
    exportWh: dice.below(1500),
    importCounterWh: null,
    exportCounterWh: null,
    quality: 'measured',
    reason: null,
  } as const;
  const head = { ledger: site.origin, member, kind: 'meter', interval, time: new Date(time).toISOString() } as const;
  return makeRecord(site.keysOf(member).record, head, fields, site.random);
}
