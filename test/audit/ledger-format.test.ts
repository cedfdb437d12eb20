// The worked example of docs/ledger-format.md is true: it is made again from real code and compared byte by byte. After a
// change of the example (never of the format) run once with WRITE_EXAMPLE=1, and read what it wrote.
import { strict as assert } from 'node:assert';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as v from 'valibot';
import { REFUSAL_CODES } from '../../src/ledger/judge.ts';
import { deriveKeys } from '../../src/ledger/keys.ts';
import { bodySchemas, RECORD_KINDS, ROLES, ROSTER_ACTIONS } from '../../src/ledger/kinds.ts';
import { receiptsOf } from '../../src/ledger/receipt.ts';
import { rosterText } from '../../src/ledger/roster.ts';
import { toHex } from '../../src/log/bytes.ts';
import { LOG_FAULT_CODES } from '../../src/log/fault.ts';
import { parseNote } from '../../src/log/note.ts';
import { FIRST, keysOf, ORIGIN, Street, seedOf } from '../ledger/street.ts';
import { verifyExportedLedger } from './independent-verifier.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/ledger-format.md', import.meta.url));
const HEADING = '## A worked example';

/** Unix seconds of the example's cosignature. */
const COSIGNED_AT = 1_795_335_301;

async function example(): Promise<string> {
  const street = new Street();
  try {
    const ledger = await street.open();
    await street.gates(ledger, 1, FIRST);
    const { store } = ledger;
    const leaf = (index: number) => store.leaf(index)!;
    const show = (title: string, text: string) => `${title}\n\n${indent(text)}\n`;
    const record = (title: string, index: number) =>
      `${show(`**Leaf ${index}**, ${title}: the note`, leaf(index).note)}\nIts body, its record id and its leaf hash:\n\n${indent(
        `${leaf(index).body}\n${leaf(index).id}\n${toHex(leaf(index).leafHash)}`,
      )}\n`;
    const seeds = deriveKeys(seedOf('test seed of operator'));
    const operator = keysOf('operator');
    const checkpoint = store.checkpoint()!;
    const { text } = parseNote(checkpoint);
    const { cosigner } = keysOf('home-1');
    const committed = {
      origin: ORIGIN,
      term: 1,
      time: '2026-11-22T08:00:00.000Z',
      first: 7,
      leafHashes: [7, 8, 9].map((index) => leaf(index).leafHash),
    };
    const [receipt] = receiptsOf(committed, operator.log(ORIGIN));
    const parts = [
      'A ledger with an operator and three homes, one auction, its meters and its bill, made by `test/ledger/street.ts` and kept true by',
      '`test/audit/ledger-format.test.ts`. Long lines are not wrapped. A note ends with a newline, a body and a state do not.',
      'The seed of a member is SHA-256("test seed of " + member id); never use such seeds for real.',
      '',
      show(
        '**Keys of the operator**: seed, record seed, log seed, then the vkeys for records, witness and log',
        [
          toHex(seedOf('test seed of operator')),
          toHex(seeds.record),
          toHex(seeds.log(ORIGIN)),
          operator.record.vkey,
          operator.witness,
          operator.log(ORIGIN).vkey,
        ].join('\n'),
      ),
      record('the rules', 0),
      record('the term', 1),
      record('the join of `home-1`', 2),
      show(
        '**The roster** after block 0, as text; its SHA-256 is `roster` of header 0',
        rosterText(ledger.state.roster),
      ),
      record('the header of block 0, with the folded state as its body', 6),
      record('an order', 7),
      record('the clearing', 10),
      record('the header of block 1', 11),
      record('a meter value', 12),
      record('the settlement', 15),
      show('**The checkpoint** after block 2', checkpoint),
      show(
        '**A cosignature** of it by `home-1`: the text that is signed, the line, and the vkey',
        `cosignature/v1\ntime ${COSIGNED_AT}\n${text}\n${cosigner.cosign(text, COSIGNED_AT)}\n${cosigner.vkey}`,
      ),
      show(
        '**A receipt** for leaf 7, as if it was committed with leaves 8 and 9: the note, the leaf hash, the path',
        `${receipt!.note}\n${[receipt!.leaf, ...receipt!.path].join('\n')}`,
      ),
    ];
    await ledger.close();
    assert.equal(verifyExportedLedger(street.exported).size, 17);
    return `${parts.join('\n').trimEnd()}\n`;
  } finally {
    street.remove();
  }
}

function indent(text: string): string {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');
}

describe('docs/ledger-format.md', () => {
  const document = readFileSync(DOCUMENT, 'utf8');
  const before = document.slice(0, document.indexOf(HEADING));

  it('has a worked example that is true', async () => {
    const expected = `${HEADING}\n\n${await example()}`;
    if (process.env['WRITE_EXAMPLE'] === '1') writeFileSync(DOCUMENT, before + expected);
    assert.equal(readFileSync(DOCUMENT, 'utf8').slice(before.length), expected);
  });

  it('names every kind, field, role, action and code', () => {
    for (const kind of RECORD_KINDS) {
      const row = before.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`));
      assert.ok(row, `the kind ${kind} has no row`);
      const versions: Readonly<Record<string, v.GenericSchema & { entries?: object }>> = bodySchemas[kind];
      for (const [version, schema] of Object.entries(versions)) {
        if (!version.endsWith('/1')) assert.ok(before.includes(`\`${version}\``), `${version} is not described`);
        for (const field of Object.keys(schema.entries ?? {})) {
          if (field !== 'version' && field !== 'nonce')
            assert.ok(
              (version.endsWith('/1') ? row : before).includes(`\`${field}\``),
              `${version}: ${field} is not described`,
            );
        }
      }
    }
    for (const word of [...ROLES, ...ROSTER_ACTIONS]) assert.ok(before.includes(`\`${word}\``), word);
    const inVerify = REFUSAL_CODES.filter((code) => code !== 'body-mismatch' && code !== 'too-large');
    for (const code of [...inVerify, ...LOG_FAULT_CODES])
      assert.ok(before.includes(`\`${code}\``), `the code ${code} is not described`);
  });
});
