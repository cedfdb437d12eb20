// `microgrid page`: where the page lies that checks ledgers without a server, or a copy of it to hand on.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { shownPath, systemReason } from '../input/system-error.ts';
import { type ExitCode, InputError, type Io, messageOf, printJson } from './io.ts';

export const name = 'page';
export const summary = 'the page that checks a ledger in a browser';
export const help = `Use: microgrid page [-o FILE] [--json]

Prints the path of a page that checks ledgers: open it in a browser, drop the folder of an exported ledger, a statement (JSON) or an
evidence file, and see what follows from what. It is one file, needs neither server nor network, and runs the same audit as
microgrid verify; hand it on to your neighbours.

  -o, --output FILE   write a copy of the page there
  --json              one JSON document: path, bytes, sha256
`;

/** Beside the compiled command, or where a build of the sources puts it. */
const PLACES = ['../../page/check.html', '../../dist/page/check.html'];

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { output: { type: 'string', short: 'o' }, json: { type: 'boolean', default: false } },
  });
  if (positionals.length > 0) throw new InputError('page takes no FILE; -o FILE says where to write a copy');
  const place = PLACES.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
  if (place === undefined) throw new InputError('the page is not built yet; run npm run build');
  const content = readFileSync(place);
  const { output } = values;
  if (output !== undefined) write(output, content);
  const path = output ?? place;
  if (values.json)
    printJson(io, { path, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') });
  else io.stdout.write(`${path}\n`);
  return 0;
}

function write(path: string, content: Uint8Array): void {
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw new InputError(`${shownPath(path)} cannot be written: ${systemReason(error) ?? messageOf(error)}`);
  }
}
