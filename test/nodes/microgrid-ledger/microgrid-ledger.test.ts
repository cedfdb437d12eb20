// Where the ledger lives, who operates it, what it begins with, and what happens when something is in its way: a clear error,
// nothing lost, Node-RED alive.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyDatabase, verifyExport } from '../../../src/audit/verify.ts';
import { newUserDir, type Payload, removeUserDirs, soon } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import {
  appendNode,
  FIRST,
  HOMES,
  LEDGER,
  marketNode,
  meterOf,
  nodeOf,
  ORIGIN,
  orderOf,
  SECOND,
  START,
  settleNode,
  verifyNode,
} from '../../support/market-nodes.ts';

const appends = [...HOMES, 'operator'].map((member) => appendNode(member));
const note = { type: 'note', text: 'still here' };
const DEPLOYS = 100;

describe('microgrid-ledger', () => {
  let street: StreetFlow;

  const start = async (options: StreetOptions = {}) => {
    street = await startStreet([...appends, marketNode(), settleNode(), verifyNode()], options);
    return street;
  };
  const again = async (options: StreetOptions = {}) => {
    const { userDir } = street;
    await street.stop();
    return start({ userDir, ...options });
  };
  /** What the ledger's own node says is wrong. Errors of configuration nodes reach no Catch node, only the log. */
  const complaint = () => {
    assert.equal(street.flow.status('ledger')?.fill, 'red');
    const entries = street.flow.log
      .split('\n')
      .filter((line) => line.includes('"id":"ledger"') && line.includes('"level":20'));
    return entries.map((line) => (JSON.parse(line) as { msg: string }).msg).join('; ');
  };

  afterEach(() => street?.stop());
  after(removeUserDirs);

  it('begins with rules, term and a join per member, sealed in block 0', async () => {
    await start();
    const ledger = await street.ledger.open();
    assert.deepEqual(
      ledger.records().map(({ head }) => `${head.kind} ${head.member}`),
      ['rules operator', 'term operator', 'roster home-1', 'roster home-2', 'roster home-3', 'roster operator'],
    );
    const { version: _version, nonce: _nonce, ...rules } = ledger.state.rules;
    assert.deepEqual(rules, {
      currency: 'EUR',
      intervalMinutes: 15,
      market: 'uniform-price/1',
      settlement: 'settle/1',
      tariffs: { import: 300_000, feedIn: 80_000 },
      limits: { min: 80_000, max: 300_000 },
      maxOrderWh: 100_000,
      maxOrdersPerMember: 10,
      gateLeadSeconds: 300,
      simulated: true,
    });
    assert.deepEqual(
      [...ledger.state.roster].map(([id, { roles }]) => [id, roles]),
      [
        ['home-1', ['member']],
        ['home-2', ['member']],
        ['home-3', ['member']],
        ['operator', ['operator']],
      ],
    );
    assert.equal(ledger.state.height, 0);
    assert.equal(ledger.state.origin, LEDGER);
    assert.ok(existsSync(join(street.ledgerPath, 'export/checkpoint')));
  });

  it('continues after a restart where it ended, clock included', async () => {
    await start();
    await street.recordOrder('home-1', 'sell', 100, 100_000);
    await street.gate();
    await street.ok('append home-1', note);
    const { size } = await street.ledger.open();
    await again();
    const ledger = await street.ledger.open();
    assert.deepEqual([ledger.size, ledger.state.height, ledger.state.cleared], [size, 1, FIRST]);
    const now = street.community.clock.now();
    assert.ok(now >= START + 600_000 && now < START + 630_000, new Date(now).toISOString());
  });

  it('lies where the dialog says, below the user directory or anywhere', async () => {
    const elsewhere = join(newUserDir(), 'own', 'place');
    await start({ ledger: { folder: elsewhere } });
    assert.ok(existsSync(join(elsewhere, '1/ledger.sqlite')));
    await street.stop();
    await start({ ledger: { folder: 'books' } });
    assert.ok(existsSync(join(street.userDir, 'books/1/ledger.sqlite')));
  });

  it('enrols a member who comes later, from the next block on', async () => {
    await start({ homes: ['home-1'] });
    await again({ homes: ['home-1', 'home-2'] });
    await street.refuses('append home-2', orderOf('home-2', 'buy', 5, 200_000), 'unknown-member');
    await street.gate();
    await street.recordOrder('home-2', 'buy', 5, 200_000, SECOND);
    assert.equal((await street.first('verify', {}))['ok'], true);
  });

  it('records changed tariffs and limits as new rules, bills each interval by those of its clearing, and still verifies', async () => {
    await start();
    await street.recordOrder('home-1', 'sell', 100, 100_000);
    const before = await street.gate();
    await again({ community: { importTariff: '40', feedInTariff: '9', maxOrderKWh: '200' } });
    await street.recordOrder('home-1', 'sell', 150_000, 390_000, SECOND);
    await street.refuses('append home-1', orderOf('home-1', 'sell', 5, 80_000, { interval: SECOND }), 'out-of-bounds');
    const after = await street.gate(SECOND);
    const bill = async (clearing: Payload, interval: string) => {
      await street.ok('settle', clearing);
      for (const home of HOMES)
        await street.ok('settle', await street.first(`append ${home}`, meterOf(home, 10, 0, interval)));
      const settlement = street.flow.payloads('settle').at(-1);
      assert.equal(settlement?.['interval'], interval);
      await street.ok('append operator', settlement);
      return settlement['tariffs'];
    };
    assert.deepEqual(await bill(before, FIRST), { import: 300_000, feedIn: 80_000 });
    assert.deepEqual(await bill(after, SECOND), { import: 400_000, feedIn: 90_000 });
    const verified = await street.first('verify', {});
    assert.deepEqual([verified['ok'], verified['errors']], [true, []]);
    const rules = (await street.ledger.open()).records({ kind: 'rules' });
    assert.equal(rules.length, 2);
    // Nothing changed: nothing to record.
    await again({ community: { importTariff: '40', feedInTariff: '9', maxOrderKWh: '200' } });
    assert.equal((await street.ledger.open()).records({ kind: 'rules' }).length, 2);
    assert.equal((await street.first('verify', {}))['ok'], true);
  });

  it('begins a new ledger with each epoch and keeps the old one', async () => {
    await start();
    await street.recordOrder('home-1', 'sell', 100, 100_000);
    await street.gate();
    street.community.reset();
    await street.reset();
    const ledger = await street.ledger.open();
    assert.deepEqual([ledger.state.origin, ledger.state.height], [`${ORIGIN}/ledger/3`, 0]);
    const payload = await street.first('append home-1', note);
    assert.ok((payload['record'] as { note: string }).note.includes(`${ORIGIN}/ledger/3`));
    assert.ok(Math.abs(street.community.clock.now() - START) < 60_000);
    const old = await verifyDatabase(join(street.ledgerPath, 'ledger.sqlite'));
    assert.deepEqual([old.ok, old.blocks], [true, 2]);
    const exported = await verifyExport(join(street.ledgerPath, 'export'));
    assert.equal(exported.ok, true);
    await again();
    assert.equal((await street.ledger.open()).state.origin, `${ORIGIN}/ledger/3`);
  });

  it('takes no record of another epoch', async () => {
    await start();
    const old = await street.recordOrder('home-1', 'sell', 100, 100_000);
    await street.reset();
    // Nobody's fault, so no Catch node hears of what was on its way when the epoch ended.
    for (const id of ['append home-1', 'market']) {
      const { error, out } = await street.give(id, old);
      assert.deepEqual([error, out[0], out[1]?.map(({ code }) => code)], [null, [], ['wrong-ledger']], id);
      assert.equal(street.flow.status(id)?.fill, 'yellow');
    }
    assert.equal(
      (await street.give('settle', { ...meterOf('home-1', 1, 0), record: old['record'], receipt: old['receipt'] }))
        .error,
      null,
    );
    assert.match(street.flow.log, /the meter is of an epoch that was reset meanwhile; it is left aside/);
    assert.deepEqual(street.flow.caught, []);
    assert.equal((await street.ledger.open()).records({ kind: 'order' }).length, 0);
  });

  it('loses calmly what is being recorded while the epoch ends, and only acknowledges what is in it', async () => {
    await start();
    const first = await street.ledger.open();
    const writing = Array.from({ length: 40 }, (_, k) => street.give('append home-1', { ...note, text: `note ${k}` }));
    await Promise.resolve();
    street.community.reset();
    const given = await Promise.all(writing);
    await street.community.ready();
    assert.deepEqual(
      given.filter(({ error }) => error),
      [],
    );
    const told = street.flow.payloads('append home-1').length + street.flow.payloads('append home-1', 1).length;
    assert.equal(told, 40);
    assert.ok(street.flow.payloads('append home-1', 1).every(({ code }) => code === 'wrong-ledger'));
    assert.deepEqual(street.flow.caught, []);
    assert.throws(() => first.leaf(0), /is closed/);
    await street.ok('append home-1', note);
  });

  it('that cannot open its next epoch is said by all that use it, once, before any message comes', async () => {
    await start();
    writeFileSync(join(street.userDir, 'microgrid/ledgers', ORIGIN, '2'), '');
    street.community.reset();
    const users = ['append home-1', 'append operator', 'market', 'verify', 'settle'];
    for (const id of users) assert.match(await street.flow.nextError(id), /the folder of the ledger cannot be used/);
    await street.community.ready();
    for (const id of users) {
      assert.equal(street.flow.status(id)?.fill, 'red', id);
      assert.equal(street.flow.caught.filter(({ error }) => error.source.id === id).length, 1, id);
    }
    assert.match(await street.fails('append home-1', note), /the folder of the ledger cannot be used/);
  });

  it('is the only one of its community', async () => {
    const second = { type: 'microgrid-ledger', community: 'community', operator: nodeOf('operator'), folder: 'second' };
    street = await startStreet([
      { id: 'other', ...second },
      appendNode('home-1'),
      appendNode('home-2', { ledger: 'other' }),
    ]);
    // Whichever Node-RED made first has it; the other says so, and so does everything wired to it.
    const answers = [await street.give('append home-1', note), await street.give('append home-2', note)];
    const refused = answers.filter(({ error }) => error);
    assert.equal(refused.length, 1);
    assert.match(refused[0]?.error?.message ?? '', /has a problem of its own/);
    assert.ok(/already has a ledger/.test(street.flow.log));
    assert.ok(!existsSync(join(street.userDir, 'second')) || !existsSync(street.ledgerPath));
  });

  it('is opened by its operator only', async () => {
    await start();
    await again({ ledger: { operator: nodeOf('home-1') } });
    assert.match(complaint(), /is operated by operator, not by home-1/);
    assert.match(await street.fails('append home-2', note), /is operated by operator/);
    await again();
    await street.ok('append home-1', note);
  });

  it('needs an operator of its own community', async () => {
    const other = { type: 'microgrid-community', id: 'elsewhere', origin: 'other-street.example' };
    const { community } = {
      community: {
        currency: 'EUR',
        importTariff: '30',
        feedInTariff: '8',
        gateLeadMinutes: '5',
        maxOrderKWh: '100',
        ordersPerMember: '10',
        clock: 'simulated',
        start: '2017-07-10T06:00Z',
        speed: '1',
      },
    };
    const stranger = {
      type: 'microgrid-member',
      id: 'stranger',
      community: 'elsewhere',
      memberId: 'x-1',
      kind: 'operator',
    };
    street = await startStreet([{ ...other, ...community }, stranger, appendNode('home-1')], {
      ledger: { operator: 'stranger' },
    });
    assert.match(complaint(), /belongs to another community/);
  });

  it('says that the key file of its operator is not the one that began it', async () => {
    await start();
    rmSync(join(street.userDir, 'microgrid/keys/operator'));
    await again();
    assert.match(complaint(), /key|operat/);
    await street.fails('append home-1', note);
  });

  describe('when something is in its way', () => {
    const database = () => join(street.ledgerPath, 'ledger.sqlite');
    const damages: [string, RegExp, () => void][] = [
      [
        'garbage',
        /not an SQLite database|not-a-log|another program/,
        () => writeFileSync(database(), 'x'.repeat(9000)),
      ],
      ['an empty file', /empty \(0 bytes\)/, () => writeFileSync(database(), '')],
      [
        'a directory',
        /is not a file/,
        () => {
          rmSync(database());
          mkdirSync(database());
        },
      ],
      [
        'a symbolic link',
        /symbolic link/,
        () => {
          renameSync(database(), `${database()}.real`);
          symlinkSync(`${database()}.real`, database());
        },
      ],
      [
        'a folder that is a file',
        /folder of the ledger cannot be used/,
        () => {
          rmSync(street.ledgerPath, { recursive: true });
          writeFileSync(street.ledgerPath, '');
        },
      ],
      [
        'one that somebody edited',
        /database|restore|leaf|signed/,
        () => {
          const bytes = readFileSync(database());
          const at = bytes.indexOf('microgrid-record/1');
          bytes.write('microgrid-record/2', at);
          writeFileSync(database(), bytes);
        },
      ],
    ];
    for (const [what, sentence, damage] of damages) {
      it(`a database replaced by ${what}: an error, and all is back once the copy is`, async () => {
        await start();
        await street.recordOrder('home-1', 'sell', 100, 100_000);
        await street.gate();
        const { userDir } = street;
        await street.stop();
        const copy = join(newUserDir(), 'copy');
        cpSync(street.ledgerPath, copy, { recursive: true });
        damage();
        await start({ userDir });
        assert.match(complaint(), sentence);
        // Whatever uses it says so too, before any message comes.
        await soon(
          () => ['append home-1', 'market', 'verify', 'settle'].every((id) => street.flow.status(id)?.fill === 'red'),
          () => 'somebody has not noticed',
        );
        for (const id of ['append home-1', 'market', 'verify']) {
          await street.fails(
            id,
            id === 'market' ? { type: 'interval', event: 'gate', interval: '2017-07-10T06:00Z' } : note,
          );
        }
        await street.stop();
        rmSync(street.ledgerPath, { recursive: true, force: true });
        cpSync(copy, street.ledgerPath, { recursive: true });
        await start({ userDir });
        assert.equal((await street.ledger.open()).state.height, 1);
        await street.ok('append home-1', note);
      });
    }

    it('an export that cannot be written is no reason to stop: a warning, and the next block makes up for it', async () => {
      await start();
      rmSync(join(street.ledgerPath, 'export'), { recursive: true });
      writeFileSync(join(street.ledgerPath, 'export'), '');
      await street.gate();
      assert.ok(street.flow.log.includes('its export failed'));
      rmSync(join(street.ledgerPath, 'export'));
      await street.gate(SECOND);
      const exported = await verifyExport(join(street.ledgerPath, 'export'));
      assert.deepEqual([exported.ok, exported.blocks], [true, 3]);
    });

    it('a disk that refuses for a while: nothing is acknowledged, then it opens again by itself', async function () {
      if (spawnSync('prlimit', ['--version']).status !== 0) this.skip();
      await start();
      await street.ok('append home-1', note);
      await street.recordOrder('home-1', 'sell', 100, 100_000);
      const { size } = await street.ledger.open();
      const now = street.community.clock.now();
      // No file of this process may grow: what a full disk says, the kernel says.
      const fileSize = (limit: string) =>
        assert.equal(spawnSync('prlimit', [`--pid=${process.pid}`, `--fsize=${limit}:`]).status, 0);
      const ignore = () => {};
      process.on('SIGXFSZ', ignore);
      fileSize('1');
      try {
        for (const text of ['lost', 'lost too']) {
          assert.match(
            await street.fails('append home-1', { ...note, text }),
            /^the disk refused the ledger database .*; the note goes no further; make room on the disk, then send it again: the ledger opens again by itself$/,
          );
        }
      } finally {
        fileSize('unlimited');
        process.off('SIGXFSZ', ignore);
      }
      await street.ok('append home-1', { ...note, text: 'back' });
      const ledger = await street.ledger.open();
      assert.equal(ledger.size, size + 1);
      assert.ok(street.community.clock.now() >= now, 'the clock does not go back');
      assert.equal((await street.gate())['volumeWh'], 0);
      assert.equal(ledger.records({ kind: 'order' }).length, 1);
      assert.equal((await street.first('verify', {}))['ok'], true);
    });

    it('another community of the same name is told that the database is in use', async () => {
      await start();
      const { userDir } = street;
      const copy = { ...street.community.rules };
      assert.equal(copy.origin, ORIGIN);
      const { openLedger } = await import('../../../src/ledger/ledger.ts');
      const { keys } = street.member('operator');
      await assert.rejects(
        openLedger({
          path: street.ledgerPath,
          origin: LEDGER,
          operator: keys,
          now: () => START,
          random: (n) => new Uint8Array(n),
        }),
        /in use/,
      );
      assert.ok(userDir);
      await street.ok('append home-1', note);
    });
  });

  it(`opens and closes at ${DEPLOYS} deploys in the middle of writing, and loses nothing that was acknowledged`, async function () {
    this.timeout(300_000);
    await start();
    const ids: string[] = [];
    for (let i = 0; i < DEPLOYS; i++) {
      const writing = Array.from({ length: 20 }, (_, k) =>
        street.give('append home-1', { ...note, text: `${i} ${k}` }),
      );
      const { userDir } = street;
      await street.stop();
      await Promise.race([Promise.allSettled(writing), new Promise((resolve) => setTimeout(resolve, 50))]);
      for (const payload of street.flow.payloads('append home-1')) ids.push((payload['receipt'] as { id: string }).id);
      await start({ userDir });
    }
    const ledger = await street.ledger.open();
    assert.deepEqual(
      ids.filter((id) => ledger.store.indexOf(id) === undefined),
      [],
    );
    await street.gate();
    await soon(
      async () => (await street.ledger.open()).state.height === 1,
      () => 'no block',
    );
    assert.equal((await street.first('verify', {}))['ok'], true);
  });

  it('takes no messages, holds no secret in what it shows', async () => {
    await start();
    await street.ok('append home-1', note);
    await street.gate();
    const seeds = [...HOMES, 'operator'].map((id) =>
      readFileSync(join(street.userDir, 'microgrid/keys', id), 'utf8').trim(),
    );
    const shown = JSON.stringify([street.flow.everything, ...appends.map(({ id }) => street.flow.payloads(id))]);
    for (const seed of seeds) assert.ok(seed.length === 64 && !shown.includes(seed));
  });
});
