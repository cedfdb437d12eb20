// What the page says of ledgers, statements and evidence: the same verdict as `microgrid verify`, in words. Run in Node on the page's own modules;
// test/e2e/page.test.ts runs the built page in a browser.
import { strict as assert } from 'node:assert';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Answer, DroppedFile, RecordView } from '../../page/worker/protocol.ts';
import { Session } from '../../page/worker/session.ts';
import { historyOf } from '../../src/audit/evidence/make-history.ts';
import { databaseSource } from '../../src/audit/sources.ts';
import { verifyExport, verifyStore } from '../../src/audit/verify.ts';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import type { Statement } from '../../src/settlement/statement/document.ts';
import { cheat } from '../audit/cheat.ts';
import { FIRST, keysOf, ORIGIN, Street } from '../ledger/street.ts';
import { runCommand } from '../support/command.ts';
import { droppedFolder, droppedText } from './dropped-folder.ts';

const LOG_KEY = keysOf('operator').log(ORIGIN).vkey;
const check = (files: readonly DroppedFile[], keys = '') => new Session().check(files, keys, () => {});
const states = ({ steps }: Answer) => Object.fromEntries(steps.map(({ name, state }) => [name, state]));

describe('page: a ledger', () => {
  let street: Street;
  let copy: string;

  before(async () => {
    street = new Street();
    const ledger = await street.open();
    await street.gates(ledger, 4);
    await ledger.close();
  });

  beforeEach(() => {
    copy = join(mkdtempSync(join(tmpdir(), 'microgrid-page-')), 'export');
    cpSync(street.exported, copy, { recursive: true });
  });

  afterEach(() => rmSync(join(copy, '..'), { recursive: true }));
  after(() => street.remove());

  it('that holds is green, link by link', async () => {
    const answer = await check(droppedFolder(copy));
    assert.deepEqual([answer.state, answer.title, answer.faults], ['good', 'This ledger holds.', []]);
    assert.match(
      answer.text,
      /^38 records signed by their authors, in 6 linked blocks\. 4 auctions and 4 bills computed again/,
    );
    const { 'Operator\u2019s key': key, Witnesses: witnesses, ...rest } = states(answer);
    assert.deepEqual([key, witnesses], ['open', 'open']);
    assert.deepEqual(new Set(Object.values(rest)), new Set(['good']));
    const { root, size } = await verifyExport(copy);
    assert.deepEqual([answer.ledger?.root, answer.ledger?.size, answer.ledger?.origin], [root, size, ORIGIN]);
  });

  it('is the operator\u2019s with its key, and not with another', async () => {
    const trusted = await check(droppedFolder(copy), `# from the door\n${LOG_KEY}\n`);
    assert.match(trusted.title, /holds, and it is your operator/);
    assert.equal(states(trusted)['Operator\u2019s key'], 'good');
    const beside = await check([...droppedFolder(copy), droppedText('keys.txt', `${LOG_KEY}\n`)]);
    assert.equal(beside.title, trusted.title);
    const other = await check(droppedFolder(copy), keysOf('home-1').log(ORIGIN).vkey);
    assert.deepEqual([other.state, other.faults[0]?.code], ['bad', 'unknown-key']);
    assert.equal(states(other)['Operator\u2019s key'], 'bad');
  });

  it('is found in the folder that holds database and export', async () => {
    const answer = await check(droppedFolder(street.directory));
    assert.deepEqual([answer.state, answer.ledger?.blocks.length], ['good', 6]);
  });

  it('that was altered is red, with the code and leaf of verify, wherever the byte is', async () => {
    const files = droppedFolder(copy).map(({ path }) => path.replace(/^export\//, ''));
    for (const [i, file] of files.entries()) {
      const content = readFileSync(join(copy, file));
      const flipped = Buffer.from(content);
      flipped[Math.floor((content.length - 1) * ((i % 5) / 4))]! ^= 1 << (i % 8);
      writeFileSync(join(copy, file), flipped);
      const { errors } = await verifyExport(copy);
      const answer = await check(droppedFolder(copy));
      assert.equal(answer.state, 'bad', file);
      const found = answer.faults.map(({ leaf, block, code, text }) => ({ leaf, block, code, text }));
      assert.deepEqual(found, errors, file);
      assert.ok(
        answer.steps.some(({ state }) => state === 'bad'),
        file,
      );
      writeFileSync(join(copy, file), content);
    }
  });

  it('shows its blocks, each with the hash of the one before', async () => {
    const { ledger } = await check(droppedFolder(copy));
    const blocks = ledger!.blocks;
    assert.deepEqual(blocks.map(({ previous }) => previous).slice(1), blocks.map(({ hash }) => hash).slice(0, -1));
    assert.equal(blocks[0]!.previous, null);
    assert.deepEqual(blocks[1], {
      ...blocks[1],
      height: 1,
      first: 7,
      count: 4,
      interval: FIRST,
      kinds: [
        ['clearing', 1],
        ['order', 3],
      ],
      faults: 0,
    });
  });

  it('opens every block and record, and each path reaches the root', async () => {
    const session = new Session();
    const { ledger } = await session.check(droppedFolder(copy), '', () => {});
    const sentences: string[] = [];
    for (const { height } of ledger!.blocks) {
      const { rows, next } = await session.block(height, 0);
      assert.equal(next, null);
      for (const { leaf, sentence } of rows) {
        sentences.push(sentence);
        const record = await session.record(leaf);
        assert.deepEqual([record.reaches, record.broken, record.root], [true, null, ledger!.root], `leaf ${leaf}`);
        assert.ok(record.signatures.length > 0 && record.signatures.every(({ state }) => state === 'good'));
        assert.ok(record.fields.length > 0);
      }
    }
    assert.equal(sentences.length, ledger!.size);
    assert.equal(sentences[7], 'home-1 sells up to 1 kWh at least 10.0 ct/kWh');
    assert.ok(
      sentences.some((text) => /^The auction: 3 orders, 1 kWh traded at 20\.0 ct\/kWh$/.test(text)),
      sentences.join('\n'),
    );
    assert.ok(sentences.includes('home-1 joins (home; member)'));
    assert.ok(
      sentences.some((text) => /^home-2's meter for 22 Nov 2026, 08:15 to 08:30 UTC: 650 Wh in, 0 Wh out$/.test(text)),
    );
  });

  it('shows where the path of an altered record ends: not at the root', async () => {
    const path = 'tile/entries/000.p/44';
    const content = readFileSync(join(copy, path));
    content[content.indexOf('"kind":"order"') + 8]! ^= 1;
    writeFileSync(join(copy, path), content);
    const session = new Session();
    const { faults } = await session.check(droppedFolder(copy), '', () => {});
    const record: RecordView = await session.record(faults[0]!.leaf!);
    assert.deepEqual([record.reaches, record.broken], [false, null]);
    assert.deepEqual(
      record.faults.map(({ code }) => code),
      [faults[0]!.code],
    );
    assert.ok(record.signatures.every(({ state }) => state === 'bad'));
  });
});

describe('page: evidence', () => {
  let street: Street;
  let history: Awaited<ReturnType<typeof historyOf>>;

  before(async () => {
    street = new Street();
    const ledger = await street.open();
    await street.gates(ledger, 1);
    await ledger.close();
    const { store, seal } = cheat(street);
    seal([
      street.record('home-1', 'clearing', '2026-11-22T08:30Z', {
        rule: 'uniform-price/1',
        orders: 0,
        volumeWh: 0,
        price: null,
        priceLow: null,
        priceHigh: null,
        fills: [],
        pairs: [],
      }),
    ]);
    const { errors } = await verifyStore(store);
    history = await historyOf(databaseSource(store.raw), errors[0]!);
    store.close();
  });

  after(() => street.remove());

  it('that holds says what is proved, packed or not, and shows the history', async () => {
    const text = JSON.stringify(history);
    for (const content of [text, new Uint8Array(gzipSync(text))]) {
      const session = new Session();
      const answer = await session.check([droppedText('evidence.json', content)], '', () => {});
      assert.equal(answer.state, 'good');
      assert.match(answer.title, /^This evidence holds: a record is from somebody who must not write such a one\./);
      assert.deepEqual(states(answer), { 'Accused key': 'open', Checkpoint: 'good', 'What follows': 'good' });
      const [fault] = answer.faults;
      assert.deepEqual([fault?.leaf, fault?.code], [history.fault.leaf, history.fault.code]);
      const record = await session.record(history.fault.leaf);
      assert.deepEqual([record.reaches, record.faults.length], [true, 1]);
      assert.equal(answer.ledger!.blocks.at(-1)!.faults, 1);
    }
  });

  it('knows the accused key when it is given', async () => {
    const answer = await check([droppedText('evidence.json', JSON.stringify(history))], LOG_KEY);
    assert.equal(states(answer)['Accused key'], 'good');
  });

  it('that proves nothing is red', async () => {
    const other = { ...history, fault: { ...history.fault, leaf: 1 } };
    const answer = await check([droppedText('evidence.json', JSON.stringify(other))]);
    assert.deepEqual([answer.state, answer.title], ['bad', 'This evidence proves nothing.']);
    assert.match(answer.text, /what is found is not that fault/);
  });

  it('of two histories shows both checkpoints', async () => {
    const key = keysOf('operator').log(ORIGIN);
    const [a, b] = [1, 2].map((n) => ({
      checkpoint: signCheckpoint({ origin: ORIGIN, size: 9, root: new Uint8Array(32).fill(n) }, key),
    }));
    const evidence = { version: 'microgrid-evidence/1', kind: 'equivocation', ledger: ORIGIN, operator: LOG_KEY, a, b };
    const answer = await check([droppedText('two.json', JSON.stringify(evidence))]);
    assert.equal(answer.title, 'This evidence holds: the operator has shown two different histories.');
    assert.deepEqual(states(answer), {
      'Accused key': 'open',
      'First checkpoint': 'good',
      'Second checkpoint': 'good',
      'What follows': 'good',
    });
    assert.equal(answer.ledger, null);
  });
});

describe('page: a statement', () => {
  const community = {
    origin: 'sunny-street.example/ledger/1',
    currency: 'EUR',
    tariffs: { import: 300_000, feedIn: 80_000 },
    members: ['home-01', 'home-02', 'bakery'].map((id) => ({ id, kind: 'home' })),
  };
  let directory = '';
  let statement: Statement;
  const dropped = (changed: object) => droppedText('statement.json', JSON.stringify(changed));
  const ledger = () => droppedFolder(join(directory, 'export'));
  const withLine = (change: object) => ({
    ...statement,
    lines: statement.lines.map((line, i) => (i === 3 ? { ...line, ...change } : line)),
  });

  before(async () => {
    directory = join(mkdtempSync(join(tmpdir(), 'microgrid-page-')), 'ledger');
    const args = ['--profiles', 'street', '--from', '2017-07-10T10:00Z', '--intervals', '16', '--ledger', directory];
    const files = { 'community.json': JSON.stringify(community) };
    const { code, err } = await runCommand(['simulate', 'community.json', ...args], { files });
    assert.deepEqual([code, err], [0, '']);
    const { out } = await runCommand(['statement', '--month', '2017-07', '--member', 'home-01', directory]);
    statement = JSON.parse(out) as Statement;
  });

  after(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

  it('alone adds up, and no more is claimed', async () => {
    const answer = await check([dropped(statement)]);
    assert.deepEqual([answer.state, answer.title], ['open', 'This statement adds up.']);
    assert.deepEqual(states(answer), {
      Lines: 'good',
      Totals: 'good',
      'Positions and days': 'good',
      Checkpoint: 'open',
      Ledger: 'open',
    });
    const { operator } = await verifyExport(join(directory, 'export'));
    assert.equal(states(await check([dropped(statement)], operator!))['Checkpoint'], 'good');
  });

  it('with its ledger is made again from it, and is the same', async () => {
    const answer = await check([...ledger(), dropped(statement)]);
    assert.deepEqual([answer.state, answer.title], ['good', 'This statement is right.']);
    assert.deepEqual([...new Set(Object.values(states(answer)))], ['good']);
    assert.equal(answer.ledger?.blocks.length, 18);
  });

  it('is found in the folder above the export, and one dropped by itself goes before it', async () => {
    const folder = ledger().map(({ path, file }) => ({ path: `street/${path}`, file }));
    const inside = droppedText('street/july.json', JSON.stringify(statement));
    const others = [droppedText('street/package.json', '{"name":"other"}'), droppedText('street/a.jpg', 'JFIF')];
    const found = await check([...folder, inside, ...others]);
    assert.equal(found.title, 'This statement is right.');
    const wrong = droppedText('statement.json', JSON.stringify(withLine({ amount: 1 })));
    assert.equal((await check([...folder, inside, wrong])).title, 'This statement does not hold (home-01, 2017-07).');
  });

  it('whose sums are wrong is red without the ledger', async () => {
    const amount = statement.lines[3]!.amount;
    for (const [changed, link] of [
      [withLine({ amount: amount + 1 }), 'Lines'],
      [{ ...statement, balance: { ...statement.balance, total: '1' } }, 'Totals'],
      [{ ...statement, balance: { ...statement.balance, closing: '1' } }, 'Totals'],
      [{ ...statement, lines: statement.lines.slice(1) }, 'Totals'],
      [{ ...statement, positions: statement.positions.slice(1) }, 'Positions and days'],
      [{ ...statement, days: statement.days.map((day) => ({ ...day, amount: '1' })) }, 'Positions and days'],
      [{ ...statement, proof: { ...statement.proof, size: statement.proof!.size + 1 } }, 'Checkpoint'],
      [withLine({ proof: { ...statement.lines[3]!.proof, settlement: 10_000 } }), 'Checkpoint'],
    ] as const) {
      const answer = await check([dropped(changed)]);
      assert.deepEqual([answer.state, states(answer)[link]], ['bad', 'bad'], link);
    }
  });

  it('that adds up and is not what the ledger says is red with it', async () => {
    // Without any line, and with every sum to match: nothing but the ledger can tell.
    const empty = {
      ...statement,
      lines: [],
      positions: [],
      days: statement.days.map((day) => ({ ...day, amount: '0' })),
      balance: { ...statement.balance, total: '0', closing: statement.balance.opening },
    };
    const moved = withLine({ proof: { ...statement.lines[3]!.proof, clearing: 1 } });
    for (const changed of [empty, moved]) {
      assert.equal((await check([dropped(changed)])).state, 'open');
      const answer = await check([...ledger(), dropped(changed)]);
      assert.deepEqual([answer.state, states(answer)['Made again']], ['bad', 'bad']);
    }
  });

  it('is red with the ledger of somebody else, and with one that does not hold', async () => {
    const street = new Street();
    await (await street.open()).close();
    const other = await check([...droppedFolder(street.exported), dropped(statement)]);
    street.remove();
    assert.equal(other.state, 'bad');
    const broken = ledger().filter(({ path }) => !path.includes('/tile/entries/'));
    const answer = await check([...broken, dropped(statement)]);
    assert.deepEqual([answer.state, states(answer)['Ledger']], ['bad', 'bad']);
  });
});
