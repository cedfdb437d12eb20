// Cosignatures of checkpoints: the specification's own example, a line that a public witness gave to a public log, and what must not count.
import assert from 'node:assert/strict';
import { signCheckpoint } from '../../src/log/checkpoint.ts';
import { cosigner, readCosignatures, withCosignatures } from '../../src/log/cosignature.ts';
import { FormatError } from '../../src/log/errors.ts';
import { ed25519Signer, openNote, parseNote, signatureLine, signNote, verifierOf } from '../../src/log/note.ts';

const ORIGIN = 'street.example/ledger/1';
const log = ed25519Signer(ORIGIN, new Uint8Array(32).fill(3));
const checkpoint = signCheckpoint({ origin: ORIGIN, size: 7, root: new Uint8Array(32).fill(9) }, log);
const { text } = parseNote(checkpoint);
const ada = cosigner('street.example/witness/ada', new Uint8Array(32).fill(1));
const bob = cosigner('street.example/witness/bob', new Uint8Array(32).fill(2));

/** A checkpoint of a log of certificates with what its public witnesses said, from the tests of a client of such logs. */
const PUBLISHED = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
`;
const REMORA = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2';

describe('log/cosignature', () => {
  it('verifies what a public witness cosigned for a public log', () => {
    const { valid, bad } = readCosignatures(PUBLISHED, [REMORA]);
    assert.deepEqual(bad, []);
    assert.deepEqual(
      valid.map(({ vkey, time }) => ({ vkey, time })),
      [{ vkey: REMORA, time: 1779573024 }],
    );
    assert.ok(PUBLISHED.includes(valid[0]!.line));
    const altered = readCosignatures(PUBLISHED.replace('1432088532', '1432088533'), [REMORA]);
    assert.deepEqual(altered.valid, []);
    assert.deepEqual(altered.bad, [valid[0]!.line]);
  });

  it('reads the line of the specification: 4 bytes of key id, 8 of time, 64 of signature', () => {
    const line =
      '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n';
    const example = `example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n${line}`;
    const [signature] = parseNote(example).signatures;
    assert.equal(signature?.signature.length, 72);
    assert.equal(Buffer.from(signature?.signature.subarray(0, 8) ?? []).readBigUInt64BE(), 1679315147n);
    // Its public key is not published, so that it counts for nobody.
    assert.deepEqual(readCosignatures(example, [REMORA, ada.vkey]), { valid: [], bad: [] });
  });

  it('signs the text that the specification shows', () => {
    const line = ada.cosign(text, 1_800_000_000);
    const [signature] = parseNote(`${text}\n${line}`).signatures;
    const plain = ed25519Signer(ada.name, new Uint8Array(32).fill(1));
    assert.deepEqual(
      signature?.signature.subarray(8),
      plain.signature(`cosignature/v1\ntime 1800000000\n${ORIGIN}\n7\nCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\n`)
        .signature,
    );
    assert.deepEqual(readCosignatures(`${checkpoint}${line}`, [ada.vkey]).valid, [
      { vkey: ada.vkey, time: 1_800_000_000, line },
    ]);
  });

  it('takes the newest line of a witness, and lists each line that its key did not sign', () => {
    const [first, second] = [ada.cosign(text, 100), ada.cosign(text, 200)];
    const forged = second.replace(/.{8}\n$/, 'AAAAAA==\n');
    const note = `${checkpoint}${second}${forged}${first}${bob.cosign(text, 5)}`;
    const { valid, bad } = readCosignatures(note, [bob.vkey, ada.vkey, ada.vkey]);
    assert.deepEqual(
      valid.map(({ vkey, time }) => [vkey, time]),
      [
        [bob.vkey, 5],
        [ada.vkey, 200],
      ],
    );
    assert.deepEqual(bad, [forged]);
  });

  it('does not take a cosignature of another checkpoint, or with another time', () => {
    const other = ada.cosign(text.replace('\n7\n', '\n8\n'), 100);
    const bytes = parseNote(`${text}\n${ada.cosign(text, 100)}`).signatures[0]!;
    const later = Buffer.from(bytes.signature);
    later.writeBigUInt64BE(101n);
    for (const line of [other, signatureLine({ ...bytes, signature: later })]) {
      assert.deepEqual(readCosignatures(`${checkpoint}${line}`, [ada.vkey]), { valid: [], bad: [line] });
    }
  });

  it('refuses times that no number holds, and what is not a checkpoint', () => {
    const bytes = parseNote(`${text}\n${ada.cosign(text, 100)}`).signatures[0]!;
    const far = Buffer.from(bytes.signature);
    far.writeBigUInt64BE(2n ** 63n);
    const line = signatureLine({ ...bytes, signature: far });
    assert.deepEqual(readCosignatures(`${checkpoint}${line}`, [ada.vkey]), { valid: [], bad: [line] });
    for (const time of [-1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => ada.cosign(text, time), RangeError);
    for (const not of ['microgrid-record/1\n{}\n', 'a\n01\nAAAA\n', `${text}more\n`, text.replaceAll('\n', '\r\n')]) {
      assert.throws(() => ada.cosign(not, 100), FormatError);
    }
    assert.throws(() => readCosignatures(signNote('microgrid-record/1\n{}\n', log), [ada.vkey]), FormatError);
  });

  it('never takes a cosignature for a signature of a record, nor the other way round, though the seed be the same', () => {
    const seed = new Uint8Array(32).fill(1);
    const asRecord = ed25519Signer(ada.name, seed);
    const cosigned = `${text}\n${ada.cosign(text, 100)}`;
    assert.throws(() => openNote(cosigned, [verifierOf(asRecord.vkey)]), /none of the known keys/);
    assert.throws(() => verifierOf(ada.vkey), /type 4/);
    assert.deepEqual(readCosignatures(signNote(text, asRecord), [ada.vkey]), { valid: [], bad: [] });
    assert.throws(() => readCosignatures(checkpoint, [asRecord.vkey]), /type 1/);
    // Even with the key id of the other kind written over it.
    const lent = signatureLine({ ...asRecord.signature(text), keyId: parseNote(cosigned).signatures[0]!.keyId });
    assert.deepEqual(readCosignatures(`${checkpoint}${lent}`, [ada.vkey]), { valid: [], bad: [lent] });
  });

  it('refuses a weak key of a witness', () => {
    const weak = `w+${'0'.repeat(8)}+BAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`;
    assert.throws(() => readCosignatures(checkpoint, [weak]), FormatError);
  });

  it('puts the lines of the log first, then the witnesses by name, each key once', () => {
    const lines = [bob.cosign(text, 5), ada.cosign(text, 200), ada.cosign(text, 100)];
    const note = withCosignatures(checkpoint, lines);
    assert.equal(note, `${checkpoint}${lines[1]}${lines[0]}`);
    assert.equal(withCosignatures(note, [lines[2]!.trimEnd()]), note);
    const newer = ada.cosign(text, 300);
    assert.equal(withCosignatures(note, [newer]), `${checkpoint}${newer}${lines[0]}`);
    assert.throws(() => withCosignatures(checkpoint, ['no line']), FormatError);
  });

  it('holds as many witnesses as a large community has, and no more', () => {
    const lines = Array.from({ length: 1023 }, (_, i) => bob.cosign(text, i).replace('/bob ', `/bob-${i} `));
    const note = withCosignatures(checkpoint, lines);
    assert.equal(parseNote(note, 1024).signatures.length, 1024);
    assert.deepEqual(readCosignatures(note, [bob.vkey]), { valid: [], bad: [] });
    assert.throws(() => readCosignatures(`${note}${bob.cosign(text, 1)}`, [bob.vkey]), /at most 1024/);
  });
});
