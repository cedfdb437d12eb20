// Reads a settlement as it comes in a message or as the body of a record, and checks what a statement stands on. By hand, not
// by schema: a month of a thousand members is ten million lines. Fields that a statement does not use are left aside.
import { isInterval } from '../../time/interval.ts';
import { describe, type Quality, requireInteger } from '../../units.ts';
import { type FullTariffs, tariffsFrom } from '../tariff-record.ts';
import type { Tariffs } from '../tariffs.ts';
import type { BilledLine, BilledRow, Settled } from './parts.ts';

const ACCOUNT = /^(?:member\/[a-z0-9][a-z0-9-]{0,62}|supplier|network|tax|fund)$/;
const CODE = /^[a-z][a-z0-9-]{0,63}$/;
const QUALITIES: readonly unknown[] = ['measured', 'estimated', 'missing'];

type Fields = Readonly<Record<string, unknown>>;

export function isAccount(value: unknown): value is string {
  return matches(ACCOUNT, value);
}

/**
 * @param value with `tariffs`, `lines`, `statements`, and `number` where that is not 0
 * @param at when it was settled, Unix ms
 * @throws RangeError naming the field
 */
export function readSettled(value: unknown, at: number, leaf: number | null): Settled {
  const { tariffs, lines, statements, number = 0 } = fieldsOf(value, 'the settlement');
  requireInteger(number, 'number', 0);
  // A correction takes lines back.
  const least = number === 0 ? 0 : -Number.MAX_SAFE_INTEGER;
  return {
    at,
    leaf,
    number: number as number,
    tariffs: number !== 0 && tariffs === undefined ? null : readTariffs(tariffs),
    lines: listOf(lines, 'lines').map((line, index) => readLine(line, index, least)),
    statements: listOf(statements, 'statements').map(readRow),
  };
}

/** @throws RangeError */
export function readIntervalName(value: unknown): string {
  if (isInterval(value)) return value;
  throw new RangeError(`interval must be a UTC quarter hour such as 2026-11-22T08:15Z, but is ${describe(value)}`);
}

/** @param leastWh below 0 in corrections, which take lines back */
function readLine(value: unknown, index: number, leastWh: number): BilledLine {
  // The path is made only where it is told.
  const at = () => `lines[${index}]`;
  const { account, counterAccount, wh, price, amount, code } = fieldsOf(value, 'a line');
  if (!isAccount(account)) throw wrong(`${at()}.account`, 'an account such as member/home-03 or supplier', account);
  if (!isAccount(counterAccount)) {
    throw wrong(`${at()}.counterAccount`, 'an account such as member/home-03 or supplier', counterAccount);
  }
  if (!matches(CODE, code)) throw wrong(`${at()}.code`, 'a code of small letters, digits and hyphens', code);
  if (!isWh(wh)) requireInteger(wh, `${at()}.wh`, leastWh);
  if (!Number.isSafeInteger(price) || Object.is(price, -0)) requireInteger(price, `${at()}.price`);
  if (!Number.isSafeInteger(amount) || Object.is(amount, -0)) requireInteger(amount, `${at()}.amount`);
  return { account, counterAccount, wh: wh as number, price: price as number, amount: amount as number, code };
}

function readRow(value: unknown, index: number): BilledRow {
  const row = fieldsOf(value, `statements[${index}]`);
  const at = (name: string) => `statements[${index}].${name}`;
  const { member, importWh, exportWh, quality } = row;
  if (typeof member !== 'string' || !isAccount(`member/${member}`)) throw wrong(at('member'), 'a member id', member);
  if (!QUALITIES.includes(quality)) throw wrong(at('quality'), 'measured, estimated or missing', quality);
  const wh = (name: string) => {
    const energy = row[name];
    return isWh(energy) ? energy : requireInteger(energy, at(name), 0);
  };
  const { poolBoughtWh, poolSoldWh } = row;
  return {
    member,
    importWh: importWh === null ? null : wh('importWh'),
    exportWh: exportWh === null ? null : wh('exportWh'),
    quality: quality as Quality,
    boughtWh: wh('boughtWh'),
    soldWh: wh('soldWh'),
    ...(poolBoughtWh === undefined ? {} : { poolBoughtWh: wh('poolBoughtWh') }),
    ...(poolSoldWh === undefined ? {} : { poolSoldWh: wh('poolSoldWh') }),
    supplierWh: wh('supplierWh'),
    feedInWh: wh('feedInWh'),
    amount: requireInteger(row['amount'], at('amount')),
  };
}

/** Prices as they were applied; what a later rule adds goes on to it as it is, as long as it counts in integers. */
function readTariffs(value: unknown): Tariffs {
  const tariffs = fieldsOf(value, 'tariffs');
  requireInteger(tariffs['import'], 'tariffs.import');
  requireInteger(tariffs['feedIn'], 'tariffs.feedIn');
  checkNumbers(tariffs, 'tariffs', 4);
  // A record names the balancing rule, a message has it with its penalty.
  return typeof tariffs['balancing'] === 'string'
    ? tariffsFrom(tariffs as unknown as FullTariffs)
    : (tariffs as unknown as Tariffs);
}

function checkNumbers(value: unknown, at: string, depth: number): void {
  if (typeof value === 'number') requireInteger(value, at);
  else if (typeof value === 'object' && value !== null) {
    if (depth === 0) throw new RangeError(`${at} is nested too deeply`);
    for (const [name, part] of Object.entries(value)) checkNumbers(part, `${at}.${name}`, depth - 1);
  }
}

function matches(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isWh(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
}

function fieldsOf(value: unknown, at: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(at, 'an object', value);
}

function listOf(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw wrong(at, 'a list', value);
}

function wrong(at: string, what: string, value: unknown): RangeError {
  return new RangeError(`${at} must be ${what}, but is ${describe(value)}`);
}
