// What this Node.js answers about each signature and key of ed25519-cases.ts, Wycheproof and the inputs of RFC 8032's authors; run by
// test/log/ed25519-verdicts.test.ts under several versions. Prints one JSON document. Arguments: the two files of published vectors.
import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { fromHex, toHex } from '../../src/log/bytes.ts';
import {
  importPublicKey,
  importSeed,
  signEd25519,
  verifyEd25519,
  verifyEd25519Elsewhere,
} from '../../src/log/ed25519.ts';
import { BAD_KEYS, SIGNATURES, type SignatureCase } from './ed25519-cases.ts';

export interface Verdicts {
  readonly node: string;
  readonly signatures: readonly (SignatureCase & {
    readonly ours: boolean;
    /** on a thread */
    readonly elsewhere: boolean;
    /** @noble/curves, strict */
    readonly noble: boolean;
  })[];
  /** keys that were taken although they are bad */
  readonly taken: readonly string[];
  /** signatures that this Node makes of the published inputs, in hexadecimal */
  readonly made: readonly string[];
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}

const [wycheproof, inputs] = process.argv.slice(2);

function published(): SignatureCase[] {
  if (!wycheproof) return [];
  const { testGroups } = JSON.parse(readFileSync(wycheproof, 'utf8')) as Wycheproof;
  return testGroups.flatMap(({ publicKey, tests }) =>
    tests.map(({ tcId, msg, sig, result }) => ({
      name: `Wycheproof ${tcId}`,
      key: publicKey.pk,
      message: msg,
      signature: sig,
      valid: result === 'valid',
    })),
  );
}

const made: string[] = [];
const inputCases: SignatureCase[] = [];
for (const line of inputs ? readFileSync(inputs, 'utf8').trim().split('\n') : []) {
  const [secret = '', key = '', message = ''] = line.split(':');
  const signature = toHex(signEd25519(importSeed(fromHex(secret.slice(0, 64))).privateKey, fromHex(message)));
  made.push(signature);
  inputCases.push({ name: `input ${made.length}`, key, message, signature, valid: true });
}

async function judge(one: SignatureCase): Promise<Verdicts['signatures'][number]> {
  const [key, message, signature] = [importPublicKey(fromHex(one.key)), fromHex(one.message), fromHex(one.signature)];
  const elsewhere = await new Promise<boolean>((done) => verifyEd25519Elsewhere(key, message, signature, done));
  return { ...one, ours: verifyEd25519(key, message, signature), elsewhere, noble: nobleSays(one) };
}

function nobleSays({ key, message, signature }: SignatureCase): boolean {
  try {
    return ed25519.verify(fromHex(signature), fromHex(message), fromHex(key), { zip215: false });
  } catch {
    return false;
  }
}

const taken = [...BAD_KEYS].flatMap(([name, key]) => {
  try {
    importPublicKey(fromHex(key));
    return [name];
  } catch {
    return [];
  }
});
const signatures = await Promise.all([...SIGNATURES, ...published(), ...inputCases].map(judge));
console.log(JSON.stringify({ node: process.versions.node, signatures, taken, made } satisfies Verdicts));
