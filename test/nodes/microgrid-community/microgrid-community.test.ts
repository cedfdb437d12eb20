// The community's dialog as rules: a person's units become the ledger's integers, and each field that cannot be has a sentence.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  communityNode,
  intervalNode,
  newUserDir,
  type RunningFlow,
  removeUserDirs,
  startFlow,
} from '../../support/flow.ts';

describe('microgrid-community', () => {
  let flow: RunningFlow;
  afterEach(() => flow.stop());
  after(removeUserDirs);

  it('gives the rules in the units of the ledger', async () => {
    flow = await startFlow([
      communityNode({ importTariff: '29,95', feedInTariff: '-0.5', gateLeadMinutes: '2.5', maxOrderKWh: '0.5' }),
    ]);
    const { rules, clock, epoch, ledgerOrigin } = flow.community;
    await flow.community.ready();
    assert.deepEqual(rules, {
      origin: 'sunny-street.example',
      currency: 'EUR',
      tariffs: { import: 299_500, feedIn: -5000 },
      gateLeadSeconds: 150,
      maxOrderWh: 500,
      maxOrdersPerMember: 10,
    });
    assert.deepEqual(
      [clock.simulated, clock.speed, epoch, ledgerOrigin],
      [true, 1, 1, 'sunny-street.example/ledger/1'],
    );
  });

  it('needs no start and no speed that makes sense for the real clock, only fields that can be read', async () => {
    flow = await startFlow([communityNode({ clock: 'real', start: '' })]);
    assert.equal(flow.community.clock.simulated, false);
  });

  const wrong: [object, RegExp][] = [
    [
      { origin: 'Sunny Street' },
      /^the name must be written like a domain name in small letters, such as sunny-street\.example; open this node/,
    ],
    [{ origin: undefined }, /^the name must be written like/],
    [{ currency: 'euro' }, /^the currency must be three capital letters/],
    [{ importTariff: '' }, /^the import tariff \(ct\/kWh\) must be a number/],
    [{ feedInTariff: '30.00001' }, /^the feed-in tariff \(ct\/kWh\) must be a number with at most 4 decimals/],
    [{ feedInTariff: '31' }, /^the feed-in tariff is above the import tariff/],
    [{ gateLeadMinutes: '15' }, /^the gate lead time \(minutes\) must be between 0 and 14; open this node/],
    [{ maxOrderKWh: '0' }, /^the largest order \(kWh\) must be between/],
    [{ ordersPerMember: '0' }, /^orders per member and interval must be between 1 and 1000/],
    [{ clock: 'broken' }, /^the clock must be one of real, simulated/],
    [{ start: '' }, /^the start of the simulation is missing; give a UTC time/],
    [{ start: '2017-13-10T06:00Z' }, /^the start of the simulation is missing; give a UTC time/],
    [{ start: '10.7.2017' }, /^the start of the simulation must be a UTC time such as/],
    [{ speed: '0' }, /^the speed must be between 0\.001 and 100000/],
    [{ speed: '100001' }, /^the speed must be between/],
  ];
  for (const [fields, sentence] of wrong) {
    it(`refuses ${JSON.stringify(fields)}`, async () => {
      flow = await startFlow([communityNode(fields), intervalNode()]);
      const { fill, shape } = flow.status('community') ?? {};
      assert.deepEqual([fill, shape], ['red', 'ring']);
      assert.match(await flow.complaint('community'), sentence);
      await flow.nextStatus('interval', (status) => status.fill === 'red');
      assert.match(await flow.nextError('interval'), /the community "community" has a problem of its own: /);
    });
  }

  it('that cannot begin the next epoch is said by the nodes that use it, and the old one goes on', async () => {
    const userDir = newUserDir();
    // In the way of the file that holds the number of the epoch.
    mkdirSync(join(userDir, 'microgrid', 'communities', 'sunny-street.example.epoch.new'), { recursive: true });
    flow = await startFlow([communityNode(), intervalNode()], { userDir });
    const { community } = flow;
    await community.ready();
    community.endsAt(community.clock.now() + 20);
    assert.match(await flow.nextError('interval'), /the new epoch cannot be saved, so the old one goes on \(EISDIR/);
    assert.deepEqual([flow.status('interval')?.fill, community.epoch], ['red', 1]);
  });

  it('refuses a second community of the same name', async () => {
    flow = await startFlow([communityNode(), communityNode({ id: 'other' })]);
    const red = ['community', 'other'].filter((id) => flow.status(id)?.fill === 'red');
    assert.equal(red.length, 1);
  });
});
