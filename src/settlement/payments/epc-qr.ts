// A payment as the text of a QR code that banking apps read (EPC069-12 version 2.1, "Quick Response Code: Guidelines to Enable
// Data Capture for the Initiation of a SEPA Credit Transfer"), version 002, which needs no BIC. Drawn with error correction M.
import type { BankAccount } from './bank-accounts.ts';
import { centsText } from './cents.ts';
import { sepaText } from './sepa-text.ts';

/** At most 331 bytes, as the guideline has it: every part is within its length, and all characters are ASCII. */
export function epcQr(creditor: BankAccount, cents: number, text: string): string {
  const amount = `EUR${centsText(cents)}`;
  const UTF8 = '1';
  // Purpose and structured reference stay empty; trailing empty lines are left out.
  const lines = ['BCD', '002', UTF8, 'SCT', creditor.bic ?? '', sepaText(creditor.name, 70), creditor.iban, amount];
  return [...lines, '', '', sepaText(text, 140)].join('\n');
}
