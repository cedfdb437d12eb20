// A statement as files: what they are called, of which kind they are, and their text.
import type { AccountsOfMonth } from './accounts-of-month.ts';
import { accountsPage } from './accounts-page.ts';
import { accountsCsv, linesCsv, totalsCsv } from './csv.ts';
import { fileNameOf, type Statement } from './document.ts';
import { statementPage } from './page.ts';

export const FILE_FORMATS = ['html', 'csv', 'totals', 'json'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

export interface StatementFile {
  readonly name: string;
  readonly mediaType: string;
  readonly text: string;
}

export function statementFile(statement: Statement, format: FileFormat): StatementFile {
  const name = fileNameOf(statement);
  switch (format) {
    case 'html':
      return { name: `${name}.html`, mediaType: HTML, text: statementPage(statement) };
    case 'csv':
      return { name: `${name} lines.csv`, mediaType: CSV, text: linesCsv(statement) };
    case 'totals':
      return { name: `${name} totals.csv`, mediaType: CSV, text: totalsCsv(statement) };
    case 'json':
      return { name: `${name}.json`, mediaType: 'application/json', text: `${JSON.stringify(statement)}\n` };
  }
}

/** All accounts of a month side by side. */
export function accountsFile(accounts: AccountsOfMonth, format: FileFormat): StatementFile {
  const name = fileNameOf({ ...accounts, account: 'all accounts' });
  if (format === 'html') return { name: `${name}.html`, mediaType: HTML, text: accountsPage(accounts) };
  if (format === 'json') {
    return { name: `${name}.json`, mediaType: 'application/json', text: `${JSON.stringify(accounts)}\n` };
  }
  return { name: `${name}.csv`, mediaType: CSV, text: accountsCsv(accounts) };
}

const HTML = 'text/html; charset=utf-8';
const CSV = 'text/csv; charset=utf-8; header=present';
