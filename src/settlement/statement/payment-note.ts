// A confirmed payment is a note of the operator in the ledger, in one fixed sentence (microgrid-balance writes it). Statements
// read it back: what was paid stands on both accounts. A note of anybody else is only a note.
import type { PaymentMade } from './parts.ts';
import { isAccount } from './read.ts';

const SENTENCE =
  /^Payment (\S{1,35}) of (\d{1,11})\.(\d{2}) ([A-Z]{3}) from (\S{1,70}|the [a-z]{1,20}) to (\S{1,70}|the [a-z]{1,20}) was made on (\d{4}-\d{2}-\d{2})\./;
const NANO_PER_CENT = 10_000_000;

/** Null where the note tells of no payment, or of one in another currency. @param at when it was recorded, Unix ms */
export function readPaymentNote(text: unknown, currency: string, at: number, leaf: number | null): PaymentMade | null {
  const found = typeof text === 'string' ? SENTENCE.exec(text) : null;
  if (!found) return null;
  const [, id = '', whole = '', hundredths = '', paidIn, from = '', to = '', on = ''] = found;
  const amount = Number(`${whole}${hundredths}`) * NANO_PER_CENT;
  const [payer, payee] = [accountOf(from), accountOf(to)];
  if (paidIn !== currency || !payer || !payee || amount === 0 || !Number.isSafeInteger(amount)) return null;
  return { id, at, on, from: payer, to: payee, amount, leaf };
}

/** `home-03` or `the supplier` as an account; that of the community collects for others. */
function accountOf(name: string): string | null {
  const account = name.startsWith('the ') ? name.slice(4) : `member/${name}`;
  return account === 'community' || isAccount(account) ? account : null;
}
