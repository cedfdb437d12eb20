// Statements in a real runtime: when a month closes and on request, from messages and from a ledger, after restarts; as objects,
// files and answers to a browser; and what is refused.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { settle } from '../../../src/settlement/settle.ts';
import { monthAfter, monthAt, periodOf } from '../../../src/settlement/statement/period.ts';
import { removeUserDirs, soon, tariffNode, type Version } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import {
  appendNode,
  FIRST,
  garbage,
  HOMES,
  marketNode,
  meterOf,
  SECOND,
  settleNode,
  statementNode,
  verifyNode,
} from '../../support/market-nodes.ts';

interface Doc {
  readonly type: string;
  readonly account: string;
  readonly month: string;
  readonly state: string;
  readonly timeZone: string;
  readonly payments: readonly { readonly id: string; readonly counterAccount: string; readonly amount: number }[];
  readonly community: string;
  readonly ledger: string | null;
  readonly balance: { readonly opening: string; readonly total: string; readonly closing: string };
  readonly positions: readonly { readonly section: string; readonly wh: number; readonly amount: string }[];
  readonly lines: readonly { readonly proof: Readonly<Record<string, unknown>> }[];
  readonly energy: { readonly loadWh: number | null; readonly pvWh: number | null } | null;
  readonly quality: { readonly exceptions: readonly { readonly reason: string }[] } | null;
  readonly proof: { readonly size: number } | null;
  readonly accounts: readonly { readonly account: string }[];
  readonly sum: string;
  readonly intervals: { readonly settled: number };
}
type Sent = Readonly<Record<string, unknown>> & { readonly payload?: unknown };

/** home-1 sells 700 of 1000 Wh to home-2, which uses 650; home-3 buys 40 from the supplier. */
function settlementOf(interval: string, more: object = {}) {
  const meters = [
    { member: 'home-1', importWh: 0, exportWh: 1000, quality: 'measured' as const },
    { member: 'home-2', importWh: 650, exportWh: 0, quality: 'measured' as const },
    { member: 'home-3', importWh: 40, exportWh: 0, quality: 'measured' as const },
  ];
  const tariffs = { import: 300_000, feedIn: 80_000 };
  const clearing = { price: 200_000, pairs: [{ buyer: 'home-2', seller: 'home-1', wh: 700 }] };
  const { lines, rows } = settle({ tariffs, intervals: [{ interval, clearing, meters }] });
  return { type: 'settlement', interval, tariffs, lines, statements: rows, ...more };
}

const JULY_TOTALS = { 'home-1': '-164000000', 'home-2': '136000000', 'home-3': '12000000', supplier: '16000000' };

describe('microgrid-statement', () => {
  let street: StreetFlow;

  afterEach(() => street?.stop());
  after(removeUserDirs);

  const docs = (output = 0) => street.flow.payloads('statement', output) as unknown as Doc[];
  const messages = (output = 0) => street.flow.messages('statement', output) as readonly Sent[];
  const ask = async (payload: unknown, more: object = {}): Promise<Doc[]> => {
    const [statements] = await street.ok('statement', payload, more);
    return statements as unknown as Doc[];
  };
  /** All statements: what is sent first ends the wait of `ok`, all accounts come last. */
  const askAll = async (payload: unknown, last = 1): Promise<Doc[]> => {
    const [from, accounts] = [docs().length, docs(1).length];
    await street.ok('statement', payload);
    await soon(
      () => docs(1).length === accounts + last,
      () => `all accounts did not come: ${docs(1).length}`,
    );
    return docs().slice(from);
  };
  const totals = (found: readonly Doc[]) =>
    Object.fromEntries(found.map(({ account, balance }) => [account.replace('member/', ''), balance.total]));

  describe('without a ledger', () => {
    const start = async (options: StreetOptions & { node?: object } = {}) => {
      const { node, ...rest } = options;
      street = await startStreet([statementNode({ ledger: '', ...node })], { ledger: false, ...rest });
    };

    for (const version of ['5', '4.1'] as Version[]) {
      it(`sends all statements and all accounts when a month closes, on Node-RED ${version}`, async () => {
        await start({ version });
        await street.ok('statement', settlementOf(FIRST));
        street.at('2017-08-03T21:59:00Z');
        assert.deepEqual(docs(), []);
        street.at('2017-08-03T22:00:00Z');
        await street.flow.next('statement', 1);
        assert.deepEqual(totals(docs()), JULY_TOTALS);
        assert.deepEqual([...new Set(docs().map(({ month, state }) => `${month} ${state}`))], ['2017-07 final']);
        const [accounts] = docs(1);
        assert.deepEqual([accounts?.type, accounts?.sum, accounts?.accounts.length], ['accounts', '0', 4]);
        assert.deepEqual(
          messages().map(({ topic }) => topic),
          ['home-1', 'home-2', 'home-3', 'supplier'],
        );
        await street.flow.nextStatus('statement', ({ text }) => text === '4 statements, 2017-07');
      });
    }

    it('answers with what is there so far, of one, of another account, of all', async () => {
      await start();
      await street.ok('statement', settlementOf(FIRST));
      street.at('2017-07-10T07:00Z');
      const [one, ...none] = await ask({ type: 'statement-request', month: '2017-07', member: 'home-2' });
      assert.deepEqual(none, []);
      assert.deepEqual(
        [one?.type, one?.account, one?.state, one?.community, one?.ledger, one?.balance.total],
        ['monthly-statement', 'member/home-2', 'preliminary', 'sunny-street.example', null, '136000000'],
      );
      assert.deepEqual(
        one?.positions.map(({ section, wh }) => [section, wh]),
        [
          ['bought', 700],
          ['feed-in', 50],
        ],
      );
      assert.deepEqual(totals(await ask({ account: 'supplier' })), { supplier: '16000000' });
      assert.deepEqual(totals(await askAll(1_499_674_500_000)), JULY_TOTALS);
      assert.equal(docs(1).length, 1);
      const [empty] = await ask({ month: '2017-06', member: 'home-2' });
      assert.deepEqual([empty?.balance.total, empty?.lines, empty?.state], ['0', [], 'final']);
    });

    it('takes roofs, batteries, reasons of meters, leaves and payments', async () => {
      await start();
      const receipt = (index: number) => ({ receipt: { id: 'x', index, duplicate: false } });
      await street.ok('statement', {
        ...meterOf('home-1', 0, 1000),
        reason: { code: 'interpolated', text: 'x' },
        ...receipt(4),
      });
      await street.ok('statement', {
        type: 'order',
        member: 'home-1',
        interval: FIRST,
        side: 'sell',
        wh: 1,
        limit: 1,
        ...receipt(2),
      });
      await street.ok('statement', {
        type: 'energy',
        member: 'home-1',
        interval: FIRST,
        role: 'pv',
        generationWh: 1500,
        quality: 'measured',
      });
      await street.ok('statement', {
        type: 'battery',
        member: 'home-1',
        interval: FIRST,
        chargeWh: 200,
        dischargeWh: 0,
        socPerMille: null,
        setpoints: [],
        reasons: [],
      });
      const settlement = settlementOf(FIRST, receipt(7));
      const statements = settlement.statements.map((row) =>
        row.member === 'home-1' ? { ...row, quality: 'estimated' } : row,
      );
      await street.ok('statement', { ...settlement, statements });
      const text = 'Payment p-1 of 0.10 EUR from home-2 to the community was made on 2017-07-10.';
      await street.ok('statement', { type: 'note', text });
      await street.ok('statement', { type: 'note', text: text.replace('p-1', 'p-2'), member: 'home-2' });
      street.at('2017-07-10T07:00Z');
      const [home] = await ask({ member: 'home-1' });
      assert.deepEqual(home?.lines[0]?.proof, { settlement: 7, clearing: null, meter: 4, orders: [2] });
      assert.deepEqual([home?.energy?.loadWh, home?.energy?.pvWh], [300, 1500]);
      assert.equal(home?.quality?.exceptions[0]?.reason, 'interpolated');
      const [before] = await ask({ month: '2017-07', account: 'community' });
      assert.equal(before?.balance.total, '100000000');
    });

    it('books what the balance node says was paid', async () => {
      const balance = {
        id: 'balance',
        type: 'microgrid-balance',
        community: 'community',
        externals: 'community',
        executionDays: '7',
        outputs: 4,
      };
      street = await startStreet([statementNode({ ledger: '' }), balance], { ledger: false });
      for (const id of ['statement', 'balance']) await street.ok(id, settlementOf(FIRST));
      const [closing] = (await street.ok('balance', { type: 'settle-up' }))[0] as readonly {
        payments: { id: string; from: string; to: string }[];
      }[];
      const payment = closing!.payments.find(({ from }) => from === 'member/home-2');
      const [, , , notes] = await street.ok('balance', {
        type: 'payment-confirmed',
        id: payment!.id,
        on: '2017-07-10',
      });
      await street.ok('statement', notes![0]);
      await street.ok('statement', notes![0]);
      const [home] = await ask({ member: 'home-2', month: '2017-07' });
      // 136 000 000 are 14 cents, of which less than a cent stays.
      assert.deepEqual(
        home?.payments.map(({ id, counterAccount, amount }) => [id, counterAccount, amount]),
        [[payment!.id, payment!.to, -140_000_000]],
      );
      assert.equal(home?.balance.closing, '-4000000');
    });

    it('counts months at the place of the tariff where the dialog names none', async () => {
      const tariff = tariffNode({ timeZone: 'Europe/Lisbon', bills: 'yes' });
      street = await startStreet([statementNode({ ledger: '', timeZone: '' }), tariff], { ledger: false });
      const [home] = await ask({ member: 'home-1' });
      assert.equal(home?.timeZone, 'Europe/Lisbon');
    });

    it('takes a correction as it comes, and shows it apart', async () => {
      await start();
      await street.ok('statement', settlementOf(FIRST));
      const line = { account: 'member/home-3', counterAccount: 'supplier', price: 300_000, code: 'import' };
      const lines = [
        { ...line, wh: -40, amount: -12_000_000, reverses: true },
        { ...line, wh: 30, amount: 9_000_000 },
      ];
      await street.ok('statement', { ...settlementOf(FIRST), lines, statements: [], number: 1 });
      const [home] = await ask({ member: 'home-3' });
      assert.deepEqual(
        home?.positions.map(({ section, wh, amount }) => [section, wh, amount]),
        [
          ['supplier', 40, '12000000'],
          ['correction', -10, '-3000000'],
        ],
      );
    });

    it('counts a settlement once, however often it comes', async () => {
      await start();
      for (let i = 0; i < 3; i++) await street.ok('statement', settlementOf(FIRST));
      assert.equal((await ask({ member: 'home-3' }))[0]?.balance.total, '12000000');
    });

    it('gives files with their names, for a file node and for a browser', async () => {
      await start({ node: { format: 'files' } });
      await street.ok('statement', settlementOf(FIRST));
      await ask({ month: '2017-07', member: 'home-1' });
      await soon(
        () => messages().length === 4,
        () => `${messages().length} files came`,
      );
      const name = '2017-07 sunny-street.example home-1';
      assert.deepEqual(
        messages().map(({ filename }) => filename),
        [`${name}.html`, `${name} lines.csv`, `${name} totals.csv`, `${name}.json`],
      );
      for (const { payload } of messages()) assert.equal(typeof payload, 'string');
      const [page] = messages();
      assert.match(String(page?.payload), /^<!DOCTYPE html>[\s\S]*home-1, July 2017/);
      const headers = {
        'content-type': 'text/html; charset=utf-8',
        'content-disposition': `inline; filename="${name}.html"`,
      };
      assert.deepEqual(page?.['headers'], headers);
      const count = messages().length;
      await askAll({ month: '2017-07' }, 3);
      assert.equal(messages().length, count + 16);
      assert.deepEqual(
        messages(1).map(({ filename }) => filename),
        ['html', 'csv', 'json'].map((ending) => `2017-07 sunny-street.example all-accounts.${ending}`),
      );
    });

    it('answers a browser with one statement, on its own message, and else with a sentence', async () => {
      await start();
      await street.ok('statement', settlementOf(FIRST));
      const res = { marked: true };
      await ask({ month: '2017-07', member: 'home-1', format: 'html' }, { res });
      const [answer] = messages() as readonly (Sent & { res: unknown })[];
      assert.deepEqual(answer?.res, res);
      for (const query of [{ month: '2017-07' }, { member: 'home-1', format: 'files' }]) {
        const { error } = await street.give('statement', query, { res });
        assert.match(String(error), /a web page shows one statement/);
      }
      assert.equal(messages().length, 1);
    });

    it('is for one member alone where one is chosen', async () => {
      await start({ node: { member: 'home-2' } });
      await street.ok('statement', settlementOf(FIRST));
      assert.deepEqual(totals(await ask({})), { 'home-2': '136000000' });
      assert.match(await street.fails('statement', { member: 'home-1' }), /home-2 alone/);
      street.at('2017-08-03T22:00:00Z');
      await street.flow.next('statement', 1);
      assert.deepEqual(
        docs().map(({ account, state }) => [account, state]),
        [
          ['member/home-2', 'preliminary'],
          ['member/home-2', 'final'],
        ],
      );
    });

    it('carries balances into the next month, and forgets what closed two months ago', async () => {
      await start();
      await street.ok('statement', settlementOf(FIRST));
      for (const [time, interval] of [
        ['2017-08-10T06:00Z', '2017-08-10T05:00Z'],
        ['2017-09-10T06:00Z', '2017-09-10T05:00Z'],
      ] as const) {
        const closings = docs(1).length;
        street.at(time);
        await street.flow.next('statement', 1, () => true, { from: closings });
        await street.ok('statement', settlementOf(interval));
      }
      const [september] = await ask({ member: 'home-1' });
      assert.deepEqual(
        [september?.month, september?.balance],
        ['2017-09', { opening: '-328000000', total: '-164000000', closing: '-492000000' }],
      );
      const [august] = await ask({ member: 'home-1', month: '2017-08' });
      assert.deepEqual([august?.balance.opening, august?.balance.total], ['-164000000', '-164000000']);
      const folder = join(street.userDir, 'microgrid/statements', 'sunny-street.example_statement', '1');
      const kept = readdirSync(folder).filter((file) => file.startsWith('day-'));
      assert.deepEqual(kept, ['day-2017-08-10.jsonl', 'day-2017-09-10.jsonl']);
    });

    it('remembers across a restart, and what it was told stays told', async () => {
      // On the machine's own clock, so what was delivered in 2017 is settled late, in the month that is open today.
      const community = { clock: 'real' };
      await start({ community });
      await street.ok('statement', settlementOf(FIRST));
      await street.ok('statement', settlementOf(SECOND));
      const running = monthAt(Date.now(), 'Europe/Berlin');
      const last = periodOf(monthAfter(running, -1), 'Europe/Berlin');
      const month = Date.now() < last.closes ? last.month : running;
      const [before] = await ask({ month, member: 'home-1' });
      const { userDir } = street;
      await street.stop();
      await start({ community, userDir });
      const [after] = await ask({ month, member: 'home-1' });
      const stable = (doc: Doc | undefined) => ({ ...doc, intervals: null });
      assert.deepEqual(stable(after), stable(before));
      assert.equal(after?.balance.total, '-328000000');
      assert.deepEqual(
        after?.positions.map(({ section }) => section),
        ['late', 'late'],
      );
    });

    it('begins anew with a simulation that starts over, and with a new epoch', async () => {
      await start();
      await street.ok('statement', settlementOf(FIRST));
      await street.reset();
      assert.equal((await ask({ member: 'home-1' }))[0]?.balance.total, '0');
      await street.ok('statement', settlementOf(FIRST));
      const { userDir } = street;
      await street.stop();
      await start({ userDir });
      assert.equal((await ask({ member: 'home-1' }))[0]?.balance.total, '0');
      const epochs = readdirSync(join(userDir, 'microgrid/statements', 'sunny-street.example_statement'));
      assert.deepEqual(epochs, []);
    });

    it('says what is wrong in a sentence, and goes on', async () => {
      await start();
      const wrong: readonly (readonly [unknown, RegExp])[] = [
        [{ month: '2017-7' }, /month must be written as 2026-05/],
        [{ month: '2017-13' }, /no month 2017-13/],
        [{ month: 201_707 }, /month must be text/],
        [{ member: '<script>' }, /member id/],
        [{ member: 'home-9' }, /home-9 has nothing in 2017-07; there are statements of nobody/],
        [{ account: 'bank' }, /account must be/],
        [{ member: 'home-1', account: 'tax' }, /not for both/],
        [{ format: 'pdf' }, /format must be one of/],
        [{ type: 'block' }, /expects msg.payload.type/],
        [settlementOf(FIRST, { interval: '2017-07-10T06:10Z' }), /quarter hour/],
        [settlementOf('2017-07-12T06:15Z'), /is of 2017-07-12T06:15Z, but it is only/],
        [settlementOf(FIRST, { lines: [{}] }), /lines\[0\]\.account/],
        [settlementOf(FIRST, { tariffs: { import: '5' } }), /tariffs\.import/],
      ];
      for (const [payload, says] of wrong) assert.match(await street.fails('statement', payload), says);
      for (const payload of garbage) await street.give('statement', payload);
      await street.ok('statement', settlementOf(FIRST));
      assert.equal((await ask({ member: 'home-3' }))[0]?.balance.total, '12000000');
    });

    it('does not start with a time zone or a member that cannot be', async () => {
      for (const [node, says] of [
        [{ timeZone: 'Mars/Olympus' }, /time zone must be that of a place/],
        [{ member: 'Home 1' }, /member must be/],
        [{ closingDays: '28' }, /between 1 and 27/],
        [{ format: 'pdf' }, /form must be one of/],
      ] as const) {
        await start({ node });
        assert.match(await street.flow.nextError('statement'), says);
        await street.stop();
      }
    });
  });

  describe('with a ledger', () => {
    const nodes = [
      marketNode(),
      settleNode(),
      statementNode(),
      verifyNode(),
      ...[...HOMES, 'operator'].map((member) => appendNode(member)),
    ];
    const deliver = async (interval: string) => {
      await street.recordOrder('home-1', 'sell', 700, 100_000, interval);
      await street.recordOrder('home-2', 'buy', 700, 300_000, interval);
      const clearing = await street.gate(interval);
      street.at(Date.parse(interval) + 900_000);
      const meters = [
        meterOf('home-1', 0, 1000, interval),
        meterOf('home-2', 650, 0, interval),
        meterOf('home-3', 40, 0, interval),
      ];
      const recorded = await Promise.all(meters.map((meter) => street.first(`append ${meter['member']}`, meter)));
      await street.ok('settle', clearing);
      for (const meter of recorded) await street.ok('settle', meter);
      const settlement = street.flow.payloads('settle').at(-1);
      return street.first('append operator', settlement);
    };

    it('makes statements from its records, with the leaves and the checkpoint', async () => {
      street = await startStreet(nodes);
      const settlement = (await deliver(FIRST)) as { receipt?: { index: number } };
      // What stands in the ledger need not come here; what does not, must.
      await street.ok('statement', settlementOf(SECOND));
      await street.ok('statement', {
        type: 'energy',
        member: 'home-1',
        interval: FIRST,
        role: 'pv',
        generationWh: 1100,
        quality: 'measured',
      });
      const [early] = await ask({ month: '2017-07', member: 'home-1' });
      assert.equal(early?.proof, null);
      await street.ledger.open().then((ledger) => ledger.seal());
      const [home] = await ask({ month: '2017-07', member: 'home-1' });
      assert.deepEqual(
        [home?.ledger, home?.intervals.settled, home?.balance.total],
        ['sunny-street.example/ledger/1', 1, home?.balance.closing],
      );
      const {
        settlement: leaf,
        meter,
        orders,
        clearing,
      } = home!.lines[0]!.proof as Record<string, number> & { orders: number[] };
      assert.equal(leaf, settlement.receipt?.index);
      const ledger = await street.ledger.open();
      const kinds = [meter, orders[0], clearing].map((index) => ledger.leaf(index as number)?.tags.kind);
      assert.deepEqual(kinds, ['meter', 'order', 'clearing']);
      assert.equal(home?.proof?.size, ledger.size);
      assert.deepEqual([home?.energy?.loadWh, home?.energy?.pvWh], [100, 1100]);
    });

    it('shows what was corrected: in time in its month, later in the month that is open then', async () => {
      // A settle node that estimates has its settlements numbered (version 2).
      const estimating = nodes.map((node) => (node.id === 'settle' ? settleNode({ estimateAfterHours: '24' }) : node));
      street = await startStreet(estimating);
      const ledger = await street.ledger.open();
      await soon(
        () => ledger.state.rules.version === 'rules/2',
        () => 'the rules stay as they were',
      );
      await deliver(FIRST);
      const correct = async (importWh: number) => {
        const value = { ...meterOf('home-3', importWh, 0, FIRST), type: 'correction' };
        const [settlement] = (await street.ok('settle', await street.first('append home-3', value)))[0] ?? [];
        await street.ok('append operator', settlement);
      };
      await correct(90);
      street.at('2017-08-10T00:00Z');
      await correct(60);
      await ledger.seal();
      const [july] = await ask({ month: '2017-07', member: 'home-3' });
      const [august] = await ask({ month: '2017-08', member: 'home-3' });
      const shown = (doc: Doc | undefined) => doc?.positions.map(({ section, wh, amount }) => [section, wh, amount]);
      assert.deepEqual(shown(july), [
        ['supplier', 40, '12000000'],
        ['correction', 50, '15000000'],
      ]);
      assert.deepEqual(shown(august), [['correction', -30, '-9000000']]);
      assert.deepEqual([august?.balance.opening, august?.balance.closing], ['27000000', '18000000']);
      // Each line from the value that stood before its settlement.
      const kinds = july?.lines.map(({ proof }) => ledger.leaf(proof['meter'] as number)?.tags.kind);
      assert.deepEqual(kinds, ['meter', 'correction', 'correction']);
    });

    it('says the same after a restart, and closes the month that ended meanwhile', async () => {
      street = await startStreet(nodes);
      await deliver(FIRST);
      await street.ledger.open().then((ledger) => ledger.seal());
      const [before] = await ask({ month: '2017-07', member: 'home-2' });
      const { userDir } = street;
      await street.stop();
      street = await startStreet(nodes, { userDir });
      const [after] = await ask({ month: '2017-07', member: 'home-2' });
      assert.deepEqual(after, before);
      street.at('2017-08-05T00:00Z');
      await street.flow.next('statement', 1);
      assert.equal(docs().filter(({ state }) => state === 'final').length, 4);
      const [august] = await ask({ member: 'home-2' });
      assert.deepEqual([august?.month, august?.balance.opening], ['2017-08', before?.balance.closing]);
      await soon(
        () => street.flow.status('statement')?.fill === 'green',
        () => `the status stays ${JSON.stringify(street.flow.status('statement'))}`,
      );
    });
  });
});
