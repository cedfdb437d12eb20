// `microgrid verify` (cli.md): checks a ledger from its database or its export, and names the first leaf that does not hold; or
// checks the proof in an evidence file.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { successionFault } from '../audit/succession.ts';
import { parseRosterFile } from '../audit/trust.ts';
import { type VerifyResult, verifyPath } from '../audit/verify.ts';
import { ENOUGH_WITNESSES } from '../ledger/quorum.ts';
import { StoreError } from '../log/errors.ts';
import { evidenceAt } from './evidence-file.ts';
import { type ExitCode, InputError, type Io, oneFile, printJson, readText } from './io.ts';

export const name = 'verify';
export const summary = 'check a ledger or its export';
export const help = `Use: microgrid verify [--roster FILE] [--previous OLD] [--json] PATH

Checks every record, signature, rule, auction and bill of a ledger. PATH is a ledger database (ledger.sqlite), an exported
directory, or the directory that holds both. Or PATH is evidence (docs/ledger-format.md), as microgrid evidence and the nodes
write it: then the proof in it is checked, without the ledger.

  --roster FILE   public keys that you know from elsewhere, one per line; without the operator's key the answer can
                  only be that the ledger agrees with itself ("trusted": false)
  --previous OLD  the ledger (database or export) that PATH follows after its operator could no longer be trusted: checks
                  that it is the one meant, and that enough of its members came along
  --json          one JSON document: ok, trusted, operator, size, root, blocks, records, unsealed, withheld, unchecked,
                  witnessed, errors; the first error names the first bad leaf. Of evidence: ok, trusted, evidence (kind,
                  ledger, operator, code, leaf, text)

Exit code: 0 the ledger or the proof holds, 1 it does not, 2 it could not be read.
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { roster: { type: 'string' }, previous: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const path = oneFile(
    positionals,
    'PATH is missing: a ledger database, an exported directory, or the directory of both',
  );
  const keys = values.roster === undefined ? [] : parseRosterFile(await readText(io, values.roster));
  const evidence = await evidenceAt(path, keys, io);
  if (evidence) {
    if (values.json) printJson(io, evidence);
    else io.stdout.write(`${evidence.ok ? 'The proof holds' : 'The proof does NOT hold'}. ${evidence.evidence.text}\n`);
    return evidence.ok ? 0 : 1;
  }
  let result: VerifyResult;
  try {
    result = await verifyPath(path, { keys });
  } catch (error) {
    throw inUse(error, path, 'check', 'verify') ?? error;
  }
  if (values.previous !== undefined && result.ok) result = await withPrevious(result, path, values.previous);
  if (values.json) printJson(io, result);
  else io.stdout.write(shortText(result));
  return result.ok ? 0 : 1;
}

async function withPrevious(result: VerifyResult, path: string, previous: string): Promise<VerifyResult> {
  try {
    const fault = await successionFault(path, previous);
    return fault ? { ...result, ok: false, errors: [fault] } : result;
  } catch (error) {
    throw inUse(error, previous, 'check', 'verify') ?? error;
  }
}

/** A running Node-RED holds its database; what a reader can check meanwhile lies beside it. */
export function inUse(error: unknown, path: string, verb: string, command: string): InputError | null {
  if (!(error instanceof StoreError) || error.code !== 'in-use') return null;
  const beside = [join(path, 'export'), join(dirname(path), 'export')].find((folder) =>
    existsSync(join(folder, 'checkpoint')),
  );
  const hint = beside ? `${verb} its export instead: microgrid ${command} ${beside}` : `stop it, or ${verb} its export`;
  return new InputError(`${path} is in use by another program; ${hint}`);
}

function shortText({
  ok,
  trusted,
  operator,
  size,
  root,
  blocks,
  records,
  unsealed,
  withheld,
  unchecked,
  witnessed,
  errors,
}: VerifyResult): string {
  const lines = [
    `${ok ? 'The ledger holds' : 'The ledger does NOT hold'}: ${blocks} blocks, ${records} records, ${size} leaves, root ${root}`,
    `Signed by ${operator ?? 'nobody that could be recognised'}`,
  ];
  if (!trusted) lines.push('Whether that is the operator, only a key from elsewhere can say (--roster FILE).');
  if (witnessed !== null) {
    const { cosigned, witnesses, needed } = witnessed;
    const quorum = `${cosigned} of ${witnesses} witnesses (${needed} needed)`;
    const few = witnesses < ENOUGH_WITNESSES ? '; so few that an outside witness should be enrolled' : '';
    lines.push(`Cosigned by ${quorum} up to leaf ${witnessed.size - 1}${few}.`);
  }
  if (unsealed > 0) lines.push(`${unsealed} acknowledged records wait for the next block.`);
  if (withheld > 0) lines.push(`${withheld} bodies are withheld or erased.`);
  if (unchecked > 0) lines.push(`${unchecked} auctions and bills could not be computed again.`);
  for (const { leaf, block, code, text } of errors.slice(0, 20)) {
    lines.push(`  ${leaf === null ? '' : `leaf ${leaf}, `}${block === null ? '' : `block ${block}, `}${code}: ${text}`);
  }
  if (errors.length > 20) lines.push(`  and ${errors.length - 20} more`);
  return `${lines.join('\n')}\n`;
}
