// A street under faults, as docs/simulated-faults.md says: a fixed set of seeds, each of which a person can run again; what the documented limit means;
// and that whoever looks on does notice when a promise is broken.
import assert from 'node:assert/strict';
import { Liar } from '../../src/simulation/faults/liar.ts';
import { Operator } from '../../src/simulation/faults/operator.ts';
import { Broken, Oracle } from '../../src/simulation/faults/oracle.ts';
import type { PlanOptions, ShownLie } from '../../src/simulation/faults/plan.ts';
import { SimulationFailure, simulateFaults } from '../../src/simulation/faults/simulation.ts';
import type { Sabotage, World } from '../../src/simulation/faults/world.ts';

const HONEST = { lie: null, operatorFault: null } as const;
const CALM = {
  crashes: 0,
  diskFaults: 0,
  clockJumps: 0,
  splits: 0,
  network: { lost: 0, doubled: 0, slow: 0 },
} as const;
const SMALL = { homes: 3, full: 2, intervals: 6 } as const;

/** The failure that a run ends with. */
async function failureOf(options: PlanOptions, sabotage?: Sabotage): Promise<SimulationFailure> {
  try {
    await simulateFaults(options, sabotage);
  } catch (problem) {
    assert.ok(problem instanceof SimulationFailure, String(problem));
    return problem;
  }
  throw new Error('nothing was noticed');
}

describe('simulation/faults', function () {
  this.timeout(300_000);

  for (const seed of ['street-1', 'street-2', 'street-3']) {
    it(`everything holds under faults, and heals: seed ${seed}`, async () => {
      const { counts, foundOut, leaves } = await simulateFaults({ seed, homes: 4, intervals: 12, ...HONEST });
      assert.deepEqual(foundOut, []);
      assert.ok(leaves > 80, `only ${leaves} leaves`);
      assert.ok((counts['said: proven'] ?? 0) > 50, JSON.stringify(counts));
    });
  }

  it('the same seed is the same run, another seed another one', async () => {
    const [first, again, other] = [
      await simulateFaults({ seed: 'twice', ...SMALL, ...HONEST }),
      await simulateFaults({ seed: 'twice', ...SMALL, ...HONEST }),
      await simulateFaults({ seed: 'other', ...SMALL, ...HONEST }),
    ];
    assert.deepEqual([again.trace, again.counts], [first.trace, first.counts]);
    assert.notEqual(other.trace, first.trace);
  });

  it('20 homes', async () => {
    const { counts } = await simulateFaults({ seed: 'many', homes: 20, full: 3, intervals: 2, ...HONEST });
    assert.ok((counts['records made'] ?? 0) > 50, JSON.stringify(counts));
  });

  for (const lie of ['two-histories', 'change-fill', 'drop-order', 'rewrite-block'] satisfies ShownLie[]) {
    it(`an operator that lies is found out, with evidence that holds: ${lie}`, async () => {
      const plan = { seed: `liar-${lie}`, homes: 4, full: 2, intervals: 6, crashes: 0, diskFaults: 0 } as const;
      const { foundOut, counts } = await simulateFaults({ ...plan, lie, operatorFault: null });
      assert.equal(counts[`lies: ${lie}`], 1);
      assert.ok(foundOut.length > 0);
    });
  }

  for (const lie of ['stale', 'silence'] satisfies ShownLie[]) {
    it(`${lie} accuses nobody, and ends`, async () => {
      const { foundOut, counts } = await simulateFaults({ seed: lie, ...SMALL, lie, operatorFault: null });
      assert.equal(counts[`lies: ${lie}`], 1);
      assert.deepEqual(foundOut, []);
    });
  }

  for (const operatorFault of ['gone', 'cut-off', 'old-backup'] as const) {
    it(`the operator's machine is ${operatorFault}, and the ledger goes on`, async () => {
      const { counts } = await simulateFaults({
        seed: `operator ${operatorFault}`,
        homes: 3,
        intervals: 14,
        lie: null,
        operatorFault,
      });
      assert.equal(counts[operatorFault === 'old-backup' ? 'old backups' : 'takeovers'], 1, JSON.stringify(counts));
    });
  }

  describe('the limit', () => {
    // One light member, home-4, whom nobody but the operator reaches, sees another log than all others.
    const alone = {
      homes: 4,
      full: 2,
      intervals: 6,
      lie: 'two-histories',
      operatorFault: null,
      victims: ['home-4'],
      isolated: true,
      ...CALM,
    } as const;

    /** Leaves of both histories that are witnessed, and the victim. */
    const shown = ({ world }: SimulationFailure) => {
      const liar = world.host('operator').operator;
      assert.ok(liar instanceof Liar);
      const [truth, shadow] = [liar.operator, liar.shadow].map(({ ledger }) => ledger.witnessed()?.size ?? 0);
      return { truth: truth!, shadow: shadow!, victim: world.host('home-4').follower! };
    };

    it('up to a third of the witnesses, the second history is never witnessed', async () => {
      const failure = await failureOf({ seed: 'limit', ...alone, colluding: 1 });
      // Nobody can know of it while the victim is alone; but the victim sees that nothing of its own is witnessed any more.
      assert.equal(failure.broken.promise, 'detection');
      const { truth, shadow, victim } = shown(failure);
      assert.ok(truth > 60, `${truth} leaves are witnessed`);
      assert.ok(shadow < 60, `${shadow} leaves of the other history are witnessed`);
      assert.ok(victim.outbox.count > 0);
    });

    it('beyond it, both can be witnessed, and a victim that is alone does not notice', async () => {
      const failure = await failureOf({ seed: 'limit', ...alone, colluding: 3 });
      assert.match(failure.broken.message, /^I1: \d+ leaves are witnessed under \S+ and under \S+$/);
      for (const { honestFollower } of failure.world.hosts) assert.equal(honestFollower?.cheated ?? null, null);
    });
  });

  describe('who looks on', () => {
    const told = (sabotage: (world: World) => void) => {
      let done = false;
      return {
        after: (world: World) => {
          if (done || world.steps < 1500) return;
          done = true;
          sabotage(world);
        },
      };
    };

    it('notices a witness that signs twice, and says how to see it again', async () => {
      const twice = told((world) => {
        world.cosigned('home-1', 7, 'one root');
        world.cosigned('home-1', 7, 'another root');
      });
      const failure = await failureOf({ seed: 'sabotage', ...SMALL, ...HONEST, ...CALM }, twice);
      assert.equal(failure.broken.promise, 'I1');
      assert.match(failure.message, /^seed sabotage, step 1500: I1: home-1 cosigned 7 leaves/);
      assert.match(failure.message, /npm run bench -- simulate-faults --plan '\{"seed":"sabotage"/);
      assert.match(failure.message, /the last events:\n {2}2026-11-22T/);
    });

    it('notices a store that forgets a record which it acknowledged', async () => {
      const forgets = told((world) => {
        const operator = world.host('operator');
        operator.ledgerDisk!.log.lose(1000);
        world.crash(operator, 1000);
      });
      const { broken } = await failureOf({ seed: 'sabotage', ...SMALL, ...HONEST, ...CALM }, forgets);
      assert.equal(broken.promise, 'I2');
    });

    it('notices a state that is not the one in the header', async () => {
      const alters = told((world) => {
        const { operator } = world.host('operator');
        assert.ok(operator instanceof Operator);
        const { state } = operator.ledger;
        const text = state.text.bind(state);
        Object.assign(state, { text: () => `${text()} ` });
      });
      const { broken } = await failureOf({ seed: 'sabotage', ...SMALL, ...HONEST, ...CALM }, alters);
      assert.ok(['I3', 'accusation'].includes(broken.promise), broken.message);
    });

    it('notices an error that no machine expects', async () => {
      const breaks = told((world) => {
        Object.assign(world.host('home-1').follower!, { tick: () => Promise.reject(new TypeError('a fault of ours')) });
      });
      const { broken } = await failureOf({ seed: 'sabotage', ...SMALL, ...HONEST, ...CALM }, breaks);
      assert.equal(broken.promise, 'I6');
      assert.match(broken.message, /a fault of ours/);
    });

    it('notices a machine that never follows again', async () => {
      const deaf = told((world) => {
        Object.assign(world.host('home-2').follower!, { receive: async () => [] });
      });
      const { broken } = await failureOf({ seed: 'sabotage', ...SMALL, ...HONEST, ...CALM }, deaf);
      assert.equal(broken.promise, 'liveness');
    });

    it('counts two witnessed histories, also with those who cosign anything', () => {
      const oracle = new Oracle({ logKeys: [], witnesses: 4, colluding: () => 1, isHonest: () => true });
      oracle.cosigned('home-1', 5, 'a');
      oracle.cosigned('home-2', 5, 'a');
      oracle.cosigned('home-3', 5, 'b');
      assert.throws(() => oracle.cosigned('home-4', 5, 'b'), Broken);
    });
  });
});
