// What the page and its worker say to each other: plain data. The worker reads files and checks; the page shows.

/** A file that was dropped or chosen, with its place below what was dropped. */
export interface DroppedFile {
  readonly path: string;
  readonly file: Blob;
}

export type Request =
  | { readonly type: 'check'; readonly files: readonly DroppedFile[]; readonly keys: string }
  | { readonly type: 'block'; readonly height: number; readonly from: number }
  | { readonly type: 'record'; readonly leaf: number };

export type Reply =
  | { readonly type: 'progress'; readonly done: number; readonly size: number }
  | { readonly type: 'answer'; readonly answer: Answer }
  /** What was dropped cannot be checked; one sentence. */
  | { readonly type: 'problem'; readonly text: string }
  | { readonly type: 'block'; readonly block: BlockView }
  | { readonly type: 'record'; readonly record: RecordView };

/** `open`: nothing against it, but not everything could be looked at. */
export type State = 'good' | 'bad' | 'open';

export interface Answer {
  readonly state: State;
  /** One sentence that answers the question. */
  readonly title: string;
  readonly text: string;
  /** What follows from what: each link stands on the one before. */
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  readonly ledger: LedgerSummary | null;
  /** Name of the ledger with which more could be said; null where nothing is missing. */
  readonly wants: string | null;
}

export interface Step {
  readonly name: string;
  readonly state: State;
  readonly text: string;
  /** A key or hash, whole. */
  readonly detail?: string;
}

export interface Fault {
  readonly leaf: number | null;
  readonly block: number | null;
  readonly code: string;
  /** What a code means, in words; then what was found. */
  readonly title: string;
  readonly text: string;
}

export interface LedgerSummary {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly blocks: readonly BlockCard[];
}

export interface BlockCard {
  readonly height: number;
  readonly first: number;
  readonly count: number;
  readonly interval: string | null;
  readonly time: string | null;
  /** Of the header's text, hex; what the next block names as `previous`. */
  readonly hash: string;
  readonly previous: string | null;
  /** Kinds of its records and how many of each. */
  readonly kinds: readonly (readonly [kind: string, count: number])[];
  readonly faults: number;
}

export interface RecordRow {
  readonly leaf: number;
  readonly kind: string;
  readonly member: string | null;
  readonly sentence: string;
  readonly bad: boolean;
}

export interface BlockView {
  readonly height: number;
  readonly rows: readonly RecordRow[];
  /** Leaf with which the next page begins; null on the last. */
  readonly next: number | null;
}

export type Cell = string | Table;
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Rows that are not shown. */
  readonly more: number;
}
export interface Field {
  readonly name: string;
  readonly value: Cell;
}

export interface SignatureView {
  readonly name: string;
  readonly state: State;
  readonly text: string;
}

export interface JoinView {
  readonly sibling: string;
  readonly side: 'left' | 'right';
  readonly node: string;
}

export interface RecordView {
  readonly leaf: number;
  readonly sentence: string;
  readonly fields: readonly Field[];
  readonly signatures: readonly SignatureView[];
  readonly faults: readonly Fault[];
  readonly note: string;
  /** Null where it is withheld. */
  readonly body: string | null;
  /** Hashes in base64. */
  readonly leafHash: string;
  readonly path: readonly JoinView[];
  readonly root: string;
  /** Whether the path ends at the root that the checkpoint names. */
  readonly reaches: boolean;
  /** Why there is no path, where there is none. */
  readonly broken: string | null;
}
