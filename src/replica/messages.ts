// What the machines of a community say to each other about their ledger (docs/messages.md, "Between members"). Plain JSON, over
// whatever carries messages; nothing in it is believed because of who sent it: signatures, hashes and proofs decide.

/** The newest checkpoint, in answer to `checkpoint-wanted` or told to everybody after each block. */
export interface CheckpointMessage {
  readonly type: 'checkpoint';
  readonly origin: string;
  readonly size: number;
  /** Base64, like in the note. */
  readonly root: string;
  /** Signed by the log key, with the cosignatures collected so far. */
  readonly note: string;
  /** Shows that it continues the log of `size` leaves. */
  readonly from: { readonly size: number; readonly proof: readonly string[] } | null;
  readonly state: 'sealed' | 'witnessed';
  readonly to?: string | undefined;
}

export interface CheckpointWanted {
  readonly type: 'checkpoint-wanted';
  readonly origin: string;
  /** Leaves that the asker has. */
  readonly from: number;
  readonly member: string;
  readonly to?: string | undefined;
}

export interface CosignatureMessage {
  readonly type: 'cosignature';
  readonly origin: string;
  readonly size: number;
  readonly member: string;
  /** C2SP tlog-cosignature, with its newline. */
  readonly line: string;
}

export interface LeavesWanted {
  readonly type: 'leaves-wanted';
  readonly origin: string;
  readonly from: number;
  readonly limit: number;
  readonly member: string;
  /** A request note: who may read more than everybody shows it with this. */
  readonly signed?: string | undefined;
  readonly to?: string | undefined;
}

export interface SentLeaf {
  readonly note: string;
  /** Null where it is withheld from the asker, erased or not known to who answers. */
  readonly body: string | null;
  /** Of a header: the checkpoint that was signed with it. */
  readonly checkpoint?: string | undefined;
}

export interface LeavesMessage {
  readonly type: 'leaves';
  readonly origin: string;
  readonly from: number;
  readonly leaves: readonly SentLeaf[];
  /** Of the checkpoint that these leaves lie under. */
  readonly size: number;
  readonly checkpoint: string;
  readonly to?: string | undefined;
}

/** A signed record on its way to the operator. */
export interface RecordMessage {
  readonly type: 'record';
  readonly origin: string;
  readonly note: string;
  readonly body: string;
}

export interface ReceiptMessage {
  readonly type: 'receipt';
  readonly origin: string;
  readonly id: string;
  readonly index: number;
  /** Null for a record that stood in the log before. */
  readonly receipt: SentReceipt | null;
  readonly to: string;
}

/** As `src/ledger/receipt.ts` has it. */
export interface SentReceipt {
  readonly note: string;
  readonly index: number;
  readonly leaf: string;
  readonly path: readonly string[];
}

/** What the operator did not take, and why: a note of the log key. */
export interface RefusedMessage {
  readonly type: 'refused';
  readonly origin: string;
  readonly note: string;
  readonly to: string;
}

export interface ProofWanted {
  readonly type: 'proof-wanted';
  readonly origin: string;
  readonly ids: readonly string[];
  readonly to?: string | undefined;
}

export interface ProofMessage {
  readonly type: 'proof';
  readonly origin: string;
  readonly id: string;
  readonly index: number;
  /** Leaf hash, hexadecimal. */
  readonly leaf: string;
  readonly path: readonly string[];
  readonly checkpoint: string;
}

export interface RosterWanted {
  readonly type: 'roster-wanted';
  readonly origin: string;
  readonly size: number;
  readonly member: string;
  readonly to?: string | undefined;
}

/** Who may witness the checkpoint over `size` leaves. */
export interface RosterMessage {
  readonly type: 'roster';
  readonly origin: string;
  readonly size: number;
  /** The note of the last of these leaves, a header, and the path from it to the root. */
  readonly header: string;
  readonly path: readonly string[];
  /** The note of the header before; null for block 0. */
  readonly before: string | null;
  /** Text of the roster that the header before (in block 0 the header itself) commits to. */
  readonly roster: string;
  readonly to?: string | undefined;
}

export interface EvidenceMessage {
  readonly type: 'evidence';
  readonly origin: string;
  readonly code: string;
  readonly text: string;
  /** An evidence file: `microgrid verify` accepts it. */
  readonly file: object;
}

export type Message =
  | CheckpointMessage
  | CheckpointWanted
  | CosignatureMessage
  | LeavesWanted
  | LeavesMessage
  | RecordMessage
  | ReceiptMessage
  | RefusedMessage
  | ProofWanted
  | ProofMessage
  | RosterWanted
  | RosterMessage
  | EvidenceMessage;

export type Wanted = CheckpointWanted | LeavesWanted | ProofWanted | RosterWanted;

/** Whether a message is about this ledger, and for this member or everybody. */
export function concerns(message: Message, origin: string, member: string): boolean {
  if (message.origin !== origin) return false;
  return !('to' in message) || message.to === undefined || message.to === member;
}
