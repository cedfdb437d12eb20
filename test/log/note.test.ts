import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { fromBase64, fromUtf8, toBase64, toHex } from '../../src/log/bytes.ts';
import {
  ed25519Signer,
  isKeyName,
  keyIdOf,
  type NoteVerifier,
  openNote,
  parseNote,
  parseVkey,
  signNote,
  verifierOf,
} from '../../src/log/note.ts';
import { needSharedData } from '../support/shared-data.ts';

interface NoteVectors {
  signing: { skey: string; text: string; expected_note: string };
  bad_verifier_keys: string[];
  vectors: {
    name: string;
    note?: string;
    note_base64: string;
    verifier_keys: string[];
    expect: string;
    verified?: string[];
  }[];
}

const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const seed = (fill: number) => new Uint8Array(32).fill(fill);
const anna = ed25519Signer('street/member/anna', seed(1));
const ben = ed25519Signer('street/member/ben', seed(2));
const note = signNote('hello\n', anna);

describe('log/note: published vectors', () => {
  let data: NoteVectors;

  before(function () {
    data = JSON.parse(readFileSync(needSharedData(this, 'ledger/signed_note.json'), 'utf8')) as NoteVectors;
  });

  it('signs the published text to the published note', () => {
    const [, , name, , ...base64] = data.signing.skey.split('+');
    const signer = ed25519Signer(name!, fromBase64(base64.join('+')).subarray(1));
    assert.equal(signer.vkey, PETER);
    assert.equal(signNote(data.signing.text, signer), data.signing.expected_note);
  });

  it('gives each published note its published verdict', () => {
    assert.equal(data.vectors.length, 13);
    for (const vector of data.vectors) {
      const open = () => openNote(fromUtf8(fromBase64(vector.note_base64)), vector.verifier_keys.map(verifierOf));
      if (vector.expect === 'ok') {
        assert.deepEqual(
          open().verified.map((key) => key.name),
          vector.verified,
          vector.name,
        );
      } else if (vector.name === 'invalid UTF-8') assert.throws(open, { code: 'utf-8' });
      else assert.throws(open, { name: 'NoteError', code: vector.expect.replace(' ', '-') }, vector.name);
    }
  });

  it('refuses the published bad keys, every part of a good one, and every single-byte increment of it', () => {
    for (const bad of data.bad_verifier_keys.slice(0, 2))
      assert.throws(() => verifierOf(bad), { name: 'FormatError' }, bad);
    for (let from = 0; from < PETER.length; from++) {
      for (let to = from; to <= PETER.length; to++) {
        if (to - from < PETER.length) assert.throws(() => verifierOf(PETER.slice(from, to)), { name: 'FormatError' });
      }
      const next = String.fromCharCode(PETER.charCodeAt(from) + 1);
      assert.throws(() => verifierOf(PETER.slice(0, from) + next + PETER.slice(from + 1)), { name: 'FormatError' });
    }
    assert.equal(verifierOf(PETER).keyId, 'c74f20a3');
  });
});

describe('log/note', () => {
  it('opens what it signed and names who signed', () => {
    const both = signNote('hello\n', anna, ben);
    const { text, verified, unverified } = openNote(both, [verifierOf(ben.vkey)]);
    assert.equal(text, 'hello\n');
    assert.deepEqual(
      verified.map((key) => key.name),
      ['street/member/ben'],
    );
    assert.deepEqual(
      unverified.map((signature) => signature.name),
      ['street/member/anna'],
    );
    assert.deepEqual(
      parseNote(both).signatures.map((signature) => signature.keyId),
      [verifierOf(anna.vkey).keyId, verifierOf(ben.vkey).keyId],
    );
  });

  it('keeps blank lines in the text: the last one separates', () => {
    const text = 'one\n\ntwo\n\n\n';
    assert.equal(openNote(signNote(text, anna), [verifierOf(anna.vkey)]).text, text);
    assert.equal(openNote(signNote('\n', anna), [verifierOf(anna.vkey)]).text, '\n');
  });

  it('tells a wrong signature from an unknown one', () => {
    const forged = note.replace('hello', 'hallo');
    assert.throws(() => openNote(forged, [verifierOf(anna.vkey)]), { code: 'invalid-signature' });
    assert.throws(() => openNote(forged, [verifierOf(ben.vkey)]), { code: 'unverified' });
    // The right signature under another member's name is a signature of nobody known.
    const renamed = note.replace('anna', 'ben');
    assert.throws(
      () =>
        openNote(
          renamed,
          [anna, ben].map((signer) => verifierOf(signer.vkey)),
        ),
      { code: 'unverified' },
    );
  });

  it('counts a repeated signature once, and lists a repeated unknown one once', () => {
    const line = note.slice(note.indexOf('\n\n') + 2);
    const twice = note + line;
    assert.equal(openNote(twice, [verifierOf(anna.vkey)]).verified.length, 1);
    // A wrong line fails wherever it stands.
    const wrong = signNote('another text\n', anna).split('\n\n')[1]!;
    for (const lines of [line + wrong, wrong + line]) {
      assert.throws(() => openNote(`hello\n\n${lines}`, [verifierOf(anna.vkey)]), { code: 'invalid-signature' });
    }
    const unknown = signNote('hello\n', ben, anna) + signNote('hello\n', ben).slice(7);
    assert.equal(openNote(unknown, [verifierOf(anna.vkey)]).unverified.length, 1);
  });

  it('refuses a collision of key names and ids', () => {
    const real = verifierOf(anna.vkey);
    const twin: NoteVerifier = { ...real, vkey: 'another key', verify: () => true };
    assert.throws(() => openNote(note, [real, twin]), { code: 'ambiguous-key' });
    assert.equal(openNote(note, [real, real]).verified.length, 1);
  });

  it('accepts 16 signatures and refuses 17 unless allowed', () => {
    const signers = Array.from({ length: 17 }, (_, i) => ed25519Signer(`street/member/m${i}`, seed(i + 1)));
    assert.equal(parseNote(signNote('x\n', ...signers.slice(0, 16))).signatures.length, 16);
    const many = signNote('x\n', ...signers);
    assert.throws(() => parseNote(many), { code: 'malformed' });
    assert.equal(parseNote(many, 17).signatures.length, 17);
  });

  const signatureLine = note.slice(note.indexOf('\n\n') + 2);
  const base64 = signatureLine.slice(signatureLine.lastIndexOf(' ') + 1, -1);
  const malformed: [string, string][] = [
    ['nothing', ''],
    ['only a newline', '\n'],
    ['carriage returns', note.replaceAll('\n', '\r\n')],
    ['a tab', note.replace('hello', 'he\tllo')],
    ['a NUL', note.replace('hello', 'he\0llo')],
    ['half of a surrogate pair', note.replace('hello', 'he\ud800llo')],
    ['no blank line', note.replace('\n\n', '\n')],
    ['a hyphen instead of the dash', note.replace('\u2014', '-')],
    ['a name with a plus', note.replace('anna', 'an+na')],
    ['a name with a no-break space', note.replace('anna', 'an\u00a0na')],
    ['no name', note.replace('street/member/anna', '')],
    ['two spaces before the signature', note.replace(base64, ` ${base64}`)],
    ['a space after the signature', note.replace(base64, `${base64} `)],
    ['base64 without padding', note.replace(base64, `${base64}A`)],
    ['URL-safe base64', note.replace(base64, `-${base64.slice(1)}`)],
    ['a signature of 0 bytes', note.replace(base64, base64.slice(0, 5) + 'w=='.slice(0, 3))],
    ['text after the signatures', `${note}more\n`],
    ['no last newline', note.slice(0, -1)],
  ];
  for (const [name, bad] of malformed) {
    it(`refuses ${name}`, () => {
      assert.notEqual(bad, note);
      assert.throws(() => openNote(bad, [verifierOf(anna.vkey)]), { name: 'NoteError', code: 'malformed' });
    });
  }

  it('signs only what it would open', () => {
    for (const text of ['', 'no newline', 'a\rb\n', 'a\tb\n', '\ud800\n']) {
      assert.throws(() => signNote(text, anna), { code: 'malformed' }, JSON.stringify(text));
    }
    assert.throws(() => signNote('x\n'), { code: 'malformed' });
  });

  it('changing any character of a note never leaves it valid with another text', () => {
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.integer({ min: 32, max: 126 }), (at, unit) => {
        const changed = note.slice(0, at) + String.fromCharCode(unit) + note.slice(at + 1);
        if (changed === note) return;
        assert.throws(() => openNote(changed, [verifierOf(anna.vkey)]), { name: 'NoteError' });
      }),
    );
  });
});

describe('log/note: keys', () => {
  it('refuses key types that are for other purposes, such as cosignatures (4)', () => {
    const { name, publicKey } = parseVkey(anna.vkey);
    for (const type of [0, 2, 4, 5, 0xff]) {
      const vkey = `${name}+${keyIdOf(name, type, publicKey)}+${toBase64(Buffer.concat([Uint8Array.of(type), publicKey]))}`;
      assert.equal(parseVkey(vkey).type, type);
      assert.throws(() => verifierOf(vkey), { code: 'key-type' });
    }
  });

  it('refuses weak keys with a matching key id', () => {
    const weak = new Uint8Array(32);
    weak[0] = 1;
    const vkey = `eve+${keyIdOf('eve', 1, weak)}+${toBase64(Buffer.concat([Uint8Array.of(1), weak]))}`;
    assert.throws(() => verifierOf(vkey), { code: 'key' });
  });

  it('knows which names a key can have', () => {
    for (const name of ['a', 'street/member/anna', 'example.com/log/1', '\u00e4']) assert.ok(isKeyName(name), name);
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2003b', 'a\u0085b', '\ud800', 'a\0'])
      assert.ok(!isKeyName(name), name);
    assert.throws(() => ed25519Signer('a b', seed(1)), { code: 'name' });
  });

  it('shows nothing of the seed', () => {
    const shown = JSON.stringify(anna) + String(Object.values(anna));
    assert.ok(!shown.includes(toHex(seed(1))) && !shown.includes(toBase64(seed(1))));
  });
});
