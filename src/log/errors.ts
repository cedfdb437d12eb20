// Errors of the log. Each carries a stable code for programs and one sentence for the person who has to act on it.

/** Bytes that do not follow the format they claim to follow. */
export class FormatError extends Error {
  readonly code: string;

  constructor(code: string, text: string) {
    super(text);
    this.name = 'FormatError';
    this.code = code;
  }
}

/** Bytes of one leaf, or of the file that should hold it, that do not follow the format. */
export class LeafError extends FormatError {
  /** Index of the leaf. */
  readonly leaf: number;

  constructor(leaf: number, code: string, text: string) {
    super(code, text);
    this.name = 'LeafError';
    this.leaf = leaf;
  }
}

/** `malformed`: not a signed note; `unverified`: no known key signed it; `invalid-signature`: a known key's signature is wrong. */
export type NoteErrorCode = 'malformed' | 'unverified' | 'invalid-signature' | 'ambiguous-key';

/** A signed note that must not be believed. */
export class NoteError extends FormatError {
  declare readonly code: NoteErrorCode;

  constructor(code: NoteErrorCode, text: string) {
    super(code, text);
    this.name = 'NoteError';
  }
}

export type StoreErrorCode =
  | 'in-use' // another process (or store object) holds the database
  | 'not-a-file' // a directory, symbolic link or device stands where the database should be
  | 'not-a-log' // no database, or not one of ours
  | 'wrong-version' // written by a newer or unknown format
  | 'damaged' // readable, but the content contradicts itself
  | 'read-only'
  | 'refused' // the caller asked for something a log never does
  | 'closed'
  | 'failed'; // the disk refused (full, read-only, I/O error): reopen, which verifies

/** The database cannot be opened, trusted or written. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, text: string, cause?: unknown) {
    super(text, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}
