// The overview's fold and view: exact sums of small cases, and a whole day of the demo's street against its CSV.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import {
  changedSections,
  emptyOverview,
  foldOverview,
  type OverviewState,
  type View,
  viewOf,
} from '../../src/overview/index.ts';
import { intervalAfter, intervalStart } from '../../src/time/interval.ts';
import { needSharedData } from '../support/shared-data.ts';
import { type Message, type StreetRow, SyntheticStreet, streetRows } from '../support/synthetic-street.ts';

const T = '2017-07-10T12:00Z';
const NOW = intervalStart(T);
const TARIFFS = { import: 300_000, feedIn: 80_000 };

const fold = (messages: readonly object[], from: OverviewState = emptyOverview()) =>
  messages.reduce<OverviewState>((state, message) => foldOverview(state, message, NOW), from);
const view = (messages: readonly object[]) => viewOf(fold(messages), NOW);

const meter = (member: string, importWh: number | null, exportWh: number | null, interval = T) => {
  return { type: 'meter', member, interval, importWh, exportWh, quality: importWh === null ? 'missing' : 'measured' };
};
const pv = (member: string, generationWh: number | null, interval = T) => {
  return { type: 'energy', role: 'pv', member, interval, generationWh };
};
const battery = (member: string, chargeWh: number, dischargeWh: number, interval = T) => {
  return { type: 'battery', member, interval, chargeWh, dischargeWh, socPerMille: 500, reasons: [] };
};

describe('overview: the honest question', () => {
  // home-01: load 400, sun 1000, charges 200, exports 400. home-02: load 500, no roof, imports 500.
  const interval = [
    meter('home-01', 0, 400),
    pv('home-01', 1000),
    battery('home-01', 200, 0),
    meter('home-02', 500, 0),
  ];

  it('nets members and boundary per interval, with and without batteries', () => {
    const { today } = view(interval).question;
    assert.deepEqual(
      [today.loadWh, today.pvWh, today.ownImportWh, today.ownExportWh, today.boundaryImportWh, today.boundaryExportWh],
      [900, 1000, 500, 400, 100, 0],
    );
    assert.deepEqual([today.boundaryImportWithoutBatteryWh, today.boundaryExportWithoutBatteryWh], [0, 100]);
    assert.deepEqual([today.ownImportWithoutBatteryWh, today.ownExportWithoutBatteryWh], [500, 600]);
  });

  it('waits for what a member owes, and leaves it out two intervals later', () => {
    const waiting = interval.filter((message) => message.type !== 'battery');
    const before = fold([battery('home-01', 0, 0, intervalAfter(T, -1)), ...waiting]);
    assert.equal(viewOf(before, NOW).question.today.intervals, 0);
    const later = fold([meter('home-02', 1, 0, intervalAfter(T, 2))], before);
    const { today } = viewOf(later, NOW).question;
    assert.deepEqual([today.intervals, today.leftOut, today.loadWh], [1, 1, 500]);
  });

  it('invents nothing for a missing meter', () => {
    const messages = [
      meter('home-01', null, null),
      meter('home-02', 500, 0),
      meter('home-02', 1, 0, intervalAfter(T, 2)),
    ];
    const { members } = view(messages).members;
    assert.deepEqual([members[0]?.today?.loadWh, members[0]?.today?.leftOut], [0, 1]);
  });

  it('keeps the sums of days that are over', () => {
    const days = [0, 96, 192, 288].map((steps) => intervalAfter(T, steps));
    let state = emptyOverview();
    for (const day of days) state = foldOverview(state, meter('home-01', 100, 0, day), intervalStart(day));
    const { today, total } = viewOf(state, intervalStart(days.at(-1) ?? T)).question;
    assert.deepEqual([today.loadWh, total.loadWh, Object.keys(state.days).length], [100, 400, 2]);
    const late = foldOverview(state, meter('home-01', 900, 0, days[0]), intervalStart(days.at(-1) ?? T));
    assert.equal(late, state);
  });
});

describe('overview: money', () => {
  const statement = { quality: 'measured', boughtWh: 0, soldWh: 0, supplierWh: 0, feedInWh: 0 };
  const settlement = {
    type: 'settlement',
    interval: T,
    tariffs: TARIFFS,
    lines: [
      {
        account: 'member/home-02',
        counterAccount: 'member/home-01',
        wh: 300,
        price: 200_000,
        amount: 60_000_000,
        code: 'trade',
      },
      {
        account: 'member/home-02',
        counterAccount: 'supplier',
        wh: 200,
        price: 300_000,
        amount: 60_000_000,
        code: 'supplier',
      },
      {
        account: 'supplier',
        counterAccount: 'member/home-01',
        wh: 100,
        price: 80_000,
        amount: 8_000_000,
        code: 'feed-in',
      },
    ],
    statements: [
      { ...statement, member: 'home-01', importWh: 0, exportWh: 400, soldWh: 300, feedInWh: 100, amount: -68_000_000 },
      {
        ...statement,
        member: 'home-02',
        importWh: 500,
        exportWh: 0,
        boughtWh: 300,
        supplierWh: 200,
        amount: 120_000_000,
      },
    ],
  };
  const messages = [meter('home-01', 0, 400), meter('home-02', 500, 0), settlement];

  it('gives statement lines that add up, and what trading saved', () => {
    const [one, two] = view(messages).members.members.map((member) => member.today?.money);
    assert.deepEqual(one?.sold, { wh: 300, amount: -60_000_000 });
    assert.deepEqual(one?.feedIn, { wh: 100, amount: -8_000_000 });
    assert.deepEqual([two?.amount, two?.supplierOnly], [120_000_000, 150_000_000]);
    for (const money of [one, two]) {
      assert.ok(money);
      const sum = [money.bought, money.sold, money.supplier, money.feedIn, money.fees].reduce(
        (all, line) => all + line.amount,
        0,
      );
      assert.equal(sum, money.amount);
    }
  });

  it('counts a purchase from oneself as nothing', () => {
    const own = { account: 'member/home-02', counterAccount: 'member/home-02', wh: 50, price: 1000, amount: 50_000 };
    const money = view([...messages, { ...settlement, lines: [...settlement.lines, own] }]).members.members[1]?.today
      ?.money;
    assert.deepEqual([money?.bought.wh, money?.amount], [300, 120_000_000]);
  });

  it('sums the street: paid, supplier only, traded; the same settlement twice counts once', () => {
    const { today } = view([...messages, settlement]).question;
    assert.deepEqual([today.paid, today.paidSupplierOnly, today.tradedWh], [52_000_000, 118_000_000, 300]);
    // Without batteries and trading: home-01 exports 400 at the feed-in tariff, as there is no battery here.
    assert.equal(today.paidWithNeither, today.paidSupplierOnly);
  });
});

describe('overview: readings, clock, bad input', () => {
  const reading = (role: string, powerW: number, at = NOW) => {
    return {
      type: 'reading',
      member: 'home-01',
      role,
      powerW,
      quality: 'measured',
      at,
      socPerMille: role === 'battery' ? 640 : undefined,
    };
  };

  it('adds grid, roof and battery to the load', () => {
    const { now } = view([reading('grid', -500), reading('pv', 3000), reading('battery', -1800)]);
    assert.deepEqual(
      [now.homesW, now.roofsW, now.batteriesW, now.gridW, now.socPerMille],
      [700, 3000, -1800, -500, 640],
    );
  });

  it('forgets a reading that is too old for the speed of the clock', () => {
    const clock = { type: 'clock', now: NOW, speed: 1, paused: false, epoch: 1, simulated: false };
    assert.equal(view([clock, reading('grid', 500, NOW - 16_000)]).now.answering, 0);
    assert.equal(view([{ ...clock, speed: 60 }, reading('grid', 500, NOW - 16_000)]).now.answering, 1);
    assert.equal(view([{ ...clock, speed: 0, paused: true }, reading('grid', 500, NOW - 900_000)]).now.answering, 1);
  });

  it('starts anew with a new epoch, and keeps the people', () => {
    const clock = { type: 'clock', now: NOW, speed: 180, paused: false, epoch: 1, simulated: true };
    const state = fold([
      { type: 'community', members: [{ id: 'bakery', kind: 'business' }] },
      clock,
      meter('bakery', 5, 0),
    ]);
    const after = fold([{ ...clock, epoch: 2 }], state);
    assert.deepEqual([after.since, Object.keys(after.days), after.members['bakery']?.kind], [null, [], 'business']);
    const stray = foldOverview(after, meter('bakery', 5, 0, intervalAfter(T, 96)), NOW);
    assert.equal(stray.since, null, 'an interval far ahead is of the old epoch');
  });

  it('keeps what it saw of a member when the community is told again, and leaves a load reading to its own sum', () => {
    const community = { type: 'community', members: [{ id: 'home-01', kind: 'home' }] };
    const state = fold([community, pv('home-01', 5), reading('battery', 10), community, reading('load', 99_999)]);
    assert.deepEqual(state.members, { 'home-01': { kind: 'home', pv: true, battery: true } });
    assert.equal(viewOf(state, NOW).now.homesW, 0);
  });

  it('ignores other types and names the field of a bad message', () => {
    const state = emptyOverview();
    for (const payload of [null, 5, 'text', {}, { type: 'history' }, { type: 'toString' }]) {
      assert.equal(foldOverview(state, payload, NOW), state);
    }
    for (const [payload, words] of [
      [meter('home-01', 1.5, 0), /meter message: importWh/],
      [meter('__proto__', 1, 0), /member: must be a member id/],
      [meter('home-01', 1, 0, '2017-07-10T12:01Z'), /interval: must be a UTC quarter hour/],
      [{ type: 'clock', now: Number.NaN, speed: 1 }, /clock message: now/],
    ] as const) {
      assert.throws(() => foldOverview(state, payload, NOW), words);
    }
  });
});

describe('overview: a day of the demo street', () => {
  let rows: StreetRow[];
  let street: SyntheticStreet;
  let messages: Message[];
  let state: OverviewState;
  let result: View;

  before(function () {
    rows = streetRows(readFileSync(needSharedData(this, 'demo/street.csv'), 'utf8'), '2017-07-10T00:00Z', 96);
    street = new SyntheticStreet(rows[0]!);
    messages = [
      street.community(),
      ...rows.flatMap((row) => [street.clock(intervalStart(row.interval)), ...street.interval(row)]),
    ];
    state = messages.reduce<OverviewState>((all, message) => foldOverview(all, message, 0), emptyOverview());
    result = viewOf(state, 0);
  });

  it('gives the figures without batteries straight from the CSV', () => {
    let own = 0;
    let boundary = 0;
    let load = 0;
    for (const { loadWh, pvWh } of rows) {
      const nets = Object.entries(loadWh).map(([member, wh]) => wh - (pvWh[member] ?? 0));
      own += nets.reduce((all, net) => all + Math.max(0, net), 0);
      boundary += Math.max(
        0,
        nets.reduce((all, net) => all + net, 0),
      );
      load += Object.values(loadWh).reduce((all, wh) => all + wh, 0);
    }
    const { today } = result.question;
    assert.deepEqual(
      [today.ownImportWithoutBatteryWh, today.boundaryImportWithoutBatteryWh, today.loadWh],
      [own, boundary, load],
    );
    assert.equal(today.intervals, 96);
    assert.ok(today.boundaryImportWh < boundary);
    assert.ok(today.paid < today.paidSupplierOnly && today.paidSupplierOnly < today.paidWithNeither);
  });

  it('fills the series of the day and balances every quarter hour', () => {
    const { sunWh, useWh, chargeWh, dischargeWh, importWh, exportWh } = result.today;
    for (let i = 0; i < 96; i++) {
      const sources = (sunWh[i] ?? Number.NaN) + (dischargeWh[i] ?? 0) + (importWh[i] ?? 0);
      assert.equal(sources, (useWh[i] ?? 0) + (chargeWh[i] ?? 0) + (exportWh[i] ?? 0));
    }
  });

  it('does not depend on the order of messages within the street', () => {
    const some = [street.community(), ...messages.filter((message) => 'interval' in message).slice(40 * 32, 44 * 32)];
    const expected = JSON.stringify(view(some).question);
    fc.assert(
      fc.property(fc.shuffledSubarray(some.slice(1), { minLength: some.length - 1 }), (shuffled) => {
        assert.equal(JSON.stringify(view([some[0]!, ...shuffled]).question), expected);
      }),
      { numRuns: 20 },
    );
  });

  it('shows newest blocks, a proof that reaches the root, and says when one does not', () => {
    const proof = street.proof(rows.length * 7);
    const { ledger } = viewOf(foldOverview(foldOverview(state, proof, 0), street.verification(), 0), 0);
    assert.equal(ledger.blocks.length, 12);
    assert.deepEqual(
      ledger.blocks.map(({ height }) => height),
      Array.from({ length: 12 }, (_, i) => rows.length - 1 - i),
    );
    assert.deepEqual([ledger.proof?.ok, ledger.verification?.ok], [true, true]);
    const forged = { ...proof, record: { note: 'something else\n' } };
    assert.equal(viewOf(foldOverview(state, forged, 0), 0).ledger.proof?.ok, false);
  });

  it('stays small: sections change alone, everything under 60 kB', () => {
    assert.ok(JSON.stringify(result).length < 60_000, `${JSON.stringify(result).length} B`);
    assert.equal(changedSections(result, null).length, 6);
    const later = viewOf(
      foldOverview(state, { ...street.clock(intervalStart(T)), now: state.clock!.now + 1000 }, 0),
      0,
    );
    assert.deepEqual(
      changedSections(later, result).map(({ topic }) => topic),
      ['now'],
    );
  });
});
