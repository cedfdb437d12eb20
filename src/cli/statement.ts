// `microgrid statement`: the statement of an account and month out of a ledger database or its export. Reads only.
import { parseArgs } from 'node:util';
import { ledgerPlace } from '../audit/place-store.ts';
import { type AuditSource, databaseFileSource, exportSource } from '../audit/sources.ts';
import { openFileStore } from '../log/file-store.ts';
import { Pace } from '../log/pace.ts';
import { openAuditStore } from '../log/sqlite-audit-store.ts';
import { accountsOfMonth } from '../settlement/statement/accounts-of-month.ts';
import { Statements } from '../settlement/statement/document.ts';
import { accountsFile, FILE_FORMATS, type FileFormat, statementFile } from '../settlement/statement/files.ts';
import { makeMonth } from '../settlement/statement/make.ts';
import { CLOSING_DAYS, isMonth, type Period, periodOf } from '../settlement/statement/period.ts';
import { isAccount } from '../settlement/statement/read.ts';
import { sequenceSource, zoneOfLedger } from '../settlement/statement/sequence-source.ts';
import { isTimeZone } from '../time/zone.ts';
import { quote } from '../units.ts';
import { type ExitCode, InputError, type Io, oneFile } from './io.ts';
import { inUse } from './verify.ts';

export const name = 'statement';
export const summary = 'statements of a month out of a ledger';
export const help = `Use: microgrid statement --month MONTH [--member ID | --account NAME] [options] PATH

Writes the statement of a member for a month (docs/statement.md). PATH is a ledger database (ledger.sqlite), an exported
directory, or the directory that holds both. Without a member: all accounts side by side, whose totals sum to 0.

  --month MONTH       such as 2026-05
  --member ID         whose statement, such as home-03
  --account NAME      supplier, network, tax or fund
  --format FORMAT     html: a page to print; csv: every line, with the records that it follows from; totals: what they add up
                      to, as CSV; json (default): all of it, exact
  --json              the same as --format json
  --time-zone ZONE    where the street is, such as Europe/Paris (default: that of the tariff in the ledger, else UTC)
  --closing-days N    days after its end until a month is closed (default ${CLOSING_DAYS}); what is settled later stands in the next one

Whether the ledger holds, microgrid verify tells.
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      month: { type: 'string' },
      member: { type: 'string' },
      account: { type: 'string' },
      format: { type: 'string' },
      json: { type: 'boolean', default: false },
      'time-zone': { type: 'string' },
      'closing-days': { type: 'string', default: String(CLOSING_DAYS) },
    },
  });
  const path = oneFile(
    positionals,
    'PATH is missing: a ledger database, an exported directory, or the directory of both',
  );
  const account = accountOf(values.member, values.account);
  const format = formatOf(values.format, values.json);
  const periodIn = periodFrom(values.month, values['time-zone'], values['closing-days']);
  const pace = new Pace();
  const { source, close } = await openLedger(path, pace);
  try {
    const leaves = { leaves: () => source.leaves(), checkpoint: source.checkpoint(source.sealedSize) };
    const period = periodIn(values['time-zone'] ?? (await zoneOfLedger(leaves, pace)) ?? 'UTC');
    const statements = await sequenceSource(leaves, period, pace);
    const asked = (each: string) => each === account;
    const { book, context, accounts } = await makeMonth({ source: statements, period, asOf: io.now(), pace }, asked);
    if (account === null) {
      io.stdout.write(accountsFile(accountsOfMonth(book, context), format).text);
      return 0;
    }
    if (!accounts.includes(account)) {
      throw new InputError(
        `${account} has nothing in ${period.month}; known are ${accounts.join(', ') || 'no accounts'}`,
      );
    }
    io.stdout.write(statementFile(new Statements(book, context).of(account), format).text);
    return 0;
  } finally {
    close();
  }
}

async function openLedger(path: string, pace: Pace): Promise<{ source: AuditSource; close: () => void }> {
  const { database, exported } = ledgerPlace(path);
  if (database === null) return { source: await exportSource(openFileStore(exported ?? path), pace), close: () => {} };
  try {
    const store = openAuditStore(database);
    return { source: databaseFileSource(store), close: () => store.close() };
  } catch (error) {
    throw inUse(error, path, 'read', 'statement') ?? error;
  }
}

function accountOf(member: string | undefined, account: string | undefined): string | null {
  if (member !== undefined && account !== undefined) throw new InputError('give --member or --account, not both');
  const asked = member === undefined ? account : `member/${member}`;
  if (asked === undefined || isAccount(asked)) return asked ?? null;
  throw new InputError(
    member === undefined
      ? `--account must be supplier, network, tax or fund, but is ${quote(asked)}`
      : `--member must be a member id such as home-03, but is ${quote(member)}`,
  );
}

function formatOf(format: string | undefined, json: boolean): FileFormat {
  if (format === undefined) return 'json';
  if (json && format !== 'json') throw new InputError(`--json prints JSON, but --format is ${quote(format)}`);
  const found = FILE_FORMATS.find((known) => known === format);
  if (found) return found;
  throw new InputError(`--format must be one of ${FILE_FORMATS.join(', ')}, but is ${quote(format)}`);
}

/** The month, once its place is known. @throws InputError for what is wrong already now */
function periodFrom(month: string | undefined, zone: string | undefined, days: string): (timeZone: string) => Period {
  if (month === undefined) throw new InputError('--month is missing; write it as 2026-05');
  if (!isMonth(month)) throw new InputError(`--month must be written as 2026-05, but is ${quote(month)}`);
  if (zone !== undefined && !isTimeZone(zone)) {
    throw new InputError(`--time-zone must be a place such as Europe/Paris, but is ${quote(zone)}`);
  }
  if (!/^\d{1,2}$/.test(days)) throw new InputError(`--closing-days must be a whole number, but is ${quote(days)}`);
  periodOf(month, 'UTC', Number(days));
  return (timeZone) => periodOf(month, timeZone, Number(days));
}
