// A member's seed as 24 words, for paper: BIP 39 with its English list, the seed as entropy, the last eight bits a checksum. No
// passphrase and no key stretching: the words are the seed, and nothing but the seed.
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { SEED_BYTES } from './keys.ts';

export const SEED_WORDS = 24;

/** @throws RangeError when the seed has not 32 bytes */
export function wordsOfSeed(seed: Uint8Array): string[] {
  if (seed.length !== SEED_BYTES)
    throw new RangeError(`a key seed has ${SEED_BYTES} bytes, but this one ${seed.length}`);
  return entropyToMnemonic(seed, wordlist).split(' ');
}

/**
 * Reads what a person typed: any white space, capitals, numbers before the words ("1. abandon") do not matter.
 * @throws RangeError with a sentence that says which word is wrong, never what the words are
 */
export function seedOfWords(text: string): Uint8Array {
  const words =
    text
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  if (words.length !== SEED_WORDS) throw new RangeError(`a key has ${SEED_WORDS} words, but these are ${words.length}`);
  const unknown = words.findIndex((word) => !wordlist.includes(word));
  if (unknown >= 0) {
    throw new RangeError(`word ${unknown + 1} is not on the list; compare it with what you wrote down`);
  }
  try {
    return mnemonicToEntropy(words.join(' '), wordlist);
  } catch {
    throw new RangeError('the words do not belong together: one of them is another, or two changed places');
  }
}
