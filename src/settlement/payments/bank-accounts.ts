// Who has which bank account, as people write it: one line each, `party; name; IBAN; BIC`. The party is a member's id, or one
// of the accounts that are no members; the BIC may be left out. Faults name the line, never the number in it.
import { bicFault, compactIban, ibanFault } from './iban.ts';
import { sepaText } from './sepa-text.ts';

export interface BankAccount {
  /** Of its holder, as the bank has it. */
  readonly name: string;
  /** Without spaces, checked. */
  readonly iban: string;
  readonly bic?: string;
}

/** The account of the community itself, which collects for those below where it is asked to. */
export const COMMUNITY = 'community';
/** Accounts of a settlement that are no members. */
export const EXTERNAL = ['supplier', 'network', 'tax', 'fund'] as const;

/**
 * By account as settlements name it: `member/home-03`, `supplier`.
 * @throws RangeError naming the line
 */
export function parseBankAccounts(text: string): ReadonlyMap<string, BankAccount> {
  const accounts = new Map<string, BankAccount>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [party, account] = parseLine(line, `line ${index + 1} of the bank accounts`);
    if (accounts.has(party)) throw new RangeError(`line ${index + 1} of the bank accounts names ${party} again`);
    accounts.set(party, account);
  }
  return accounts;
}

/** The account that a name in the list stands for. */
export function accountNamed(party: string): string {
  const known: readonly string[] = [COMMUNITY, ...EXTERNAL];
  return known.includes(party) || party.startsWith('member/') ? party : `member/${party}`;
}

function parseLine(line: string, where: string): [string, BankAccount] {
  const [party = '', name = '', number = '', code = '', ...more] = line.split(/[;\t]/).map((part) => part.trim());
  if (!/^(?:member\/)?[a-z0-9][a-z0-9-]{0,62}$/.test(party) || number === '' || more.length > 0) {
    throw new RangeError(`${where} must be "party; name; IBAN; BIC", such as "home-03; Erika Muster; AT61 ..."`);
  }
  if (sepaText(name, 70) === '') throw new RangeError(`${where} has no name of the holder`);
  const iban = compactIban(number);
  const fault = ibanFault(iban);
  if (fault) throw new RangeError(`the IBAN in ${where} ${fault}`);
  const bic = compactIban(code);
  if (bic === '') return [accountNamed(party), { name, iban }];
  const wrong = bicFault(bic);
  if (wrong) throw new RangeError(`the BIC in ${where} ${wrong}`);
  return [accountNamed(party), { name, iban, bic }];
}
