// One verdict on every signature, whatever Node.js and its OpenSSL, and the same as Go's but for one R; and no bad key becomes anybody's key.
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { keyFault } from '../../src/ledger/roster.ts';
import { concatBytes, fromHex, toBase64 } from '../../src/log/bytes.ts';
import { FormatError } from '../../src/log/errors.ts';
import { keyIdOf, verifierOf } from '../../src/log/note.ts';
import { COMMUNITY, keysOf } from '../ledger/street.ts';
import { BAD_KEYS, SIGNATURES } from '../support/ed25519-cases.ts';
import type { Verdicts } from '../support/ed25519-verdicts.ts';
import { buildGo } from '../support/go.ts';
import { majorOf, NODE_VERSIONS, needNode, runWith } from '../support/node-versions.ts';
import { needPrograms } from '../support/peers.ts';
import { needSharedData } from '../support/shared-data.ts';

const WYCHEPROOF = 151;
const INPUTS = 128;

async function verdictsOf(test: Context, node: string): Promise<Verdicts> {
  const files = ['wycheproof_ed25519_test.json', 'ed25519_sign_input_128.txt'];
  const paths = files.map((file) => needSharedData(test, `ledger/${file}`));
  return (await runWith(node, 'test/support/ed25519-verdicts.ts', paths)) as Verdicts;
}

describe('Ed25519 has one verdict', function () {
  this.timeout(120_000);

  for (const major of NODE_VERSIONS) {
    it(`on Node ${major}: on published vectors, odd points and S + L; no bad key is taken`, async function () {
      const { node, signatures, taken, made } = await verdictsOf(this, needNode(this, major));
      assert.equal(majorOf(node), major);
      assert.equal(signatures.length, SIGNATURES.length + WYCHEPROOF + INPUTS);
      assert.deepEqual(taken, []);
      assert.equal(new Set(made).size, INPUTS);
      for (const { name, valid, ours, elsewhere, noble } of signatures) {
        assert.deepEqual([ours, elsewhere], [valid, valid], name);
        // The reason why one library judges all signatures: this one multiplies by the cofactor.
        const lenient = /^R (with torsion part \d|of small order \d|of order 1)$/.test(name);
        assert.equal(noble, valid || lenient, `noble: ${name}`);
      }
    });
  }

  it('in Go, too, but for R of order 1', async function () {
    needPrograms(this, 'go');
    const { signatures } = await verdictsOf(this, process.execPath);
    const folder = mkdtempSync(join(tmpdir(), 'microgrid-go-'));
    try {
      const input = signatures.map(({ key, message, signature }) => `${key} ${message || '-'} ${signature || '-'}\n`);
      const { stdout } = spawnSync(buildGo('ed25519', folder), { input: input.join(''), encoding: 'utf8' });
      const verdicts = stdout.trim().split('\n');
      assert.equal(verdicts.length, signatures.length);
      for (const [i, { name, valid }] of signatures.entries()) {
        // Go takes R of order 1, which only the owner of a key can sign with; a verifier in Go has to ask for it (docs/ledger-format.md).
        assert.equal(verdicts[i], String(valid || name === 'R of order 1'), name);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a bad Ed25519 key', () => {
  /** A vkey as its owner would write it: name and key id are right. */
  const vkeyOf = (name: string, type: number, key: Uint8Array) =>
    `${name}+${keyIdOf(name, type, key)}+${toBase64(concatBytes(Uint8Array.of(type), key))}`;
  const keys = keysOf('home-9');
  const [witnessName = ''] = keys.witness.split('+');
  const change = {
    version: 'roster/1',
    nonce: '0'.repeat(32),
    member: 'home-9',
    kind: 'home',
    roles: ['member'],
  } as const;

  for (const [name, hex] of BAD_KEYS) {
    it(`is refused wherever a key comes in: ${name}`, () => {
      const record = vkeyOf(keys.record.name, 1, fromHex(hex));
      const witness = vkeyOf(witnessName, 4, fromHex(hex));
      assert.throws(() => verifierOf(record), FormatError);
      for (const action of ['join', 'key'] as const) {
        const fields = { ...change, action, feeder: null };
        assert.equal(keyFault([], { ...fields, key: keys.record.vkey, witness: keys.witness }, COMMUNITY), null);
        assert.notEqual(keyFault([], { ...fields, key: record, witness: keys.witness }, COMMUNITY), null);
        assert.notEqual(keyFault([], { ...fields, key: keys.record.vkey, witness }, COMMUNITY), null);
      }
    });
  }
});
