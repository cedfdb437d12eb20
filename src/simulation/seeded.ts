// Reproducible randomness for simulations: the key stream of AES-256-CTR (NIST SP 800-38A) under a key made from the seed.
// Same seed, same keys, same nonces, same ledger root. Whoever knows the seed knows every key: never for a real community.
import { createCipheriv, createHash } from 'node:crypto';

const CHUNK = 65_536;

/** A 32-byte key for one purpose, such as a member's seed. */
export function seededKey(seed: string, purpose: string): Uint8Array {
  return createHash('sha256')
    .update(`microgrid simulation\n${JSON.stringify([seed, purpose])}\n`)
    .digest();
}

/** Random bytes in a fixed order. */
export function seededRandom(seed: string): (count: number) => Uint8Array {
  const cipher = createCipheriv('aes-256-ctr', seededKey(seed, 'nonces'), new Uint8Array(16));
  const zeros = new Uint8Array(CHUNK);
  let chunk: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (count) => {
    if (count > CHUNK) return cipher.update(new Uint8Array(count));
    if (used + count > chunk.length) {
      chunk = cipher.update(zeros);
      used = 0;
    }
    used += count;
    return chunk.slice(used - count, used);
  };
}
