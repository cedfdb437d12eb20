// How a replica stands to the ledger that it follows, in one code and one sentence: with it, or behind, and why.
import type { WitnessState } from '../ledger/quorum.ts';
import type { LedgerState } from '../ledger/state.ts';
import { INTERVAL_MS, intervalStart } from '../time/interval.ts';
import type { NoBlock } from './incoming.ts';
import type { Verdict } from './verdict.ts';

export interface Situation {
  /** Null before block 0 is audited. */
  readonly state: LedgerState | null;
  readonly sealed: number;
  readonly audited: number;
  /** Leaves that are known to be there. */
  readonly ahead: number;
  readonly comparing: boolean;
  /** Why leaves are not taken, again and again. */
  readonly refused: NoBlock | null;
  /** Whether nobody has answered for a while. */
  readonly unanswered: boolean;
  readonly witness: WitnessState | null;
}

/** How late a block may be before silence is told, ms. */
const GRACE_MS = 5 * 60_000;

const REFUSED: Readonly<Record<NoBlock, string>> = {
  unsigned: 'the records that come are not signed by the operator of this ledger; check where they come from',
  'other-root': 'the records that come are not those under the checkpoint of the operator',
  'missing-body': 'bodies are missing without which nobody can be recognised; the operator has to send them',
  'unknown-key':
    'the ledger that is shown has another key than the one of the operator in this node; ask the operator in person',
};

/** @param now Unix ms of the community's clock @returns null while there is nothing to say yet */
export function standing(situation: Situation, now: number): Verdict | null {
  const { state, sealed, audited, ahead, comparing, refused, unanswered, witness } = situation;
  const behind = (code: string, text: string): Verdict => ({ state: 'behind', code, text });
  if (comparing) {
    const what = 'the operator signed a checkpoint that does not seem to continue this copy';
    return behind('comparing', `${what}; its records are being compared`);
  }
  if (refused) return behind(refused, REFUSED[refused]);
  if (sealed === 0 && ahead === 0) {
    return unanswered ? behind('unreachable', 'nobody has answered yet; check the connection to the operator') : null;
  }
  if (!state || ahead > sealed || audited < sealed) {
    return behind('catching-up', `${audited} of ${Math.max(ahead, sealed)} leaves are checked`);
  }
  const due = dueAt(state);
  if (due !== null && now > due + GRACE_MS) {
    const what = `no block has come since ${state.time}, though a gate has closed since`;
    return behind('silence', `${what}; ask the operator`);
  }
  return { state: 'following', block: state.height, size: sealed, witness };
}

/** When the block of the next gate is due, Unix ms; null where no auction was held yet. */
function dueAt({ cleared, rules }: Pick<LedgerState, 'cleared' | 'rules'>): number | null {
  return cleared === null ? null : intervalStart(cleared) + INTERVAL_MS - rules.gateLeadSeconds * 1000;
}
