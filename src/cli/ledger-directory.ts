// The directory that `simulate --ledger` writes: a new one, or one without a ledger in it.
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { shownPath, systemReason } from '../input/system-error.ts';
import { DATABASE_NAME, EXPORT_NAME } from '../ledger/directory-store.ts';
import { InputError } from './io.ts';

/** @throws InputError when a database or an export is there already */
export function refuseExistingLedger(path: string): void {
  const found = [DATABASE_NAME, EXPORT_NAME].map((name) => join(path, name)).find((part) => existsSync(part));
  if (found === undefined) return;
  throw new InputError(
    `${shownPath(found)} is there already; a simulation begins a ledger of its own, so choose another --ledger`,
  );
}

/**
 * Makes a directory and those above it that are missing, or finds that it can be written to.
 * @throws InputError naming the directory at fault
 */
export function makeDirectory(path: string): void {
  if (path === '') throw new InputError('--ledger is empty; name a directory');
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  let at = path;
  try {
    // One by one: Node's recursive mkdir never ends in a place that takes no directories, such as /proc.
    for (at of missing) mkdirSync(at);
    at = path;
    if (!statSync(path).isDirectory())
      throw new InputError(`${shownPath(path)} is no directory; choose another --ledger`);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = isCode(error, 'ENOENT') ? 'no directories can be made there' : systemReason(error);
    if (reason === null) throw error;
    const what = missing.includes(at) ? 'cannot be made' : 'cannot be written to';
    throw new InputError(`the directory ${shownPath(at)} ${what}: ${reason}; choose another --ledger`);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
