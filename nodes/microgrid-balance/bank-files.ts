// The files that a closing gives: one order per debtor, for its own bank, and for each payment the text of a QR code. Who has no
// bank account in the list, and which payments nobody can order therefore, is told in sentences without any number of theirs.
import type { TextFile } from '../../src/market/keys-file.ts';
import type { BankAccount } from '../../src/settlement/payments/bank-accounts.ts';
import type { Closing, Payment } from '../../src/settlement/payments/book.ts';
import { epcQr } from '../../src/settlement/payments/epc-qr.ts';
import { pain001 } from '../../src/settlement/payments/pain001.ts';

export interface OrderSettings {
  readonly accounts: ReadonlyMap<string, BankAccount>;
  readonly currency: string;
  readonly executionDate: string;
  /** Name of the community. */
  readonly origin: string;
  /** Unix ms. */
  readonly createdAt: number;
}

export interface BankFile extends TextFile {
  /** Whose bank the file is for. */
  readonly account: string;
}

export function bankFiles(closing: Closing, settings: OrderSettings): { files: BankFile[]; problems: string[] } {
  const { payments } = closing;
  if (settings.currency !== 'EUR') {
    const problem = `SEPA moves euros only, so payments in ${settings.currency} are ordered by hand`;
    return { files: [], problems: payments.length === 0 ? [] : [problem] };
  }
  const accountOf = (party: string) => settings.accounts.get(party);
  const problems: string[] = [];
  const files: BankFile[] = [];
  let number = 0;
  for (const [from, own] of Map.groupBy(payments, ({ from }) => from)) {
    number += 1;
    const transfers = own.flatMap((payment) => {
      const creditor = accountOf(payment.to);
      if (creditor) return [{ ...payment, creditor, text: textOf(payment, closing, settings) }];
      problems.push(`${payment.to} has no bank account in this node, so payment ${payment.id} is not ordered`);
      return [];
    });
    for (const { id, creditor, cents, text } of transfers) {
      const code = epcQr(creditor, cents, text);
      files.push({ account: from, name: `${id}-qr.txt`, mediaType: 'text/plain', text: code });
    }
    const debtor = accountOf(from);
    if (!debtor) problems.push(`${from} has no bank account in this node, so there is no file for its bank`);
    if (!debtor || transfers.length === 0) continue;
    const { executionDate, createdAt, origin: initiator } = settings;
    const id = `${closing.id}-F${String(number).padStart(2, '0')}`;
    const text = pain001({ id, createdAt, executionDate, debtor, initiator, transfers });
    files.push({ account: from, name: `${id}.xml`, mediaType: 'application/xml', text });
  }
  return { files, problems };
}

/** What both read on their statements. */
function textOf({ id }: Payment, { since }: Closing, { origin }: OrderSettings): string {
  const days = [since[0]?.[0], since.at(-1)?.[1]].map((interval) => interval?.slice(0, 10) ?? '');
  return `${origin} ${days.join(' - ')} ${id}`;
}
