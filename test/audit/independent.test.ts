// The two verifiers must agree: on honest ledgers with everything that can happen in them, and on damaged exports.
import { strict as assert } from 'node:assert';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyExport, verifyStore } from '../../src/audit/verify.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeRecord } from '../../src/ledger/record.ts';
import { openFileStore } from '../../src/log/file-store.ts';
import { TilesExport } from '../../src/log/tiles-export.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { accepted, FIRST, HOMES, keysOf, ORIGIN, Street } from '../ledger/street.ts';
import { cheat } from './cheat.ts';
import { Bad, verifyExportedLedger } from './independent-verifier.ts';

/** Whole numbers from 0 up to a limit, the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A gate with random orders on few limits (so that they tie), cancels, odd meters and a bill. */
async function randomGate(
  street: Street,
  ledger: Ledger,
  interval: string,
  roll: (below: number) => number,
): Promise<void> {
  const orders = Array.from({ length: roll(12) }, () => {
    const member = HOMES[roll(HOMES.length)]!;
    return {
      member,
      record: street.order(member, interval, roll(2) ? 'buy' : 'sell', 1 + roll(30), 80_000 + roll(4) * 50_001),
    };
  });
  const placed = await ledger.append(orders.map(({ record }) => record));
  const cancels = orders.filter((_, i) => placed[i]?.ok && roll(5) === 0);
  accepted(
    await ledger.append(
      cancels.map(({ member, record }) => street.record(member, 'cancel', interval, { order: record.id })),
    ),
  );
  const clearing = street.clearing(ledger, interval, await ledger.closeGate(interval));
  street.now += 60_000;
  await ledger.seal({ interval, records: [street.record('operator', 'clearing', interval, clearing)] });
  const meters = HOMES.filter(() => roll(8) > 0).map(
    (member) => [member, roll(50), roll(50)] as [string, number, number],
  );
  accepted(
    await ledger.append(
      meters.map(([member, imported, exported]) => street.meter(member, interval, imported, exported)),
    ),
  );
  const settlement = street.settlement(interval, clearing, meters);
  if (roll(6) > 0) accepted(await ledger.append([street.record('operator', 'settlement', interval, settlement)]));
}

async function change(street: Street, ledger: Ledger, member: string, fields: object): Promise<void> {
  const { active: _, ...entry } = ledger.state.roster.get(member)!;
  const head = {
    ledger: ORIGIN,
    member,
    kind: 'roster',
    interval: null,
    time: new Date(street.now).toISOString(),
  } as const;
  const body = { ...entry, ...fields } as Parameters<typeof makeRecord<'roster'>>[2];
  accepted(await ledger.append([makeRecord(keysOf('operator').record, head, body, street.random)]));
}

describe('the independent verifier', () => {
  let street: Street;

  before(async function () {
    this.timeout(60_000);
    street = new Street();
    const ledger = await street.open({ exportEvery: 7 });
    const roll = dice(4711);
    for (let i = 0; i < 24; i++) {
      if (i === 5) await change(street, ledger, 'home-2', { action: 'feeder', feeder: 'feeder-1' });
      if (i === 9)
        await ledger.enrol({ id: 'home-4', kind: 'business', roles: ['auditor', 'member'], keys: keysOf('home-4') });
      if (i === 12) {
        const text = 'Grüße aus der Straße \u2600 "quoted" \\ <script>';
        accepted(await ledger.append([street.record('home-1', 'note', null, { text })]));
        const battery = {
          chargeWh: 5,
          dischargeWh: 0,
          socPerMille: null,
          setpoints: [{ time: '2026-11-22T08:15:00.000Z', setpointW: -20, code: 'surplus' }],
          reasons: [{ code: 'surplus', cycles: 3 }],
        };
        accepted(await ledger.append([street.record('home-1', 'battery', FIRST, battery)]));
      }
      if (i === 15) await change(street, ledger, 'home-4', { action: 'leave' });
      await randomGate(street, ledger, intervalAfter(FIRST, i), roll);
    }
    await ledger.seal();
    await ledger.close();
  });

  after(() => street.remove());

  it('agrees on a ledger with everything in it, over more than one tile', async () => {
    const ours = await verifyExport(street.exported);
    assert.deepEqual(ours.errors, []);
    assert.ok(ours.size > 256);
    const { size, root, blocks, operator } = verifyExportedLedger(street.exported);
    assert.deepEqual(
      { size, root, blocks, operator },
      { size: ours.size, root: ours.root, blocks: ours.blocks, operator: ours.operator },
    );
  });

  it('refuses what ours refuses: one flipped byte anywhere', async function () {
    this.timeout(120_000);
    const copy = mkdtempSync(join(tmpdir(), 'microgrid-flip-'));
    const files = readdirSync(street.exported, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(street.exported.length + 1));
    const roll = dice(99);
    for (const file of files) {
      cpSync(street.exported, copy, { recursive: true });
      const content = readFileSync(join(street.exported, file));
      for (let trial = 0; trial < 3; trial++) {
        const at = roll(content.length - 1);
        const flipped = Buffer.from(content);
        flipped[at]! ^= 1 << roll(8);
        writeFileSync(join(copy, file), flipped);
        assert.throws(() => verifyExportedLedger(copy), Bad, `${file} at ${at}`);
        assert.equal((await verifyExport(copy)).ok, false, `${file} at ${at}`);
      }
      rmSync(copy, { recursive: true });
    }
  });

  it('names the same first bad leaf when the operator cheats', async () => {
    const interval = intervalAfter(FIRST, 30);
    const cheats: (() => ReturnType<typeof street.record>)[] = [
      () => street.order('home-1', FIRST, 'buy', 10, 250_000),
      () => street.order('home-1', interval, 'buy', 10_001, 250_000),
      () => street.meter('home-7', interval, 1, 1),
      () => street.meter('home-4', interval, 1, 1),
      () => street.record('home-1', 'note', null, { text: 'x' }, { keys: keysOf('home-2') }),
      () =>
        street.record('operator', 'clearing', interval, {
          rule: 'uniform-price/1',
          orders: 0,
          volumeWh: 5,
          price: null,
          priceLow: null,
          priceHigh: null,
          fills: [],
          pairs: [],
        }),
      () =>
        street.record('operator', 'settlement', interval, {
          tariffs: { import: 1, feedIn: 1 },
          lines: [],
          statements: [],
        }),
      () => street.record('home-1', 'cancel', interval, { order: 'a'.repeat(64) }),
    ];
    for (const make of cheats) {
      const other = new Street();
      cpSync(street.database, other.database);
      const { store, seal } = cheat(other);
      const bad = store.size;
      seal([make()]);
      await new TilesExport(store, openFileStore(other.exported), { dayOf: () => '2026-11-22' }).run();
      const ours = await verifyStore(store);
      store.close();
      assert.equal(ours.errors[0]?.leaf, bad, JSON.stringify(ours.errors[0]));
      assert.throws(
        () => verifyExportedLedger(other.exported),
        (error) => error instanceof Bad && error.leaf === bad,
      );
      other.remove();
    }
  });
});
