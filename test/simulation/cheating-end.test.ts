// A demonstration of cheating, as its members see it: whatever the operator tries, each of them says so within a few rounds, with
// evidence that convinces a stranger.
import assert from 'node:assert/strict';
import { checkEvidenceText } from '../../src/audit/evidence/check.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { evidenceOf } from '../../src/replica/evidence.ts';
import type { Message } from '../../src/replica/messages.ts';
import { CHEATS, type Cheat, CheatingEnd } from '../../src/simulation/cheating-end.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { FIRST, HOMES, keysOf, RULES, Street } from '../ledger/street.ts';
import { Network, OperatorStation, ReplicaStation, type Station, seeded } from '../replica/network.ts';

/** The operator's end behind the one that cheats. */
class CheatingStation implements Station {
  readonly #street: Street;
  readonly #honest: OperatorStation;
  readonly cheat: CheatingEnd;
  #next: Message[] = [];

  constructor(street: Street, ledger: Ledger) {
    this.#street = street;
    this.#honest = new OperatorStation(street, ledger);
    this.cheat = new CheatingEnd(ledger, keysOf('operator'), street.random);
  }

  lie(how: Cheat): void {
    this.#next.push(...this.cheat.lie(how));
  }

  async receive(message: Message): Promise<readonly Message[]> {
    const { toOperator, toMembers } = this.cheat.fromMember(message, this.#street.now);
    const answers = (await Promise.all(toOperator.map((each) => this.#honest.receive(each)))).flat();
    return [...toMembers, ...answers.flatMap((each) => this.cheat.fromOperator(each))];
  }

  async tick(): Promise<readonly Message[]> {
    const said = this.#next;
    this.#next = [];
    return [...said, ...(await this.#honest.tick()).flatMap((each) => this.cheat.fromOperator(each))];
  }
}

const EXPECTED: Readonly<Record<Cheat, readonly string[]>> = {
  'change-fill': ['wrong-clearing'],
  'drop-order': ['omission'],
  'rewrite-block': ['equivocation'],
  // Whose order is left out in the other history holds a receipt for it, too.
  'two-histories': ['equivocation', 'omission'],
};

/** Who left out an order is known to its owner; the others are told by the evidence. */
const FOUND: Readonly<Record<Cheat, (found: number) => boolean>> = {
  'change-fill': (found) => found === HOMES.length,
  'drop-order': (found) => found === 1,
  'rewrite-block': (found) => found === HOMES.length,
  'two-histories': (found) => found > 0,
};

describe('a demonstration of cheating', () => {
  for (const how of CHEATS) {
    it(`${how}: members find it, with evidence`, async () => {
      const street = new Street();
      const ledger = await openLedger(street.options());
      const members = HOMES.map((id) => new ReplicaStation(street, id));
      try {
        const operator = new CheatingStation(street, ledger);
        const network = new Network(seeded(how.length));
        network.join(operator, ...members);
        await street.gates(ledger, 2);
        await network.run(4);
        assert.deepEqual(
          members.map(({ replica }) => [replica.cheated, replica.audited]),
          members.map(() => [null, ledger.store.raw.sealedSize]),
        );
        operator.lie(how);
        assert.equal(operator.cheat.state, how === 'rewrite-block' ? 'lies' : 'waits');
        const interval = intervalAfter(FIRST, 2);
        const [order] = await ledger.append([street.order('home-1', interval, 'sell', 500, 90_000)]);
        assert.ok(order?.ok);
        // The member was given a receipt.
        const { receipt, id, index } = order as Extract<typeof order, { ok: true }>;
        network.send(null, [
          { type: 'receipt', origin: ledger.state.origin, id, index, receipt: receipt ?? null, to: 'home-1' },
        ]);
        await street.gate(ledger, interval);
        await network.run(12);
        assert.equal(operator.cheat.state, 'lies');
        const told = members.filter(({ replica }) => replica.cheated !== null);
        assert.ok(FOUND[how](told.length), `${told.length} members found it themselves`);
        for (const { replica, store } of told) {
          assert.ok(EXPECTED[how].includes(replica.cheated!.code), replica.cheated!.code);
          const evidence = await evidenceOf(replica.cheated!, replica.logKey!, store);
          const finding = await checkEvidenceText(JSON.stringify(evidence));
          assert.equal(finding?.ok, true, JSON.stringify(finding));
        }
        assert.throws(() => operator.lie(how), /cheated already/);
      } finally {
        for (const { store } of members) store.close();
        await ledger.close();
        street.remove();
      }
    });
  }

  it('is refused where the clock is real', async () => {
    const street = new Street();
    const { genesis, ...options } = street.options();
    const ledger = await openLedger({ ...options, genesis: { ...genesis!, rules: { ...RULES, simulated: false } } });
    try {
      const end = new CheatingEnd(ledger, keysOf('operator'), street.random);
      for (const how of CHEATS) assert.throws(() => end.lie(how), /simulated clock/);
    } finally {
      await ledger.close();
      street.remove();
    }
  });
});
