// What the nodes of a community share: its epoch on disk, its clock, its members, and that a simulation starts over when its
// data end, whatever goes wrong.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Community, type CommunityClock, type CommunityMember } from '../../../nodes/microgrid-community/community.ts';
import { newUserDir, removeUserDirs, soon } from '../../support/flow.ts';
import { sleep } from '../../support/node-red.ts';

const start = Date.parse('2017-07-10T06:00Z');
const rules = {
  origin: 'sunny-street.example',
  currency: 'EUR',
  tariffs: { import: 300_000, feedIn: 80_000 },
  gateLeadSeconds: 300,
  maxOrderWh: 100_000,
  maxOrdersPerMember: 10,
};
const simulated = (speed: number): CommunityClock => ({ mode: 'simulated', start, speed });

describe('community', () => {
  const open: Community[] = [];
  const problems: unknown[] = [];
  const make = (
    clock: CommunityClock = simulated(1),
    file = join(newUserDir(), 'street.epoch'),
    origin = rules.origin,
  ) => {
    const community = new Community({ ...rules, origin }, clock, file, (problem) => problems.push(problem));
    open.push(community);
    return community;
  };
  const end = () => {
    for (const community of open.splice(0)) community.close();
  };
  beforeEach(() => {
    problems.length = 0;
  });
  afterEach(end);
  after(removeUserDirs);

  it('begins with epoch 1, and keeps the epoch across restarts', () => {
    const file = join(newUserDir(), 'deep', 'street.epoch');
    const community = make(simulated(1), file);
    assert.equal(community.ledgerOrigin, 'sunny-street.example/ledger/1');
    community.reset();
    community.reset();
    end();
    assert.equal(readFileSync(file, 'utf8'), '3\n');
    assert.equal(make(simulated(1), file).ledgerOrigin, 'sunny-street.example/ledger/3');
  });

  it('refuses an epoch that is none: another number would fork the history', () => {
    const file = join(newUserDir(), 'street.epoch');
    for (const text of ['', '0', '-1', '1.5', 'x', '9999999999', '1\n2']) {
      writeFileSync(file, text);
      assert.throws(
        () => make(simulated(1), file),
        /should hold the number of the epoch; put back its backup or/,
        text,
      );
    }
  });

  it('starts over at the start: clock, pause and epoch, and tells those who listen', async () => {
    const community = make(simulated(1000));
    const told: string[] = [];
    community.on('reset', () =>
      told.push(`reset ${community.epoch} ${community.paused} ${community.clock.now() - start}`),
    );
    community.on('clock', () => told.push('clock'));
    community.resumeAt(start + 3_600_000);
    community.pause();
    community.reset();
    assert.deepEqual(told, ['clock', 'reset 2 false 0', 'clock']);
    await community.ready();
    assert.equal(community.clock.speed, 1000);
  });

  it('keeps its epoch when the next one cannot be written', () => {
    const directory = newUserDir();
    const community = make(simulated(1), join(directory, 'street.epoch'));
    mkdirSync(join(directory, 'street.epoch.new'));
    assert.throws(() => community.reset(), /EISDIR/);
    assert.equal(community.epoch, 1);
  });

  it('starts over where its data end, and where the earliest end', async () => {
    const community = make(simulated(1));
    community.pause();
    community.endsAt(start + 7_200_000);
    community.endsAt(start + 3_600_000);
    community.endsAt(start + 9_000_000);
    community.resumeAt(start + 3_599_990);
    assert.equal(community.epoch, 1);
    community.resume();
    await soon(
      () => community.epoch === 2,
      () => 'no new epoch',
    );
    assert.ok(community.clock.now() - start < 5000);
    community.resumeAt(start + 3_600_000);
    await soon(
      () => community.epoch === 3,
      () => 'no third epoch',
    );
  });

  it('refuses data that end before it starts: it would start over for ever', async () => {
    const community = make(simulated(100_000));
    for (const time of [start, start - 1, 0]) {
      assert.throws(
        () => community.endsAt(time),
        /the profile ends at .*Z, before the simulation of sunny-street\.example starts at 2017-07-10T06:00Z; choose/,
      );
    }
    await sleep(20);
    assert.equal(community.epoch, 1);
  });

  it('reports that it cannot start over, and does not end the process', async () => {
    const directory = newUserDir();
    const community = make(simulated(1), join(directory, 'street.epoch'));
    mkdirSync(join(directory, 'street.epoch.new'));
    community.endsAt(start + 1);
    await soon(
      () => problems.length > 0,
      () => 'no problem was told',
    );
    assert.match(String(problems[0]), /EISDIR/);
    assert.equal(community.epoch, 1);
  });

  it('leaves the real clock alone', () => {
    const community = make({ mode: 'real' });
    const before = Date.now();
    assert.ok(community.clock.now() >= before && community.clock.now() <= Date.now());
    const commands = { pause: 'pause', resume: 'resume', reset: 'reset', 'change the speed of': 'setSpeed' } as const;
    for (const [verb, name] of Object.entries(commands)) {
      assert.throws(() => community[name](5), {
        message: `sunny-street.example runs on the real clock, so nobody can ${verb} it; choose the simulated clock in the community`,
      });
    }
    community.resumeAt(0);
    community.endsAt(before - 1000);
    assert.ok(community.clock.now() >= before);
  });

  it('has each member once, and a place that is free again', () => {
    const community = make();
    const member = { id: 'home-01', kind: 'home', keys: {} } as CommunityMember;
    const joined: string[] = [];
    community.on('member', ({ id }) => joined.push(id));
    const leave = community.join(member);
    assert.throws(() => community.join(member), /two members of sunny-street\.example are called "home-01"; give one/);
    leave();
    community.join(member);
    assert.deepEqual(joined, ['home-01', 'home-01']);
  });

  it('has one ledger, and one name for itself', () => {
    const community = make();
    const release = community.claimLedger('/a');
    assert.throws(() => community.claimLedger('/b'), /already has a ledger; a community has exactly one/);
    release();
    community.claimLedger('/b');
    assert.throws(() => make(), /another community is called sunny-street\.example too; choose that one everywhere/);
    make(simulated(1), undefined, 'shady-street.example');
    end();
    make();
  });

  it('is ready when all that must be open has been opened, or has failed to', async () => {
    const community = make();
    const order: string[] = [];
    const ready = community.ready().then(() => order.push('ready'));
    community.hold(sleep(5).then(() => Promise.reject(new Error('no ledger'))));
    community.hold(
      sleep(15).then(() => {
        order.push('open');
        community.hold(sleep(5).then(() => void order.push('enrolled')));
      }),
    );
    await ready;
    assert.deepEqual(order, ['open', 'enrolled', 'ready']);
    await make(simulated(1), undefined, 'shady-street.example').ready();
  });

  it('begins only when it is ready, however fast it runs, and begins anew the same way', async () => {
    const community = make(simulated(100_000));
    let opened = () => {};
    const open = () => {
      community.hold(
        new Promise((resolve) => {
          opened = resolve;
        }),
      );
    };
    open();
    await sleep(20);
    assert.equal(community.clock.now(), start);
    community.resume();
    assert.equal(community.clock.speed, 0, 'nobody can begin it early');
    opened();
    await community.ready();
    assert.equal(community.clock.speed, 100_000);
    await soon(
      () => community.clock.now() > start,
      () => 'it stands still',
    );
    community.on('reset', open);
    community.reset();
    await sleep(20);
    assert.equal(community.clock.now(), start);
    community.pause();
    opened();
    await community.ready();
    assert.equal(community.clock.now(), start, 'it was paused meanwhile');
    community.resume();
    assert.equal(community.clock.speed, 100_000);
  });

  it('tells what can be gone on with after a restart', () => {
    const hours = (count: number) => start + count * 3_600_000;
    const community = make();
    community.pause();
    community.resumeAt(start);
    assert.deepEqual(
      [hours(-1), start, start + 1].map((time) => community.continues(time)),
      [true, true, false],
    );
    community.claimLedger('/a');
    assert.deepEqual(
      [hours(-1), hours(1), hours(1) + 1].map((time) => community.continues(time)),
      [true, true, false],
    );
    end();
    // A machine without a battery for its clock starts in 1970 and learns the time later.
    assert.equal(make({ mode: 'real' }).continues(Date.now() + 1e12), true);
  });
});
