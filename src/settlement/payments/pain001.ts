// A credit transfer order as a file for the debtor's bank: ISO 20022 `pain.001.001.09` (CustomerCreditTransferInitiationV09)
// as the European Payments Council restricts it for SEPA (EPC132-08, 2023 version 1.0, SCT C2PSP). One file orders from one
// account: one PmtInf, with its sum and number at both places.
//
// Where the BIC is not known the debtor's bank is `NOTPROVIDED` and the creditor's is left out: the IBAN names both.
// Written without a library: elements and text only, and text has no character that XML would have to escape but `'`,
// which needs it only in attributes. It is escaped all the same, so that nothing rests on that.
import { isDate } from '../../time/local-time.ts';
import { describe, requireInteger } from '../../units.ts';
import type { BankAccount } from './bank-accounts.ts';
import { centsText } from './cents.ts';
import { isSepaIdentifier, sepaText } from './sepa-text.ts';

export interface CreditTransfer {
  /** The payment's name from end to end, at most 35 characters. */
  readonly id: string;
  /** 1 to 99,999,999,999. */
  readonly cents: number;
  readonly creditor: BankAccount;
  /** What both read on their statements. */
  readonly text: string;
}

export interface TransferOrder {
  /** Of this file, not used before by this debtor. */
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  /** When the debtor's account is to be debited, such as `2026-08-05`. */
  readonly executionDate: string;
  readonly debtor: BankAccount;
  /** Who wrote the file. */
  readonly initiator: string;
  readonly transfers: readonly CreditTransfer[];
}

const NAMESPACE = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09';
const MOST_CENTS = 99_999_999_999;

/** An element: its name, and its text or what is in it. */
type Element = readonly [name: string, content: string | readonly Element[], attributes?: string];

/** @throws RangeError naming what no bank would take */
export function pain001({ id, createdAt, executionDate, debtor, initiator, transfers }: TransferOrder): string {
  requireIdentifier(id, 'the id of the file');
  if (!isDate(executionDate)) {
    throw new RangeError(`the execution date must be a day such as 2026-08-05, but is ${describe(executionDate)}`);
  }
  if (transfers.length === 0) throw new RangeError('a file without payments orders nothing');
  const ordered = transfers.map(transfer);
  const sum = transfers.reduce((all, { cents }) => all + BigInt(cents), 0n);
  const totals: Element[] = [
    ['NbOfTxs', String(transfers.length)],
    ['CtrlSum', centsText(sum)],
  ];
  const document: Element = [
    'Document',
    [
      [
        'CstmrCdtTrfInitn',
        [
          [
            'GrpHdr',
            [
              ['MsgId', id],
              ['CreDtTm', `${new Date(createdAt).toISOString().slice(0, 19)}Z`],
              ...totals,
              ['InitgPty', [name(initiator)]],
            ],
          ],
          [
            'PmtInf',
            [
              ['PmtInfId', id],
              ['PmtMtd', 'TRF'],
              ...totals,
              ['PmtTpInf', [['SvcLvl', [['Cd', 'SEPA']]]]],
              ['ReqdExctnDt', [['Dt', executionDate]]],
              ['Dbtr', [name(debtor.name)]],
              ['DbtrAcct', account(debtor)],
              ['DbtrAgt', [['FinInstnId', debtor.bic ? [['BICFI', debtor.bic]] : [['Othr', [['Id', 'NOTPROVIDED']]]]]]],
              ['ChrgBr', 'SLEV'],
              ...ordered,
            ],
          ],
        ],
      ],
    ],
    ` xmlns="${NAMESPACE}"`,
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${write(document, '')}`;
}

function transfer({ id, cents, creditor, text }: CreditTransfer): Element {
  requireIdentifier(id, 'the id of a payment');
  requireInteger(cents, `the amount of payment ${id}`, 1);
  if (cents > MOST_CENTS) throw new RangeError(`the amount of payment ${id} is above what SEPA moves at once`);
  return [
    'CdtTrfTxInf',
    [
      ['PmtId', [['EndToEndId', id]]],
      ['Amt', [['InstdAmt', centsText(cents), ' Ccy="EUR"']]],
      ...(creditor.bic ? ([['CdtrAgt', [['FinInstnId', [['BICFI', creditor.bic]]]]]] satisfies Element[]) : []),
      ['Cdtr', [name(creditor.name)]],
      ['CdtrAcct', account(creditor)],
      ['RmtInf', [['Ustrd', sepaText(text, 140)]]],
    ],
  ];
}

const name = (text: string): Element => ['Nm', sepaText(text, 70)];
const account = ({ iban }: BankAccount): Element[] => [['Id', [['IBAN', iban]]]];

function write([element, content, attributes = '']: Element, indent: string): string {
  if (typeof content === 'string') return `${indent}<${element}${attributes}>${escapeXml(content)}</${element}>\n`;
  const inside = content.map((each) => write(each, `${indent}  `)).join('');
  return `${indent}<${element}${attributes}>\n${inside}${indent}</${element}>\n`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function requireIdentifier(text: string, what: string): void {
  if (isSepaIdentifier(text)) return;
  throw new RangeError(`${what} must have 1 to 35 letters, digits and / - ? : ( ) . , ' +, but is ${describe(text)}`);
}
