import assert from 'node:assert/strict';
import fc from 'fast-check';
import { seedOfWords, wordsOfSeed } from '../../src/ledger/seed-words.ts';

/** Vectors of BIP 39, for 256 bits. */
const VECTORS: readonly (readonly [seed: string, words: string])[] = [
  ['00'.repeat(32), `${'abandon '.repeat(23)}art`],
  [
    '7f'.repeat(32),
    'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title',
  ],
  [
    '80'.repeat(32),
    'letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless',
  ],
  ['ff'.repeat(32), `${'zoo '.repeat(23)}vote`],
  [
    'f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f',
    'void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol group space point ten exist slush involve unfold',
  ],
];

describe('a seed as words', () => {
  it('is that of BIP 39', () => {
    for (const [seed, words] of VECTORS) {
      assert.equal(wordsOfSeed(Buffer.from(seed, 'hex')).join(' '), words);
      assert.equal(Buffer.from(seedOfWords(words)).toString('hex'), seed);
    }
  });

  it('is found again from what a person typed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        const words = wordsOfSeed(seed);
        assert.equal(words.length, 24);
        const typed = words.map((word, i) => `${i + 1}. ${i % 2 ? word : word.toUpperCase()}\n`).join('  ');
        assert.deepEqual(seedOfWords(typed), seed);
      }),
    );
  });

  it('notices a wrong word by its checksum, but for one in 256', () => {
    const words = wordsOfSeed(Buffer.alloc(32, 7));
    const right = words.join(' ');
    const others = wordsOfSeed(Buffer.alloc(32, 99));
    let unnoticed = 0;
    for (let i = 0; i < 24; i++) {
      const wrong = words.with(i, others[i] === words[i] ? 'zoo' : others[i]!).join(' ');
      try {
        assert.notDeepEqual(seedOfWords(wrong), seedOfWords(right));
        unnoticed++;
      } catch (problem) {
        assert.match((problem as Error).message, /do not belong together/);
      }
    }
    assert.ok(unnoticed <= 1, `${unnoticed} of 24`);
  });

  it('is refused with a sentence that has none of the words', () => {
    const right = wordsOfSeed(Buffer.alloc(32, 7));
    const cases: readonly (readonly [string, RegExp])[] = [
      ['', /has 24 words, but these are 0/],
      [right.slice(1).join(' '), /has 24 words, but these are 23/],
      [[...right, 'zoo'].join(' '), /has 24 words, but these are 25/],
      [right.with(3, 'microgrid').join(' '), /^word 4 is not on the list/],
      [right.with(0, right[1]!).with(1, right[0]!).join(' '), /do not belong together/],
    ];
    for (const [text, sentence] of cases) {
      assert.throws(
        () => seedOfWords(text),
        (problem) => {
          const { message } = problem as RangeError;
          assert.match(message, sentence);
          for (const word of new Set(right)) assert.doesNotMatch(message, new RegExp(`\\b${word}\\b`));
          return problem instanceof RangeError;
        },
      );
    }
    assert.throws(() => wordsOfSeed(new Uint8Array(16)), /32 bytes/);
  });
});
