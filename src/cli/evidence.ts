// `microgrid evidence`: makes a file that convinces a stranger, from a ledger that does not hold or from two that contradict each
// other. What it proves says `microgrid verify FILE`, which accepts it on a machine that has never seen the ledger.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkEvidence, type EvidenceVerdict } from '../audit/evidence/check.ts';
import { contradictionOf } from '../audit/evidence/compare.ts';
import { NoProof } from '../audit/evidence/finding.ts';
import type { Evidence } from '../audit/evidence/format.ts';
import { historyOf } from '../audit/evidence/make-history.ts';
import { packEvidence } from '../audit/evidence/packed.ts';
import { parseRosterFile } from '../audit/trust.ts';
import { audit } from '../audit/verify.ts';
import { FormatError } from '../log/errors.ts';
import { openPlace, type Place } from './evidence-places.ts';
import { type ExitCode, InputError, type Io, printJson, readText } from './io.ts';

export const name = 'evidence';
export const summary = 'prove to others what a ledger does not hold';
export const help = `Use: microgrid evidence [--roster FILE] [--json] PATH [OTHER] -o FILE

Writes a file that proves to anybody what the operator's key has signed; microgrid verify FILE checks it, also where nobody has
seen the ledger. With one PATH: the first fault of that ledger, and no more of what members ordered and metered than it takes.
With two: that they are two histories of one ledger. PATH is a ledger database (ledger.sqlite), an exported directory, or the
directory of both; OTHER may also be a single checkpoint, as another member was shown it.

  -o FILE         where to write it; packed when the name ends in .gz
  --roster FILE   public keys that you know from elsewhere, one per line
  --json          one JSON document: ok, trusted, evidence (kind, ledger, operator, code, leaf, text), file

Exit code: 0 the evidence is written, 1 there is nothing to prove, 2 wrong use or input.
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      output: { type: 'string', short: 'o' },
      roster: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { output, json } = values;
  if (positionals.length === 0)
    throw new InputError('PATH is missing: a ledger that does not hold, or two that differ');
  if (positionals.length > 2) throw new InputError(`two PATHs are compared, but there are ${positionals.length}`);
  if (!output) throw new InputError('-o FILE is missing: where the evidence is written');
  const keys = values.roster === undefined ? [] : parseRosterFile(await readText(io, values.roster));
  const places: Place[] = [];
  try {
    for (const path of positionals) places.push(await openPlace(path));
    const evidence = await make(places, keys);
    const verdict = await checkEvidence(evidence, { keys });
    if (!verdict.ok) throw new NoProof(verdict.evidence.text);
    writeFileSync(output, packEvidence(evidence, output.endsWith('.gz')));
    report(io, json, verdict, output);
    return 0;
  } catch (error) {
    if (!(error instanceof NoProof)) throw error;
    if (json) printJson(io, { ok: false, trusted: false, evidence: null, file: null, text: error.message });
    else io.stdout.write(`No evidence is written: ${error.message}.\n`);
    return 1;
  } finally {
    for (const place of places) place.close();
  }
}

async function make(places: readonly Place[], keys: readonly string[]): Promise<Evidence> {
  const [place, other] = places as [Place, Place?];
  if (other) {
    const declared = await Promise.all(places.map(({ logKeys }) => logKeys()));
    return contradictionOf(place.held(), other.held(), [...keys, ...declared.flat()]);
  }
  const held = place.held();
  const { source } = held;
  if (!source) throw new InputError('a single checkpoint proves nothing; give a second PATH to compare it with');
  const { errors } = await audit(source);
  if (errors.length === 0) throw new NoProof('the ledger holds');
  const attempts = errors.map((error) => () => historyOf(source, error));
  // What members have witnessed may be another history than the one that lies beside it.
  const logKeys = [...keys, ...(await place.logKeys())];
  const witnessed = source.cosigned.notes.map(({ note }) => () => {
    return contradictionOf({ checkpoint: note, source: null }, held, logKeys);
  });
  return firstThatHolds([...attempts, ...witnessed]);
}

/** @throws NoProof of the first, where none holds */
async function firstThatHolds(attempts: readonly (() => Promise<Evidence>)[]): Promise<Evidence> {
  let why: unknown = new NoProof('nothing is found');
  for (const [i, attempt] of attempts.entries()) {
    try {
      return await attempt();
    } catch (problem) {
      // A damaged copy may not even be readable as far as the fault.
      if (!(problem instanceof NoProof || problem instanceof FormatError)) throw problem;
      if (i === 0) why = problem;
    }
  }
  throw why instanceof NoProof ? why : new NoProof(why instanceof Error ? why.message : String(why));
}

function report(io: Io, json: boolean, { ok, trusted, evidence }: EvidenceVerdict, file: string): void {
  if (json) printJson(io, { ok, trusted, evidence, file });
  else io.stdout.write(`${file} proves it. ${evidence.text}\n`);
}
