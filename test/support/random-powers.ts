// Histories of power by chance: keys lost and recovered, approvals, erasures, takeovers, cosignatures; and one block more in which
// the operator seals a record by chance, whether the rules take it or not.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MemberKeys } from '../../src/ledger/keys.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import type { SignedRecord } from '../../src/ledger/record.ts';
import { takeOver } from '../../src/ledger/takeover.ts';
import { openFileStore } from '../../src/log/file-store.ts';
import { type NoteSigner, parseNote } from '../../src/log/note.ts';
import { TilesExport } from '../../src/log/tiles-export.ts';
import { cheat, fork } from '../audit/cheat.ts';
import { FIRST, ORIGIN } from '../ledger/street.ts';
import { EVERYBODY, keyOf, keysIn, STANDBY, Village } from '../ledger/village.ts';
import { type Dice, pick } from './random-ledgers.ts';

type Offer = SignedRecord & { readonly id: string };

export class RandomPowers extends Village {
  readonly #roll: Dice;
  #operator: string = 'operator';
  #term = 1;
  readonly #numbers = new Map<string, number>();
  readonly #proposals: string[] = [];
  ledger!: Ledger;

  constructor(roll: Dice) {
    super();
    this.#roll = roll;
  }

  #keys(member: string): MemberKeys {
    return keyOf(member, this.#numbers.get(member) ?? 0);
  }

  /** Each signs with the key that the roster names. */
  #sync(): void {
    for (const [member, { key }] of this.ledger.state.roster) {
      for (let n = 0; n <= 4; n++) if (keyOf(member, n).record.vkey === key) this.#numbers.set(member, n);
    }
  }

  async live(steps: number): Promise<void> {
    const roll = this.#roll;
    this.ledger = await this.begin({ durability: 'when-closed', exportEvery: 1 + roll(3) });
    await this.gate(this.ledger, FIRST);
    for (let i = 0; i < steps; i++) {
      this.#sync();
      if (roll(5) === 0) await this.#seal();
      else if (roll(9) === 0) await this.#takeOver();
      else if (roll(4) === 0) await this.#agree();
      else await this.ledger.append([this.#anything()]);
    }
    this.#sync();
    await this.#seal();
    await this.ledger.close();
  }

  /** A copy with one more block of records by chance. The caller removes its directory. */
  async oneMore(): Promise<{ readonly directory: string; readonly exported: string; readonly what: string }> {
    const copy = fork(this);
    let signer: NoteSigner = this.#keys(this.#operator).log(ORIGIN, this.#term);
    const { store, seal } = cheat(copy, this.#operator);
    const records = Array.from({ length: 1 + this.#roll(2) }, () => this.#anything());
    const [first] = records;
    const head = JSON.parse(first!.note.split('\n')[1]!) as { readonly kind: string; readonly member: string };
    if (head.kind === 'term' && this.#roll(4)) signer = this.#keys(head.member).log(ORIGIN, this.#term + 1);
    seal(records, signer);
    const exported = join(copy.directory, 'export');
    await new TilesExport(store, openFileStore(exported), { dayOf: () => '2026-11-22' }).run();
    store.close();
    return { directory: copy.directory, exported, what: records.map(({ note }) => note.split('\n')[1]).join('\n') };
  }

  override remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #seal(): Promise<void> {
    const { size, checkpoint } = await this.ledger.seal();
    if (this.#roll(4) === 0) return;
    for (const member of EVERYBODY) {
      if (this.#roll(7) === 0) continue;
      const line = this.#keys(member).cosigner.cosign(parseNote(checkpoint).text, 1_800_000_000);
      try {
        this.ledger.addCosignature(size, line);
      } catch {
        // no witness any more
      }
    }
  }

  async #takeOver(): Promise<void> {
    const { ledger } = this;
    await ledger.seal();
    const standby = EVERYBODY.find((member) => {
      const entry = ledger.state.roster.get(member);
      return entry?.active && entry.roles.includes('standby') && keyOf(member).record.vkey === entry.key;
    });
    await ledger.close();
    const member = standby ?? this.#operator;
    const options = this.villageOptions({ operator: this.#keys(member), durability: 'when-closed' });
    if (standby === undefined) this.ledger = await openLedger(options);
    else {
      this.ledger = await takeOver(options);
      this.#operator = standby;
      this.#term++;
    }
  }

  async #agree(): Promise<void> {
    const proposal = this.#proposals.at(-1);
    if (proposal === undefined) return;
    for (const member of EVERYBODY.slice(this.#roll(3))) {
      await this.ledger.append([this.approval(member, proposal, this.#keys(member))]);
    }
  }

  #anything(): Offer {
    const roll = this.#roll;
    const { roster } = this.ledger.state;
    const [who, whom] = [pick(roll, EVERYBODY), pick(roll, EVERYBODY)];
    const operator = this.#keys(this.#operator);
    // The operator and its standby keep their keys: a cheat is sealed with them.
    const stays = whom === this.#operator || whom === STANDBY || whom === 'operator';
    const next = keyOf(whom, stays ? 0 : roll(5));
    const signers = (...keys: MemberKeys[]) => [...new Set(roll(12) ? keys : [this.#keys(who)])];
    switch (roll(9)) {
      case 0:
      case 1: {
        const record = this.recovery(roster, whom, keyOf(whom, roll(5)), operator);
        if (!stays) this.#proposals.push(record.id);
        return record;
      }
      case 2:
        return this.approval(who, this.#proposals.at(-1 - roll(3)) ?? 'a'.repeat(64), this.#keys(who));
      case 3:
        return this.change(roster, 'leave', whom, {}, signers(operator));
      case 4:
        return this.change(roster, 'key', whom, keysIn(next), signers(operator, this.#keys(whom), next));
      case 5: {
        const roles = pick(roll, [
          ['member'],
          ['member', 'standby'],
          ['auditor', 'member', 'standby'],
          ['operator'],
        ] as const);
        return this.change(roster, 'role', whom, { roles: [...roles] }, signers(operator));
      }
      case 6:
        return this.change(roster, 'join', whom, keysIn(next), signers(operator, next));
      case 7:
        return this.erasure(who, roll(30), this.#keys(who));
      default:
        return this.takeover(who, { term: this.#term + roll(3) }, this.#keys(who));
    }
  }
}
