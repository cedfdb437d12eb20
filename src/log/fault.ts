// What can be wrong with a log that one reads back, whoever kept it. Codes: docs/ledger-format.md.

export const LOG_FAULT_CODES = [
  'leaf-missing',
  'leaf-altered',
  'leaf-malformed',
  'id-altered',
  'body-altered',
  'checkpoint-invalid',
  'checkpoint-missing',
  'root-mismatch',
  'size-mismatch',
  'row-altered',
  'damaged',
  'file-altered',
  'file-unknown',
] as const;
export type LogFaultCode = (typeof LOG_FAULT_CODES)[number];

export interface LogFault {
  /** index of the first bad leaf; null when the fault is in no leaf */
  readonly leaf: number | null;
  readonly code: LogFaultCode;
  readonly text: string;
}
