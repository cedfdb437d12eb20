// What a statement node sends: statements as objects or as files, ready for a file node and for the answer to a browser.
import type { AccountsOfMonth } from '../../src/settlement/statement/accounts-of-month.ts';
import type { Statement } from '../../src/settlement/statement/document.ts';
import { accountsFile, FILE_FORMATS, type FileFormat, statementFile } from '../../src/settlement/statement/files.ts';
import { isAccount } from '../../src/settlement/statement/read.ts';
import type { Message } from '../shared/define-node.ts';
import type { Payload, STATEMENT_FORMATS } from '../shared/messages.ts';

export type Format = (typeof STATEMENT_FORMATS)[number];

/** Made one by one, as they are asked for: each may take some time. */
export function* messagesOf(statement: Statement, format: Format): Generator<Message> {
  const { account, month, state, member } = statement;
  const more = { topic: member ?? account, month, account, state };
  if (format === 'object') yield { ...more, payload: { type: 'monthly-statement', ...statement } };
  else for (const each of formatsOf(format)) yield fileMessage(statementFile(statement, each), more);
}

export function* accountMessages(accounts: AccountsOfMonth, format: Format): Generator<Message> {
  const { month, state } = accounts;
  const more = { topic: month, month, state };
  if (format === 'object') yield { ...more, payload: { type: 'accounts', ...accounts } };
  // Lines and totals of all accounts are one table.
  else if (format === 'totals') yield fileMessage(accountsFile(accounts, format), more);
  else
    for (const each of formatsOf(format)) if (each !== 'totals') yield fileMessage(accountsFile(accounts, each), more);
}

const formatsOf = (format: Exclude<Format, 'object'>): readonly FileFormat[] =>
  format === 'files' ? FILE_FORMATS : [format];

/** For a file node and for the answer to a browser alike. */
function fileMessage({ name, mediaType, text }: ReturnType<typeof statementFile>, more: Message): Message {
  const headers = { 'content-type': mediaType, 'content-disposition': `inline; filename="${name}"` };
  return { ...more, payload: text, filename: name, headers };
}

/** Whose statement is asked for; null for all. @param own id of the only member whom the node is for, or empty */
export function accountOf({ member, account }: Payload<'statement-request'>, own: string): string | null {
  if (member !== undefined && account !== undefined) throw new Error('ask for a member or an account, not for both');
  const asked = account ?? (member === undefined ? null : `member/${member}`);
  if (asked !== null && asked !== 'community' && !isAccount(asked)) {
    throw new Error('the account must be supplier, network, tax or fund, or member/ and an id');
  }
  if (own === '') return asked;
  if (asked === null || asked === `member/${own}`) return `member/${own}`;
  throw new Error(`this node makes the statements of ${own} alone`);
}
