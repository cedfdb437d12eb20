// The ledger of a community while Node-RED runs: opens the current epoch's directory, enrols the members that this
// runtime knows, continues a simulated clock where the last block ended, and opens a new ledger when an epoch begins.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { BodyFields, RecordKind } from '../../src/ledger/kinds.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { makeRecord } from '../../src/ledger/record.ts';
import type { Rules } from '../../src/ledger/state.ts';
import { canonicalJson } from '../../src/log/canonical-json.ts';
import { FormatError, StoreError } from '../../src/log/errors.ts';
import type { Community, CommunityMember } from '../microgrid-community/community.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';

export interface LedgerEvents {
  /** Told about every change of state: what a status shows. */
  onState(state: { readonly open: boolean; readonly text: string }): void;
  onProblem(error: unknown): void;
}

export class LedgerService {
  readonly community: Community;
  readonly operator: Member;
  readonly #directory: string;
  readonly #events: LedgerEvents;
  readonly #release: () => void;
  #opening: Promise<Ledger>;
  /** The ledger of this epoch was open before, so that a disk that refused is worth another try. */
  #wasOpen = false;
  #closed = false;
  #changing: Promise<void> = Promise.resolve();
  /** What was said last about an opening that failed. */
  #told = '';

  /** @param directory holds one directory per epoch */
  constructor(community: Community, operator: Member, directory: string, events: LedgerEvents) {
    if (operator.community !== community) {
      throw new Error(
        `the operator ${operator.id} belongs to another community; choose a member of ${community.rules.origin}`,
      );
    }
    this.community = community;
    this.operator = operator;
    this.#directory = directory;
    this.#events = events;
    this.#release = community.claimLedger(directory);
    this.#opening = this.#begin();
    community.on('reset', this.#reset);
    community.on('member', this.#enrol);
    community.on('market', this.#changeRules);
  }

  /** Directory of the current epoch: `ledger.sqlite` and `export/`. */
  get path(): string {
    return join(this.#directory, String(this.community.epoch));
  }

  /**
   * The open ledger of the current epoch. One that the disk refused is opened again, which verifies what the disk holds: nothing
   * was acknowledged that is not there.
   * @throws Error with the sentence of why it could not be opened
   */
  async open(): Promise<Ledger> {
    const opening = this.#opening;
    try {
      const ledger = await opening;
      // Reading is refused, too, once a write has failed.
      ledger.leaf(0);
      return ledger;
    } catch (problem) {
      if (!this.#wasOpen || this.#closed || !isOfDisk(problem)) throw problem;
      if (this.#opening === opening) this.#opening = this.#begin(() => ending(opening));
      return this.#opening;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.community.off('reset', this.#reset);
    this.community.off('member', this.#enrol);
    this.community.off('market', this.#changeRules);
    await ending(this.#opening);
    this.#release();
  }

  readonly #reset = (): void => {
    const last = this.#opening;
    this.#wasOpen = false;
    this.#opening = this.#begin(() => ending(last));
  };

  readonly #enrol = (member: CommunityMember): void => {
    const work = this.#opening.then(async (ledger) => {
      if (!ledger.state.roster.has(member.id)) await ledger.enrol(enrolment(member));
    });
    work.catch((problem) => this.#events.onProblem(problem));
  };

  readonly #changeRules = (): void => {
    const opening = this.#opening;
    // One after the other: a block holds one change of the rules.
    const work = this.#changing.then(async () => {
      // What keeps a ledger from opening was told when it happened.
      const ledger = await opening.catch(() => null);
      if (ledger && this.#opening === opening) await this.#recordRules(ledger);
    });
    this.#changing = work.catch((problem) => this.#events.onProblem(problem));
  };

  /** Waits until what the dialogs say stands in the rules, so that a gate is not closed by the ones before. */
  async rulesRecorded(): Promise<void> {
    await this.#opening;
    await this.#changing;
  }

  #begin(before: () => Promise<void> = async () => {}): Promise<Ledger> {
    const opening = before()
      // A turn, so that members configured in the same deploy are known and stand in block 0.
      .then(() => new Promise((resolve) => setImmediate(resolve)))
      .then(() => this.#openEpoch());
    this.community.hold(opening.then(() => {}));
    opening.then(
      (ledger) => {
        if (this.#opening === opening) this.#wasOpen = true;
        this.#told = '';
        this.#events.onState({ open: true, text: `block ${ledger.state.height}` });
      },
      (problem) => {
        // While a disk stays away, every message tries again, and gets the answer itself.
        if (String(problem) !== this.#told) this.#events.onProblem(problem);
        this.#told = String(problem);
      },
    );
    return opening;
  }

  async #openEpoch(): Promise<Ledger> {
    const { clock } = this.community;
    const ledger = await openLedger({
      path: this.path,
      origin: this.community.ledgerOrigin,
      operator: this.operator.keys,
      genesis: {
        rules: this.#rules(null),
        members: [...this.community.members.values()].map(enrolment),
      },
      now: () => clock.now(),
      random: randomBytes,
    }).catch((problem: unknown) => {
      throw inContext(problem, this.path);
    });
    const newest = ledger.blocks({ limit: 1 })[0];
    if (newest && clock.simulated && !this.#wasOpen) this.community.resumeAt(Date.parse(newest.time));
    try {
      await this.#recordRules(ledger);
      for (const member of this.community.members.values()) {
        if (!ledger.state.roster.has(member.id)) await ledger.enrol(enrolment(member));
        // A feeder that cannot be recorded keeps nobody from trading.
        else await this.#moveFeeder(ledger, member).catch((problem) => this.#events.onProblem(problem));
      }
      return ledger;
    } catch (problem) {
      // Nobody gets to close what never opened.
      await ledger.close();
      throw problem;
    }
  }

  /** What the dialogs say. Where no market says anything, its part stays as it is recorded. */
  #rules(recorded: Rules | null): BodyFields<'rules'> {
    const { rules, clock, market } = this.community;
    const { import: highest, feedIn: lowest } = rules.tariffs;
    const fields = {
      currency: rules.currency,
      intervalMinutes: 15 as const,
      market: market?.rule ?? recorded?.market ?? 'uniform-price/1',
      settlement: 'settle/1',
      tariffs: rules.tariffs,
      limits: market?.limits ?? { min: lowest, max: highest },
      maxOrderWh: rules.maxOrderWh,
      maxOrdersPerMember: rules.maxOrdersPerMember,
      gateLeadSeconds: rules.gateLeadSeconds,
      simulated: clock.simulated,
    };
    const known = recorded?.version === 'rules/2' ? recorded : NOTHING_MORE;
    const { maxMemberWh, areas } = market ?? known;
    const { tariff = known.tariff, estimateAfterHours = known.estimateAfterHours } = this.community.billing;
    // Whatever version 1 can say is said in it.
    const plain =
      fields.market === 'uniform-price/1' &&
      maxMemberWh === null &&
      areas.length === 0 &&
      tariff === null &&
      estimateAfterHours === null;
    if (plain) return { version: 'rules/1', ...fields };
    return { version: 'rules/2', ...fields, maxMemberWh, areas, tariff, estimateAfterHours };
  }

  /** A member whose dialog names another feeder than the roster does. */
  async #moveFeeder(ledger: Ledger, { id, feeder }: CommunityMember): Promise<void> {
    const entry = ledger.state.roster.get(id);
    if (!entry?.active || entry.feeder === feeder) return;
    const pending = ledger.state.open.changes.get(id);
    if (pending?.feeder === feeder) return;
    // A block holds one change of a member.
    if (pending) await ledger.seal();
    const { kind, roles, key, witness } = entry;
    const change = { action: 'feeder' as const, member: id, kind, roles, key, witness, feeder };
    const record = makeRecord(this.operator.keys.record, this.#head(ledger, 'roster', id), change, randomBytes);
    const [result] = await ledger.append([record]);
    if (result && !result.ok) throw new Error(`the feeder of ${id} is not recorded: ${result.refusal.text}`);
  }

  #head<Kind extends RecordKind>(ledger: Ledger, kind: Kind, member: string) {
    const time = new Date(this.community.clock.now()).toISOString();
    return { ledger: ledger.state.origin, member, kind, interval: null, time } as const;
  }

  /** What was changed in the community's dialog becomes a record. It counts after the next header, so that comes at once. */
  async #recordRules(ledger: Ledger): Promise<void> {
    if (ledger.state.open.rules) await ledger.seal();
    const rules = this.#rules(ledger.state.rules);
    const { nonce: _nonce, ...before } = ledger.state.rules;
    if (canonicalJson(before) === canonicalJson(rules)) return;
    const head = this.#head(ledger, 'rules', this.operator.id);
    const [result] = await ledger.append([makeRecord(this.operator.keys.record, head, rules, randomBytes)]);
    if (result && !result.ok) throw new Error(`the changed rules are not recorded: ${result.refusal.text}`);
    await ledger.seal();
  }
}

/** What rules of version 1 say of what only version 2 has. */
const NOTHING_MORE = { maxMemberWh: null, areas: [], tariff: null, estimateAfterHours: null } as const;

/** Closes a ledger, whatever became of it. What kept it from opening, or from being written, was told when it happened. */
async function ending(opening: Promise<Ledger>): Promise<void> {
  try {
    await (await opening).close();
  } catch {
    // See above.
  }
}

/** Whether the disk refused: it may be full, or unplugged, and good again later. */
function isOfDisk(problem: unknown): boolean {
  if (problem instanceof StoreError) return problem.code === 'failed';
  // The file system, in our words.
  return problem instanceof Error && problem.cause instanceof Error && 'errno' in problem.cause;
}

/** What file system and format say by themselves names neither the ledger nor what to do. */
function inContext(problem: unknown, path: string): unknown {
  if (problem instanceof FormatError) {
    return new Error(`the ledger in ${path} is damaged: ${problem.message}; restore a copy of that folder`);
  }
  if (problem instanceof Error && 'errno' in problem) {
    return new Error(
      `the folder of the ledger cannot be used (${problem.message}); choose one that this user may write to`,
      { cause: problem },
    );
  }
  return problem;
}

/** A member as the roster takes it up. The one that operates the ledger and trades nothing has no member's role. */
function enrolment(member: CommunityMember) {
  return {
    id: member.id,
    kind: member.kind,
    roles: member.kind === 'operator' ? (['operator'] as const) : (['member'] as const),
    keys: member.keys,
    feeder: member.feeder,
  };
}
