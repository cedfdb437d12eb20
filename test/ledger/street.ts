// A small street for tests of the trust half: an operator, three homes, all keys, nonces and times from a counter, so that
// the same test makes the same bytes. `gate` runs a whole interval: orders, clearing, block, meters, settlement.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auctionOf } from '../../src/audit/auction.ts';
import { clearingFields, tradedEnergy } from '../../src/audit/recompute.ts';
import { settlementFields } from '../../src/audit/settlement-body.ts';
import type { Book } from '../../src/ledger/book.ts';
import { type MemberKeys, memberKeys } from '../../src/ledger/keys.ts';
import type { Body, BodyFields, RecordKind } from '../../src/ledger/kinds.ts';
import { type AppendResult, type Ledger, type LedgerOptions, openLedger } from '../../src/ledger/ledger.ts';
import { makeRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { clear } from '../../src/market/clear.ts';
import { intervalAfter } from '../../src/time/interval.ts';

export type Settlement1 = Omit<Extract<Body<'settlement'>, { version: 'settlement/1' }>, 'version' | 'nonce'>;

export const COMMUNITY = 'sunny-street.example';
export const ORIGIN = `${COMMUNITY}/ledger/1`;
export const FIRST = '2026-11-22T08:15Z';
export const HOMES = ['home-1', 'home-2', 'home-3'] as const;

export const RULES: BodyFields<'rules'> = {
  currency: 'EUR',
  intervalMinutes: 15,
  market: 'uniform-price/1',
  settlement: 'settle/1',
  tariffs: { import: 300_000, feedIn: 80_000 },
  limits: { min: 80_000, max: 300_000 },
  maxOrderWh: 10_000,
  maxOrdersPerMember: 4,
  gateLeadSeconds: 300,
  simulated: true,
};

/** 32 bytes that depend on a text only. */
export const seedOf = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());

export const keysOf = (member: string, community: string = COMMUNITY): MemberKeys =>
  memberKeys(community, member, seedOf(`test seed of ${member}`));

export class Street {
  readonly directory: string;
  now = Date.parse('2026-11-22T08:00:00Z');
  #nonces = 0;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'microgrid-ledger-'));
  }

  readonly random = (bytes: number): Uint8Array => seedOf(`nonce ${this.#nonces++}`).slice(0, bytes);

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  get database(): string {
    return join(this.directory, 'ledger.sqlite');
  }

  get exported(): string {
    return join(this.directory, 'export');
  }

  options(changes: Partial<LedgerOptions> = {}): LedgerOptions {
    return {
      path: this.directory,
      origin: ORIGIN,
      operator: keysOf('operator'),
      genesis: {
        rules: RULES,
        members: [
          { id: 'operator', kind: 'operator', roles: ['operator'], keys: keysOf('operator') },
          ...HOMES.map((id) => ({ id, kind: 'home' as const, keys: keysOf(id) })),
        ],
      },
      now: () => this.now,
      random: this.random,
      ...changes,
    };
  }

  open(changes: Partial<LedgerOptions> = {}): Promise<Ledger> {
    return openLedger(this.options(changes));
  }

  record<Kind extends RecordKind>(
    member: string,
    kind: Kind,
    interval: string | null,
    fields: BodyFields<Kind>,
    changes: { ledger?: string; time?: string; keys?: MemberKeys } = {},
  ): SignedRecord & { readonly id: string } {
    const { ledger = ORIGIN, time = new Date(this.now).toISOString(), keys = keysOf(member) } = changes;
    return makeRecord(keys.record, { ledger, member, kind, interval, time }, fields, this.random);
  }

  order(member: string, interval: string, side: 'buy' | 'sell', wh: number, limit: number) {
    return this.record(member, 'order', interval, { side, wh, limit });
  }

  meter(member: string, interval: string, importWh: number, exportWh: number) {
    return this.record(member, 'meter', interval, {
      importWh,
      exportWh,
      importCounterWh: null,
      exportCounterWh: null,
      quality: 'measured',
      reason: null,
    });
  }

  /** What the operator honestly writes about a book. */
  clearing(ledger: Ledger, interval: string, book: Book): BodyFields<'clearing'> {
    const { rules } = ledger.state;
    const auction = auctionOf(ledger.state, interval, book);
    return clearingFields(rules, auction.orders, clear(rules.market, auction));
  }

  settlement(
    interval: string,
    clearing: Pick<Body<'clearing'>, 'rule' | 'price' | 'pairs'>,
    meters: [string, number, number][],
  ): Settlement1 {
    const rows = new Map(
      meters.map(([member, importWh, exportWh]) => [member, { importWh, exportWh, quality: 'measured' as const }]),
    );
    const { lines, statements } = settlementFields({
      interval,
      rules: { ...RULES, version: 'rules/1', nonce: '' },
      clearing: tradedEnergy(clearing),
      places: undefined,
      price: undefined,
      meters: rows,
      settled: null,
      peaks: [],
      cleared: interval,
      measuredIn: () => undefined,
    }) as Settlement1;
    return { tariffs: RULES.tariffs, lines, statements };
  }

  /** One whole interval: two buys and a sell, one block, then meters and settlement into the next. */
  async gate(ledger: Ledger, interval: string): Promise<void> {
    accepted(
      await ledger.append([
        this.order('home-1', interval, 'sell', 1000, 100_000),
        this.order('home-2', interval, 'buy', 700, 250_000),
        this.order('home-3', interval, 'buy', 501, 200_000),
      ]),
    );
    this.now += 60_000;
    const clearing = this.clearing(ledger, interval, await ledger.closeGate(interval));
    await ledger.seal({ interval, records: [this.record('operator', 'clearing', interval, clearing)] });
    this.now += 14 * 60_000;
    const meters: [string, number, number][] = [
      ['home-1', 0, 1200],
      ['home-2', 650, 0],
      ['home-3', 900, 10],
    ];
    accepted(
      await ledger.append(
        meters.map(([member, imported, exported]) => this.meter(member, interval, imported, exported)),
      ),
    );
    const settlement = this.settlement(interval, clearing, meters);
    accepted(await ledger.append([this.record('operator', 'settlement', interval, settlement)]));
  }

  /** Several gates in a row, and a last block so that nothing stays unsealed. */
  async gates(ledger: Ledger, count: number, first = FIRST): Promise<void> {
    for (let i = 0; i < count; i++) await this.gate(ledger, intervalAfter(first, i));
    await ledger.seal();
  }
}

/** @throws Error with the first refusal */
export function accepted(results: readonly AppendResult[]): number[] {
  return results.map((result) => {
    if (!result.ok) throw new Error(`refused: ${result.refusal.code}: ${result.refusal.text}`);
    return result.index;
  });
}
