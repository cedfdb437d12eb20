import assert from 'node:assert/strict';
import { accountsOfMonth } from '../../../src/settlement/statement/accounts-of-month.ts';
import { accountsPage } from '../../../src/settlement/statement/accounts-page.ts';
import { type Statement, Statements } from '../../../src/settlement/statement/document.ts';
import { accountsFile, FILE_FORMATS, statementFile } from '../../../src/settlement/statement/files.ts';
import { statementPage } from '../../../src/settlement/statement/page.ts';
import { bookOf, contextOf, partsOf, statementOf } from '../../support/statements.ts';

const NOON = '2026-05-01T10:00Z';
const EVIL = `"><script>alert('x')</script><img src=x onerror=alert(1)>&`;

const street = () => [
  partsOf(
    NOON,
    {
      price: 200_000,
      pairs: [{ buyer: 'bakery', seller: 'home-1', wh: 700 }],
      meters: { 'home-1': [0, 1000], bakery: [900, 0, 'estimated'] },
    },
    {
      meters: [{ member: 'bakery', leaf: 3, reason: 'interpolated' }],
      batteries: [{ member: 'home-1', chargeWh: 100, dischargeWh: 0 }],
      generation: [{ member: 'home-1', generationWh: 1200 }],
    },
  ),
];
/** What a reader sees, without markup, spaces as one. */
const textOf = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');

describe('the page of a statement', () => {
  it('says what the document says', () => {
    const text = textOf(statementPage(statementOf('member/bakery', street())));
    for (const expected of [
      'bakery, May 2026',
      'Statement from 1 May 2026 to 31 May 2026 local time of Europe/Berlin',
      'You owe EUR 0.33',
      'Bought from neighbours 0.70 20.00 0.14',
      'Bought from the supplier 0.20 30.00 0.06',
      'May 2026 in total 0.33',
      'home-1 0.70 20.00 0.14',
      'bought and sold with the supplier only 0.42',
      'Fri 1 0.70 0.20 0.33',
      '1 May 2026, 12:00 to 12:15 (one quarter hour) estimated the meter was not read at the boundary',
      'This community keeps no ledger',
      'Self-sufficiency The share of use',
    ]) {
      assert.ok(text.includes(expected), `"${expected}" is not in: ${text}`);
    }
  });

  it('says what a seller gets', () => {
    const text = textOf(statementPage(statementOf('member/home-1', street())));
    for (const expected of [
      'Sold to neighbours 0.70 20.00 0.14',
      'bakery 0.70 20.00 0.14',
      'All neighbours 0.00 0.00 0.70 20.00 0.14',
      'Fri 1 0.70 0.30 −0.16',
    ]) {
      assert.ok(text.includes(expected), `"${expected}" is not in: ${text}`);
    }
  });

  it('is one document that needs nothing else: no script, no link, no address', () => {
    for (const page of [
      statementPage(statementOf('member/bakery', street())),
      statementPage(statementOf('supplier', street())),
      accountsPage(accountsOfMonth(bookOf(street()), contextOf())),
    ]) {
      assert.match(page, /^<!DOCTYPE html>\n<html lang="en">/);
      assert.doesNotMatch(page, /<script|<link|<iframe|<img|@import|https?:|\bon\w+=|javascript:|src=/i);
      assert.match(page, /default-src 'none'/);
      for (const [, url] of page.matchAll(/url\(([^)]*)\)/g)) assert.match(url!, /^#/);
      assert.doesNotMatch(textOf(page), /undefined|NaN|null|\[object|Infinity/);
      const opened = [...page.matchAll(/<(table|section|tr|thead|tbody|figure|svg|dl|div|header)\b/g)].length;
      assert.equal([...page.matchAll(/<\/(table|section|tr|thead|tbody|figure|svg|dl|div|header)>/g)].length, opened);
    }
  });

  it('shows every text as text, whatever is in it', () => {
    const plain = statementOf('member/bakery', street());
    const evil: Statement = {
      ...plain,
      community: EVIL,
      ledger: EVIL,
      currency: EVIL,
      account: `member/${EVIL}`,
      member: EVIL,
      positions: plain.positions.map((position) => ({
        ...position,
        section: 'other',
        code: EVIL,
        counterAccount: EVIL,
      })),
      payments: [{ id: EVIL, on: '2026-05-05', counterAccount: `member/${EVIL}`, amount: -5, leaf: null }],
      quality: { ...plain.quality!, exceptions: plain.quality!.exceptions.map((run) => ({ ...run, reason: EVIL })) },
      proof: { checkpoint: EVIL, size: 1, root: EVIL },
    };
    const neighbour = {
      ...evil,
      positions: plain.positions.map((each) => ({ ...each, counterAccount: `member/${EVIL}` })),
    };
    for (const page of [statementPage(evil), statementPage(neighbour)]) {
      assert.doesNotMatch(page, /<script|<img/i);
      assert.ok(page.includes('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;'));
    }
    const accounts = accountsOfMonth(bookOf(street()), contextOf({ community: EVIL, currency: EVIL }));
    const all = { ...accounts, accounts: accounts.accounts.map((each) => ({ ...each, account: EVIL })) };
    assert.doesNotMatch(accountsPage(all), /<script|<img/i);
  });

  it('shows months without anything, and without a sign of what is not there', () => {
    const text = textOf(statementPage(statementOf('member/home-9', [])));
    assert.ok(text.includes('Nothing is owed'));
    assert.doesNotMatch(text, /With whom you traded|Your month by day|NaN|undefined/);
  });

  it('keeps to 40 neighbours and sums the rest', () => {
    const sellers = Array.from({ length: 45 }, (_, i) => `seller-${String(i).padStart(2, '0')}`);
    const pairs = sellers.map((seller, i) => ({ buyer: 'bakery', seller, wh: 1000 + i }));
    const meters = Object.fromEntries([['bakery', [50_000, 0]], ...sellers.map((seller) => [seller, [0, 1000]])]);
    const statement = statementOf('member/bakery', [partsOf(NOON, { price: 100_000, pairs, meters })]);
    const text = textOf(statementPage(statement));
    assert.ok(text.includes('5 further neighbours 5.01 10.00 0.50'), text);
    assert.ok(text.includes('All neighbours 45.99 10.00 4.60'));
    assert.equal(statement.positions.filter(({ section }) => section === 'bought').length, 45);
  });

  it('says that a balance is owed, is to be received, or is even', () => {
    const of = (opening: bigint) =>
      textOf(statementPage(statementOf('member/home-1', street(), { opening: () => opening })));
    assert.ok(of(0n).includes('You are owed EUR 0.16'));
    assert.ok(of(1_000_000_000n).includes('You owe EUR 0.84'));
    assert.ok(of(164_000_000n).includes('Balance EUR 0.00'));
  });

  it('has the names and kinds of its files', () => {
    const statement = statementOf('member/home-1', street(), { community: '../sunny street/..' });
    const files = FILE_FORMATS.map((format) => statementFile(statement, format));
    assert.deepEqual(
      files.map(({ name }) => name),
      [
        '2026-05 ..-sunny-street-.. home-1.html',
        '2026-05 ..-sunny-street-.. home-1 lines.csv',
        '2026-05 ..-sunny-street-.. home-1 totals.csv',
        '2026-05 ..-sunny-street-.. home-1.json',
      ],
    );
    assert.deepEqual(JSON.parse(files[3]!.text), JSON.parse(JSON.stringify(statement)));
    const accounts = accountsOfMonth(bookOf(street()), contextOf());
    assert.deepEqual(JSON.parse(accountsFile(accounts, 'json').text).sum, '0');
    assert.match(accountsFile(accounts, 'html').name, /^2026-05 .* all-accounts\.html$/);
    assert.equal(new Statements(bookOf(street()), contextOf()).of('supplier').member, null);
  });
});
