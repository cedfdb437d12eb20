// Histories of roster, approvals, erasures and takeovers at random: the ledger as it runs, the ledger opened again, the auditor and the
// verifier that shares no code with them say the same of every record, whether they take it or not.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Auditor } from '../../src/audit/auditor.ts';
import { verifyStore } from '../../src/audit/verify.ts';
import { judgeAuthor, judgeContent } from '../../src/ledger/judge.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { readLedger } from '../../src/ledger/open.ts';
import { readRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { rosterText } from '../../src/ledger/roster.ts';
import { takeOver } from '../../src/ledger/takeover.ts';
import { ORIGIN } from '../ledger/street.ts';
import { EVERYBODY, keyOf, keysIn, Village } from '../ledger/village.ts';
import { verifyExportedLedger } from './independent-verifier.ts';

const ACTIONS = ['recover', 'recover', 'approve', 'agree', 'agree', 'leave', 'key', 'role', 'join', 'erase', 'term'];
const step = fc.record({
  what: fc.constantFrom(...ACTIONS, 'seal', 'seal', 'reopen', 'takeover'),
  who: fc.constantFrom(...EVERYBODY),
  whom: fc.constantFrom(...EVERYBODY),
  n: fc.nat(20),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class History {
  readonly village = new Village();
  ledger!: Ledger;
  operator = 'operator';
  /** Number of the key that each member signs with now. */
  readonly #keys = new Map<string, number>();
  readonly #proposals: string[] = [];
  taken = 0;
  refused = 0;
  recovered = 0;

  keys(member: string) {
    return keyOf(member, this.#keys.get(member) ?? 0);
  }

  async do({ what, who, whom, n }: Step): Promise<void> {
    if (what === 'seal') {
      const waiting = [...this.ledger.state.powers.recoveries.values()];
      this.recovered += waiting.filter(({ approved }) => approved).length;
      await this.ledger.seal();
    } else if (what === 'reopen') await this.reopen();
    else if (what === 'takeover') await this.takeOver(who);
    else if (what === 'agree') await this.agree(n);
    else await this.offer(this.record(what, who, whom, n));
    this.sync();
  }

  /** All but some approve what was proposed last. */
  async agree(n: number): Promise<void> {
    const proposal = this.#proposals.at(-1);
    for (const who of EVERYBODY.slice(n % 3)) {
      if (proposal) await this.offer(this.village.approval(who, proposal, this.keys(who)));
    }
  }

  record(what: string, who: string, whom: string, n: number): SignedRecord & { readonly id: string } {
    const { village } = this;
    const { roster } = this.ledger.state;
    const operator = this.keys(this.operator);
    const next = keyOf(whom, 1 + (n % 5));
    switch (what) {
      case 'recover': {
        const record = village.recovery(roster, whom, next, operator);
        this.#proposals.push(record.id);
        return record;
      }
      case 'approve': {
        const known = this.#proposals.at(-1 - (n % 3)) ?? 'a'.repeat(64);
        return village.approval(who, known, this.keys(who));
      }
      case 'leave':
        return village.change(roster, 'leave', whom, {}, [operator]);
      case 'key':
        return village.change(roster, 'key', whom, keysIn(next), unique([operator, this.keys(whom), next]));
      case 'role':
        return village.change(roster, 'role', whom, { roles: n % 2 ? ['member'] : ['auditor', 'member', 'standby'] }, [
          operator,
        ]);
      case 'join':
        return village.change(roster, 'join', whom, keysIn(next), unique([operator, next]));
      case 'erase':
        return village.erasure(who, n * 2, this.keys(who));
      default:
        return village.takeover(who, { term: 1 + (n % 3) }, this.keys(who));
    }
  }

  async offer(signed: SignedRecord & { readonly id: string }): Promise<void> {
    const read = readRecord(signed);
    const again = readLedger(this.ledger.store, ORIGIN);
    const verdict = judgeAuthor(again.state, read, read.body) ?? judgeContent(again, read, read.body);
    const auditor = new Auditor();
    for (const leaf of this.ledger.store.leaves(0, 10_000)) auditor.leaf(leaf);
    assert.equal(auditor.errors.length, 0);
    auditor.leaf({ index: this.ledger.size, note: signed.note, body: signed.body });
    // A takeover is never taken by the operator that runs.
    if (read.head.kind !== 'term') {
      const [result] = await this.ledger.append([signed]);
      const code = result?.ok === false ? result.refusal.code : null;
      assert.equal(verdict?.code ?? null, code, 'the ledger opened again judges otherwise');
    }
    assert.equal(auditor.errors[0]?.code ?? null, verdict?.code ?? null, verdict?.text ?? 'the auditor alone refuses');
    if (verdict) this.refused++;
    else this.taken++;
  }

  async reopen(): Promise<void> {
    await this.ledger.close();
    const operator = this.keys(this.operator);
    this.ledger = await openLedger(this.village.villageOptions({ operator }));
  }

  async takeOver(who: string): Promise<void> {
    await this.ledger.seal();
    const standby = this.ledger.state.roster.get(who);
    await this.ledger.close();
    const attempt = takeOver(this.village.villageOptions({ operator: this.keys(who) }));
    if (standby?.active && standby.roles.includes('standby') && who !== this.operator) {
      this.ledger = await attempt;
      this.operator = who;
    } else {
      await assert.rejects(attempt, /cannot take over/);
      this.ledger = await openLedger(this.village.villageOptions({ operator: this.keys(this.operator) }));
    }
  }

  /** Each signs with the key that the roster names. */
  sync(): void {
    for (const [member, { key }] of this.ledger.state.roster) {
      for (let n = 0; n <= 5; n++) if (keyOf(member, n).record.vkey === key) this.#keys.set(member, n);
    }
    const { state } = readLedger(this.ledger.store, ORIGIN);
    assert.equal(rosterText(state.roster), rosterText(this.ledger.state.roster));
    assert.deepEqual([...state.powers.recoveries.values()], [...this.ledger.state.powers.recoveries.values()]);
    assert.deepEqual(state.powers.terms, this.ledger.state.powers.terms);
  }
}

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}

describe('changes of power', () => {
  it('at random: everybody says the same, also after a restart', async function () {
    this.timeout(300_000);
    let taken = 0;
    let refused = 0;
    let recovered = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        const history = new History();
        try {
          history.ledger = await history.village.begin();
          for (const one of steps) await history.do(one);
          await history.ledger.seal();
          const { errors } = await verifyStore(history.ledger.store);
          const claims = errors.filter(({ code }) => code === 'unwitnessed-term');
          assert.deepEqual(claims, errors);
          await history.ledger.close();
          assert.equal(verifyExportedLedger(history.village.exported).unwitnessed, claims[0]?.leaf ?? null);
          taken += history.taken;
          refused += history.refused;
          recovered += history.recovered;
        } finally {
          await history.ledger.close();
          history.village.remove();
        }
      }),
      { numRuns: 8 },
    );
    assert.ok(
      taken > 20 && refused > 20 && recovered > 0,
      `${taken} taken, ${refused} refused, ${recovered} recovered`,
    );
  });
});
