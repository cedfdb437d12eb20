// A demonstration of cheating in one Node-RED: the operator's answers pass through the node, which lies on request; the members'
// copies turn red and give the evidence.
import assert from 'node:assert/strict';
import { checkEvidenceText } from '../../../src/audit/evidence/check.ts';
import { type FlowItem, type Payload, removeUserDirs } from '../../support/flow.ts';
import { type StreetFlow, startStreet } from '../../support/market-flow.ts';
import { appendNode, FIRST, HOMES, marketNode, nodeOf, SECOND } from '../../support/market-nodes.ts';

const replicas = HOMES.map((id) => `replica ${id}`);

/** Share and members are wired to each other through the node that cheats; the members also hear each other. */
function flow(): FlowItem[] {
  const members = HOMES.map((id, i) => ({
    id: replicas[i]!,
    type: 'microgrid-replica',
    mode: 'full',
    member: nodeOf(id),
    operatorKey: '',
    outputs: 3,
    wires: [['cheat', ...replicas.filter((other) => other !== replicas[i])], [], [`${replicas[i]} out 2`]],
  }));
  return [
    ...members,
    {
      id: 'cheat',
      type: 'microgrid-cheat',
      ledger: 'ledger',
      outputs: 3,
      wires: [[...replicas, 'cheat out 0'], ['cheat out 1'], ['share']],
    },
    { id: 'share', type: 'microgrid-ledger-share', ledger: 'ledger', outputs: 2, wires: [['cheat'], []] },
  ];
}

describe('microgrid-cheat', () => {
  let street: StreetFlow;

  afterEach(() => street?.stop());
  after(removeUserDirs);

  const start = async (community?: object) => {
    street = await startStreet(
      [...flow(), ...[...HOMES, 'operator'].map((id) => appendNode(id)), marketNode()],
      community ? { community } : {},
    );
    await street.recordOrder('home-1', 'sell', 900, 100_000);
    await street.recordOrder('home-2', 'buy', 900, 200_000);
    await street.gate(FIRST);
  };
  const said = (id: string, fits: (payload: Payload) => boolean) => street.flow.next(id, 2, fits, { ms: 20_000 });

  it('passes on everything between an honest operator and its members', async () => {
    await start();
    for (const id of replicas) await said(id, ({ state, block }) => state === 'held' && block === 1);
    assert.deepEqual(street.flow.status('cheat'), { fill: 'green', shape: 'dot', text: 'honest' });
  }).timeout(60_000);

  for (const [how, code] of [
    ['change-fill', 'wrong-clearing'],
    ['rewrite-block', 'equivocation'],
  ] as const) {
    it(`${how}: the members say ${code}, with evidence`, async () => {
      await start();
      for (const id of replicas) await said(id, ({ state, block }) => state === 'held' && block === 1);
      await street.ok('cheat', { type: 'cheat', how });
      if (how === 'change-fill') {
        await street.recordOrder('home-1', 'sell', 800, 100_000, SECOND);
        await street.recordOrder('home-2', 'buy', 800, 200_000, SECOND);
        await street.gate(SECOND);
      }
      for (const id of replicas) {
        await said(id, ({ state }) => state === 'cheated');
        const evidence = await said(id, ({ type }) => type === 'evidence');
        assert.equal(evidence['code'], code);
        assert.equal((await checkEvidenceText(JSON.stringify(evidence['file'])))?.ok, true);
      }
    }).timeout(120_000);
  }

  it('refuses what is no lie, and a second one', async () => {
    await start();
    await street.ok('cheat', { type: 'cheat', how: 'rewrite-block' });
    await street.refuses('cheat', { type: 'cheat', how: 'change-fill' }, 'cannot-cheat');
    const { error } = await street.give('cheat', { type: 'cheat', how: 'be nice' });
    assert.match(String(error?.message), /how must be one of/);
  });
});
