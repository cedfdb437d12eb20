// Who owes whom, in a real flow: settlements booked once, few payments, files for banks, notes for the ledger; nothing lost by a
// restart, and no bank account anywhere but in bank files.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Payload, removeUserDirs, type Version } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import { appendNode, balanceNode, FIRST, garbage, ORIGIN, SECOND, verifyNode } from '../../support/market-nodes.ts';
import { needPrograms } from '../../support/peers.ts';
import { schemaFaults } from '../../support/xml-schema.ts';

const EURO = 1_000_000_000;
/** Examples of the IBAN registry. */
const ACCOUNTS = [
  'home-1; Erika Mustermann; AT61 1904 3002 3457 3201',
  'home-2; Müßig & Söhne; DE89 3704 0044 0532 0130 00; COBADEFFXXX',
  'home-3; O. Nordmann; NO93 8601 1117 947',
  'community; Energiegemeinschaft; FR14 2004 1010 0505 0001 3M02 606',
  'supplier; Stadtwerke; BE68 5390 0754 7034',
];
const NUMBERS = /1904|0532|8601|0505|3900|COBADE|Mustermann/;

const settlementOf = (lines: readonly (readonly [string, string, number])[], interval = FIRST): Payload => ({
  type: 'settlement',
  interval,
  tariffs: { import: 300_000, feedIn: 80_000 },
  lines: lines.map(([account, counterAccount, amount]) => ({
    ...{ account, counterAccount, amount },
    ...{ wh: 1, price: amount, code: 'trade' },
  })),
  statements: [],
});
/** home-2 owes home-1 4.20 EUR, home-3 owes the supplier 10 EUR and the fund 10 ct, the network 1 ct and 3 nano. */
const FIRST_BILL = settlementOf([
  ['member/home-2', 'member/home-1', 4.2 * EURO],
  ['member/home-3', 'supplier', 10 * EURO],
  ['member/home-3', 'fund', EURO / 10],
  ['member/home-3', 'network', 10_000_003],
]);
const SECOND_BILL = settlementOf([['supplier', 'member/home-2', 4.2 * EURO]], SECOND);

const confirmed = (id: string, more: object = {}) => ({ type: 'payment-confirmed', id, on: '2017-07-13', ...more });
const paid = (payments: unknown) =>
  (payments as { from: string; to: string; cents: number }[]).map(({ from, to, cents }) => [from, to, cents]);

describe('microgrid-balance', () => {
  let street: StreetFlow;

  afterEach(() => street?.stop());
  after(removeUserDirs);

  const start = async (more: object = {}, options: StreetOptions = {}) => {
    street = await startStreet([balanceNode(more)], {
      ledger: false,
      community: { clock: 'real' },
      credentials: { balance: { accounts: ACCOUNTS.join('\n') } },
      ...options,
    });
  };
  const again = async (options: StreetOptions = {}) => {
    const { userDir } = street;
    await street.stop();
    await start({}, { userDir, ...options });
  };
  const settleUp = async (more: object = {}) => {
    const out = await street.ok('balance', { type: 'settle-up', executionDate: '2017-07-13', ...more });
    return { payments: out[0]?.[0] as Payload, files: out[2] as Payload[] };
  };

  for (const version of ['5', '4.1'] as Version[]) {
    it(`turns settlements into few payments, with files that banks take (Node-RED ${version})`, async function () {
      needPrograms(this, 'xmllint');
      await start({}, { version });
      for (const bill of [FIRST_BILL, SECOND_BILL])
        assert.deepEqual(await street.ok('balance', bill), [[], [], [], []]);
      assert.deepEqual(street.flow.status('balance'), { fill: 'green', shape: 'dot', text: '06:30Z booked' });
      const { payments, files } = await settleUp();
      const id = String(payments['closing']);
      assert.match(id, /^sunny-street-\d{8}-1$/);
      assert.deepEqual(paid(payments['payments']), [
        ['member/home-3', 'community', 591],
        ['member/home-3', 'member/home-1', 420],
        ['community', 'network', 1],
        ['community', 'supplier', 580],
      ]);
      assert.deepEqual([payments['first'], payments['last'], payments['exact']], [FIRST, SECOND, true]);
      assert.deepEqual(payments['notOrdered'], [
        `network has no bank account in this node, so payment ${id}-003 is not ordered`,
      ]);
      assert.deepEqual(street.flow.status('balance'), {
        fill: 'yellow',
        shape: 'dot',
        text: '4 payments, 1 not ordered',
      });

      const names = files.map(({ account, name }) => [account, name]);
      assert.deepEqual(names, [
        ['member/home-3', `${id}-001-qr.txt`],
        ['member/home-3', `${id}-002-qr.txt`],
        ['member/home-3', `${id}-F01.xml`],
        ['community', `${id}-004-qr.txt`],
        ['community', `${id}-F02.xml`],
      ]);
      const orders = files.filter(({ mediaType }) => mediaType === 'application/xml').map(({ text }) => String(text));
      for (const xml of orders) assert.deepEqual(schemaFaults(xml, 'pain.001.001.09-sepa.xsd'), []);
      assert.match(orders[0] ?? '', /<CtrlSum>10\.11<\/CtrlSum>[\s\S]*<Dt>2017-07-13<\/Dt>[\s\S]*NO9386011117947/);
      assert.match(
        String(files[1]?.['text']),
        /^BCD\n002\n1\nSCT\n\nErika Mustermann\nAT611904300234573201\nEUR4\.20\n/,
      );
      assert.equal(street.flow.messages('balance', 2).length, 5);
    });
  }

  it('shows what would be paid, and changes nothing', async () => {
    await start({ externals: 'parties' });
    await street.ok('balance', FIRST_BILL);
    const { payments, files } = await settleUp({ preview: true });
    assert.equal(payments['closing'], null);
    assert.deepEqual(files, []);
    assert.deepEqual((await settleUp({ preview: true })).payments, payments);
    const closed = (await settleUp()).payments;
    assert.deepEqual(paid(closed['payments']), paid(payments['payments']));
    assert.deepEqual(closed['positions'], payments['positions']);
    assert.deepEqual((await settleUp()).payments['payments'], []);
  });

  it('books an interval once, however often it comes, and says so calmly', async () => {
    await start();
    await street.ok('balance', FIRST_BILL);
    for (const bill of [FIRST_BILL, settlementOf([['member/home-1', 'member/home-2', 1]])]) {
      const [, refused] = await street.ok('balance', bill);
      assert.equal(refused?.[0]?.['code'], 'already-recorded');
      assert.equal(street.flow.status('balance')?.fill, 'yellow');
    }
    assert.deepEqual(street.flow.caught, []);
    assert.equal(((await settleUp()).payments['positions'] as unknown[]).length, 6);
  });

  it('keeps balances, remainders and open payments over a restart', async () => {
    await start();
    await street.ok('balance', FIRST_BILL);
    await again();
    const id = String((await settleUp()).payments['closing']);
    await again();
    assert.deepEqual(street.flow.status('balance')?.text, '4 payments open');
    assert.equal((await street.ok('balance', FIRST_BILL))[1]?.length, 1);
    // Of the network's cent and 3 nano the 3 are still owed.
    const { positions } = (await settleUp({ preview: true })).payments as { positions?: unknown };
    assert.deepEqual(positions, [
      { account: 'member/home-3', balance: '-3', cents: 0, carried: -3 },
      { account: 'network', balance: '3', cents: 0, carried: 3 },
    ]);
    assert.equal((await street.ok('balance', confirmed(`${id}-001`)))[3]?.length, 1);
    await again();
    assert.equal(street.flow.status('balance')?.text, '3 payments open');
    assert.equal((await street.ok('balance', confirmed(`${id}-001`)))[1]?.[0]?.['code'], 'already-recorded');
  });

  it('makes a note of a payment that was made, once', async () => {
    await start({ externals: 'parties' });
    await street.ok('balance', settlementOf([['member/home-2', 'member/home-1', 4.2 * EURO]]));
    const id = `${String((await settleUp()).payments['closing'])}-001`;
    const [, , , notes] = await street.ok('balance', confirmed(id, { reference: 'statement 8' }));
    assert.deepEqual(notes, [
      {
        type: 'note',
        text: `Payment ${id} of 4.20 EUR from home-2 to home-1 was made on 2017-07-13. Reference: statement 8`,
      },
    ]);
    const [, refused, , none] = await street.ok('balance', confirmed(id));
    assert.deepEqual([refused?.[0]?.['code'], none], ['already-recorded', []]);
    assert.match(await street.refuses('balance', confirmed('x-1-001'), 'unknown-payment'), /no open payment "x-1-001"/);
  });

  it('gives the ledger a note that it records', async () => {
    await start({ externals: 'parties' }, { ledger: false });
    await street.stop();
    street = await startStreet([balanceNode({ externals: 'parties' }), appendNode('operator'), verifyNode()], {
      credentials: { balance: { accounts: ACCOUNTS.join('\n') } },
    });
    street.at('2017-07-10T06:45Z');
    await street.ok('balance', settlementOf([['member/home-2', 'member/home-1', 4.2 * EURO]]));
    const id = `${String((await settleUp()).payments['closing'])}-001`;
    const [, , , notes] = await street.ok('balance', confirmed(id));
    const recorded = await street.first('append operator', notes?.[0]);
    assert.equal((recorded['receipt'] as { duplicate: boolean }).duplicate, false);
    const { body } = recorded['record'] as { body: string };
    assert.match(body, new RegExp(`Payment ${id} of 4\\.20 EUR`));
  });

  it('names no bank account but in bank files', async () => {
    await start();
    await street.ok('balance', FIRST_BILL);
    const { payments, files } = await settleUp();
    assert.match(JSON.stringify(files), NUMBERS);
    const id = `${String(payments['closing'])}-001`;
    const iban = 'paid from AT61 1904 3002 3457 3201';
    assert.match(await street.refuses('balance', confirmed(id, { reference: iban }), 'malformed'), /holds an IBAN/);
    await street.ok('balance', confirmed(id));
    const texts = [0, 3].map((output) => JSON.stringify(street.flow.messages('balance', output)));
    assert.doesNotMatch([...texts, street.flow.log, JSON.stringify(street.flow.statuses)].join(), NUMBERS);
  });

  it('refuses a list of bank accounts that is wrong, without a number in the sentence', async () => {
    for (const [accounts, sentence] of [
      ['home-1; Erika; AT61 1904 3002 3457 3202', /the IBAN in line 1 of the bank accounts has a wrong digit/],
      ['home-1; Erika', /line 1 of the bank accounts must be/],
    ] as const) {
      await start({}, { credentials: { balance: { accounts } } });
      const said = await street.fails('balance', FIRST_BILL);
      assert.match(said, sentence);
      assert.doesNotMatch(said, NUMBERS);
      await street.stop();
    }
  });

  it('orders nothing in a currency that SEPA does not move', async () => {
    await start({ externals: 'parties' }, { community: { clock: 'real', currency: 'CHF' } });
    await street.ok('balance', FIRST_BILL);
    const { payments, files } = await settleUp();
    assert.deepEqual(files, []);
    assert.match(String(payments['notOrdered']), /payments in CHF are ordered by hand/);
  });

  it('is one for a community', async () => {
    street = await startStreet([balanceNode(), balanceNode({ id: 'second' })], { ledger: false });
    assert.match(
      await street.fails('second', FIRST_BILL),
      /another balance node keeps the accounts of sunny-street.example/,
    );
    await street.ok('balance', FIRST_BILL);
  });

  it('refuses accounts that no settlement has, and what is no message of its own', async () => {
    await start();
    for (const account of ['community', 'member/', 'Member/home-1', '__proto__']) {
      await street.refuses('balance', settlementOf([['member/home-1', account, EURO]]), 'malformed');
    }
    assert.match(await street.fails('balance', settlementOf([], '2099-01-01T00:00Z')), /but it is only/);
    const wrong = [
      { type: 'settle-up', executionDate: '2017-02-30' },
      { type: 'settle-up', preview: 'yes' },
      { type: 'payment-confirmed' },
      { type: 'payment-confirmed', id: 'x'.repeat(36) },
      { type: 'payment-confirmed', id: 'x', on: 'yesterday' },
      settlementOf([['member/home-1', 'member/home-2', 0.5]]),
    ];
    for (const payload of [...wrong, ...garbage]) await street.fails('balance', payload);
    assert.deepEqual((await settleUp()).payments['payments'], []);
    assert.deepEqual(await street.ok('balance', { type: 'note', text: 'a' }), [[], [], [], []]);
  });

  it('books nothing that it cannot keep', async () => {
    await start();
    const folder = join(street.userDir, 'microgrid/balances');
    mkdirSync(join(folder, `${ORIGIN}.json.new`), { recursive: true });
    assert.match(await street.fails('balance', FIRST_BILL), /state of this node cannot be saved/);
    rmSync(join(folder, `${ORIGIN}.json.new`), { recursive: true });
    await street.ok('balance', FIRST_BILL);
    assert.equal(((await settleUp({ preview: true })).payments['positions'] as unknown[]).length, 6);
  });

  it('says that a damaged state was left aside', async () => {
    await start();
    await street.ok('balance', FIRST_BILL);
    const file = join(street.userDir, 'microgrid/balances', `${ORIGIN}.json`);
    writeFileSync(file, '{"epoch":1,"at":0,"balances":{"member/home-1":"many"}}');
    await again();
    assert.match(street.flow.log, /is damaged and is left aside/);
    await street.ok('balance', FIRST_BILL);
  });

  it('forgets an epoch that was reset, and a simulation that starts over', async () => {
    await start({}, { community: {} });
    street.at('2017-07-10T06:45Z');
    await street.ok('balance', FIRST_BILL);
    await street.reset();
    await street.ok('balance', FIRST_BILL);
    street.at('2017-07-10T06:45Z');
    await street.ok('balance', SECOND_BILL);
    await again({ community: {} });
    assert.equal(street.flow.status('balance')?.text, 'nothing booked yet');
    await street.ok('balance', FIRST_BILL);
  });
});
