// What a replica, full or light, says about the ledger that it follows. Cheats come with what an evidence file needs.
import type { WitnessState } from '../ledger/quorum.ts';
import type { Side } from './compare.ts';
import type { ProvenOrder } from './interval-orders.ts';
import type { Message, SentLeaf, SentReceipt } from './messages.ts';

export type Proof =
  /** Two histories: two checkpoints of one size, or two leaves at one index. */
  | { readonly kind: 'equivocation'; readonly a: Side; readonly b: Side; readonly index?: number }
  /** A record that was acknowledged is not where its receipt says. */
  | {
      readonly kind: 'omission';
      readonly receipt: SentReceipt;
      readonly checkpoint: string;
      readonly leaf: string;
      readonly path: readonly string[];
    }
  /** The leaves under a checkpoint are their own proof: those that the replica keeps, and the few after them that it could not keep. */
  | { readonly kind: 'history'; readonly checkpoint: string; readonly beyond: readonly SentLeaf[] };

export type Verdict =
  /** Everything up to a block holds. */
  | {
      readonly state: 'held';
      readonly block: number;
      readonly interval: string | null;
      readonly time: string;
      readonly size: number;
      readonly root: string;
      /** Bodies that this replica may not read, and what could not be computed again for want of them. */
      readonly withheld: number;
      readonly unchecked: number;
    }
  /** A light member does not know the number of the block. */
  | {
      readonly state: 'following';
      readonly block: number | null;
      readonly size: number;
      readonly witness: WitnessState | null;
      /** Of a light member: the orders of the auction that was cleared last, as far as they are proven. */
      readonly orders?: readonly ProvenOrder[];
    }
  | { readonly state: 'behind'; readonly code: string; readonly text: string }
  | {
      readonly state: 'cheated';
      readonly code: string;
      readonly text: string;
      readonly leaf: number | null;
      readonly block: number | null;
      /** Null where nothing proves it to others. */
      readonly proof: Proof | null;
    }
  /** Nothing that the operator is to blame for, yet a person must look. */
  | { readonly state: 'warning'; readonly code: string; readonly text: string; readonly leaf: number };

export type Cheated = Extract<Verdict, { state: 'cheated' }>;

export interface Effects {
  readonly send: Message[];
  readonly verdicts: Verdict[];
}
