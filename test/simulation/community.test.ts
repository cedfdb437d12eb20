// The whole street over its four weeks: every Wh and every nano of it against the CSV, read here in the plainest way, and the
// counterfactuals against values computed straight from the CSV.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { initialStreet, type StreetInterval, stepStreet } from '../../src/simulation/community.ts';
import type { CommunityConfig } from '../../src/simulation/community-config.ts';
import { openProfiles, profilePath } from '../../src/simulation/profile-store.ts';
import { type SimulationResult, simulate } from '../../src/simulation/simulation.ts';
import type { Settled } from '../../src/simulation/street-settlement.ts';
import { homeBattery, streetConfig } from '../support/simulated-street.ts';

const { tariffs, members } = streetConfig;
const allVariants = { trading: true, batteries: true };

/** The CSV by column name, without the project's own reader. */
function table(): Map<string, Wh[]> {
  const [header = '', ...lines] = readFileSync(profilePath('street'), 'utf8').trimEnd().split('\n');
  const rows = lines.map((line) => line.split(','));
  return new Map(header.split(',').map((name, column) => [name, rows.map((row) => Number(row[column]))]));
}
type Wh = number;

const csv = table();
const column = (name: string): Wh[] => csv.get(name) ?? new Array<number>(2688).fill(0);
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

/** load - pv per member and interval, straight from the CSV. */
const nets = members.map(({ id }) => column(`${id}.load`).map((wh, row) => wh - column(`${id}.pv`)[row]!));

/** What a street of these nets (by member, by interval) draws and costs when everyone has only the supplier. */
function supplierOnly(memberNets: readonly Wh[][]) {
  const all = memberNets.flat();
  const importWh = sum(all.map((wh) => Math.max(0, wh)));
  const exportWh = sum(all.map((wh) => Math.max(0, -wh)));
  const street = memberNets[0]!.map((_, row) => sum(memberNets.map((own) => own[row]!)));
  return {
    importWh,
    exportWh,
    supplierWh: importWh,
    feedInWh: exportWh,
    tradedWh: 0,
    boundaryImportWh: sum(street.map((wh) => Math.max(0, wh))),
    boundaryExportWh: sum(street.map((wh) => Math.max(0, -wh))),
    costNano: importWh * tariffs.import - exportWh * tariffs.feedIn,
  };
}

/** A home that only serves itself: the sun's surplus into the battery, the need out of it. Stored in thousandths of a Wh. */
function withOwnBattery(own: readonly Wh[]): { nets: Wh[]; chargeWh: Wh; dischargeWh: Wh; stored: number } {
  let [stored, chargeWh, dischargeWh] = [0, 0, 0];
  const after = own.map((net) => {
    const charge = Math.min(Math.max(0, -net), 1250, Math.floor((6_400_000 - stored) / 900));
    const discharge = Math.min(Math.max(0, net), 1250, Math.floor(stored / 1000));
    stored += charge * 900 - discharge * 1000;
    chargeWh += charge;
    dischargeWh += discharge;
    return net + charge - discharge;
  });
  return { nets: after, chargeWh, dischargeWh, stored };
}

describe('the street over its four weeks', () => {
  const seen: { street: StreetInterval; settled: Settled }[] = [];
  let result: SimulationResult;

  before(async () => {
    result = await simulate({
      config: streetConfig,
      profiles: await openProfiles('street'),
      onInterval: async (street, settled) => void seen.push({ street, settled }),
    });
  });

  it('has an interval for every row, in order', () => {
    assert.equal(result.intervals, 2688);
    assert.deepEqual(
      seen.map(({ street }) => street.interval),
      readFileSync(profilePath('street'), 'utf8')
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[0]),
    );
  });

  it('takes load and PV from the CSV, and balances to the Wh for every member and interval', () => {
    members.forEach(({ id }, index) => {
      const load = column(`${id}.load`);
      const pv = column(`${id}.pv`);
      seen.forEach(({ street }, row) => {
        const own = street.members[index]!;
        const { chargeWh, dischargeWh } = own.battery ?? { chargeWh: 0, dischargeWh: 0 };
        assert.equal(own.importWh - own.exportWh + pv[row]! + dischargeWh - chargeWh, load[row]);
        assert.ok(own.importWh === 0 || own.exportWh === 0, 'netted within the interval');
        assert.ok(chargeWh === 0 || dischargeWh === 0);
      });
    });
    assert.equal(result.importWh - result.exportWh + result.pvWh + result.dischargeWh - result.chargeWh, result.loadWh);
    assert.equal(result.boundaryImportWh - result.boundaryExportWh, result.importWh - result.exportWh);
    assert.equal(result.loadWh, sum(members.flatMap(({ id }) => column(`${id}.load`))));
    assert.equal(result.pvWh, sum(members.flatMap(({ id }) => column(`${id}.pv`))));
  });

  it('keeps every battery within its window and power, and its losses on charging', () => {
    members.forEach(({ battery: spec }, index) => {
      let stored = 0;
      for (const { street } of seen) {
        const { battery } = street.members[index]!;
        assert.equal(battery === null, spec === undefined);
        if (!battery) continue;
        stored += battery.chargeWh * 900 - battery.dischargeWh * 1000;
        assert.equal(battery.stored, stored);
        assert.ok(stored >= 0 && stored <= 6_400_000);
        assert.ok(Math.max(battery.chargeWh, battery.dischargeWh) <= 1250);
      }
    });
    const last = seen.at(-1)!.street.members;
    assert.equal(result.socStartWh, 0);
    assert.equal(result.socEndWh, Math.floor(sum(last.map(({ battery }) => battery?.stored ?? 0)) / 1000));
  });

  it('moves money that sums to 0, and pays what was metered', () => {
    let cost = 0n;
    let supplier = 0n;
    for (const { street, settled } of seen) {
      const { accounts, sum: total } = settled.settlement;
      assert.equal(total, '0');
      assert.equal(sum(Object.values(accounts).map(Number)), 0);
      supplier += BigInt(accounts['supplier'] ?? '0');
      const { price, pairs } = street.clearing;
      members.forEach(({ id }, index) => {
        const { importWh, exportWh, boughtWh, soldWh } = street.members[index]!;
        const own = pairs.filter(({ buyer, seller }) => buyer === id && seller === id).map(({ wh }) => wh);
        assert.equal(own.length, 0, 'nobody trades with itself');
        const deviation = importWh - exportWh - (boughtWh - soldWh);
        const expected =
          (boughtWh - soldWh) * (price ?? 0) +
          (deviation > 0 ? deviation * tariffs.import : deviation * tariffs.feedIn);
        assert.equal(settled.bills[index]!.costNano, expected);
        cost += BigInt(expected);
      });
    }
    assert.equal(BigInt(result.costNano), cost);
    assert.equal(supplier, cost, 'what all members pay, the supplier gets');
    assert.equal(sum(result.bills.map(({ costNano }) => costNano)), result.costNano);
  });

  it('counts what was traded and what the supplier delivered', () => {
    assert.equal(result.tradedWh, sum(seen.map(({ street }) => sum(street.members.map(({ boughtWh }) => boughtWh)))));
    assert.equal(result.tradedWh, sum(seen.map(({ street }) => street.clearing.volumeWh)));
    assert.equal(result.supplierWh - result.feedInWh, result.importWh - result.exportWh);
  });

  describe('without trading and batteries: straight from the CSV', () => {
    it('without both', () => {
      const { both } = result.without;
      const expected = supplierOnly(nets);
      assert.deepEqual(pick(both, expected), expected);
      assert.deepEqual([both.chargeWh, both.dischargeWh, both.socStartWh, both.socEndWh], [0, 0, 0, 0]);
      assert.equal(both.selfSufficiencyPerMille, perMille(both.boundaryImportWh, result.loadWh));
      assert.equal(both.selfConsumptionPerMille, perMille(both.boundaryExportWh, result.pvWh));
    });

    it('without batteries: the same electrons as without both, other money', () => {
      const { battery, both } = result.without;
      const { costNano, supplierWh, feedInWh, tradedWh, ...rest } = battery;
      assert.deepEqual(pick(both, rest), rest);
      assert.ok(tradedWh > 0 && costNano < both.costNano);
      assert.equal(supplierWh - feedInWh, both.supplierWh - both.feedInWh);
    });

    it('without trading: every home for itself', () => {
      const { trading } = result.without;
      const homes = nets.map((own, index) => (members[index]!.battery ? withOwnBattery(own) : null));
      const expected = supplierOnly(homes.map((home, index) => home?.nets ?? nets[index]!));
      assert.deepEqual(pick(trading, expected), expected);
      assert.equal(trading.chargeWh, sum(homes.map((home) => home?.chargeWh ?? 0)));
      assert.equal(trading.dischargeWh, sum(homes.map((home) => home?.dischargeWh ?? 0)));
      assert.equal(trading.socEndWh, Math.floor(sum(homes.map((home) => home?.stored ?? 0)) / 1000));
    });
  });

  it('gives shares in per mille, rounded half up', () => {
    assert.equal(result.selfSufficiencyPerMille, perMille(result.boundaryImportWh, result.loadWh));
    assert.equal(result.selfConsumptionPerMille, perMille(result.boundaryExportWh, result.pvWh));
  });

  it('is a lively market: trade at every noon, prices that follow scarcity', () => {
    const byHour = (hour: string) => seen.filter(({ street }) => street.interval.slice(11, 13) === hour);
    const prices = (hour: string) => byHour(hour).flatMap(({ street }) => street.clearing.price ?? []);
    const mean = (values: number[]) => sum(values) / values.length;
    for (const { street } of [...byHour('11'), ...byHour('12')].slice(8)) assert.ok(street.clearing.volumeWh > 0);
    const noon = prices('12');
    assert.ok(Math.min(...noon) < 200_000, 'plenty of sun makes it cheap');
    assert.ok(mean(prices('07')) > mean(noon) + 20_000, 'a morning with empty batteries is dearer than noon');
    assert.ok(mean(prices('17')) > mean(noon) + 20_000, 'and so is the evening');
    assert.ok(byHour('12').some(({ street }) => buysOf(street, 'bakery') > 0));
    assert.ok(byHour('12').some(({ street }) => buysOf(street, 'office') > 0));
  });

  it('lets stored energy beyond the own need be offered when the sun is down', () => {
    const dark = seen.filter(({ street }) => sum(street.members.map(({ pvWh }) => pvWh)) === 0);
    const offers = dark.flatMap(({ street }) =>
      street.bids.filter(({ reason }) => reason.code === 'stored-beyond-need'),
    );
    assert.ok(offers.length > 100, `${offers.length} offers`);
    const sold = sum(dark.map(({ street }) => street.clearing.volumeWh));
    assert.ok(sold > 10_000, `${sold} Wh`);
  });

  it('leaves nobody worse off than with the supplier alone and the same battery', () => {
    for (const { member, costNano, withoutTradingNano } of result.bills) {
      assert.ok(costNano < withoutTradingNano, `${member}: ${costNano} against ${withoutTradingNano}`);
    }
    assert.ok(
      result.boundaryImportWh <= result.without.trading.boundaryImportWh,
      'batteries lose less by direct trade',
    );
  });

  it('gives every order a limit between the tariffs, and a reason', () => {
    for (const { street } of seen) {
      assert.equal(street.bids.length, street.orders.length);
      for (const { limit, reason } of street.bids) {
        assert.ok(limit > tariffs.feedIn && limit < tariffs.import);
        assert.ok(reason.code && reason.text.endsWith('.') && reason.numbers);
      }
    }
  });
});

function buysOf(street: StreetInterval, id: string): Wh {
  return street.members[members.findIndex((member) => member.id === id)]!.boughtWh;
}

/** Shares as an outsider would compute them. */
function perMille(part: number, whole: number): number {
  return Math.round(1000 * (1 - part / whole));
}

function pick<Value extends object>(from: object, like: Value): Partial<Value> {
  return Object.fromEntries(Object.keys(like).map((key) => [key, Reflect.get(from, key)])) as Partial<Value>;
}

describe('a step of a street', () => {
  const config: CommunityConfig = {
    ...streetConfig,
    members: [
      { id: 'a', kind: 'home', battery: { ...homeBattery, minSocPerMille: 100 } },
      { id: 'b', kind: 'business' },
    ],
  };
  const start = Date.parse('2026-11-22T12:00Z');
  const expects = (meanWh: number) => ({
    forecast: { meanWh, daysWh: [meanWh], basis: 'days' as const },
    needUntilSunWh: 0,
  });

  it('changes no state it is given', () => {
    const state = initialStreet(config, allVariants);
    const before = structuredClone(state);
    const seen = { start, loadWh: [100, 300], pvWh: [900, 0], expectations: [expects(-800), expects(300)] };
    const [first] = stepStreet(config, allVariants, state, seen);
    assert.deepEqual(state, before);
    assert.deepEqual(stepStreet(config, allVariants, state, seen)[0], first, 'and does the same again');
  });

  it('lets the battery follow the market position, so that a wrong forecast costs the neighbour nothing', () => {
    // Full battery, so a sells at a low limit; the sun then gives less than expected.
    const full = { ...initialStreet(config, allVariants).batteries[0]!, stored: 6_400_000 };
    const state = { batteries: [full, null], last: null };
    const seen = { start, loadWh: [100, 300], pvWh: [200, 0], expectations: [expects(-300), expects(300)] };
    const [, street] = stepStreet(config, allVariants, state, seen);
    assert.equal(street.clearing.volumeWh, 300);
    assert.deepEqual(
      street.members.map(({ importWh, exportWh }) => importWh - exportWh),
      [-300, 300],
    );
    assert.equal(street.members[0]?.battery?.dischargeWh, 200);
    assert.equal(street.members[0]?.battery?.setpoints[0]?.reason.code, 'position');
  });

  it('starts batteries at their minimum and stops them there, with the reason', () => {
    const state = initialStreet(config, allVariants);
    assert.equal(state.batteries[0]?.stored, 640_000);
    const little = { batteries: [{ ...state.batteries[0]!, stored: 700_000 }, null], last: null };
    const [, street] = stepStreet(config, allVariants, little, {
      start,
      loadWh: [120, 0],
      pvWh: [0, 0],
      expectations: [null, null],
    });
    assert.equal(street.members[0]?.battery?.dischargeWh, 60);
    assert.deepEqual(
      street.members[0]?.battery?.setpoints.map(({ at, setpointW, reason }) => [at - start, setpointW, reason.code]),
      [
        [0, 480, 'self-consumption'],
        [450_000, 0, 'soc-minimum'],
      ],
    );
  });

  it('places no order for a member that has no reading yet', () => {
    const seen = { start, loadWh: [0, 300], pvWh: [500, 0], expectations: [null, expects(300)] };
    const [, street] = stepStreet(config, allVariants, initialStreet(config, allVariants), seen);
    assert.deepEqual(
      street.orders.map(({ member }) => member),
      ['b'],
    );
  });
});
