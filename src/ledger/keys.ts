// A member's keys, all derived from one 32-byte seed by HKDF-SHA256 (RFC 5869, no salt), so that one file is the backup.
// The log key depends on the ledger's name: no two epochs of a community ever share a signing key.
import { hkdfSync } from 'node:crypto';
import { COSIGNATURE_KEY_TYPE, type Cosigner, cosigner } from '../log/cosignature.ts';
import { ed25519Signer, type NoteSigner } from '../log/note.ts';
import { parseOrigin, recordKeyName, requireCommunity, requireMemberId, witnessKeyName } from './names.ts';

export const SEED_BYTES = 32;
/** Type of a key that cosigns checkpoints (c2sp.org/tlog-cosignature). It never signs a record. */
export const WITNESS_KEY_TYPE = COSIGNATURE_KEY_TYPE;

export interface MemberKeys {
  readonly community: string;
  readonly member: string;
  /** Signs the member's records. */
  readonly record: NoteSigner;
  /** Public key with which the member's machine cosigns checkpoints, as a vkey of type 0x04. */
  readonly witness: string;
  /** Cosigns checkpoints with that key. */
  readonly cosigner: Cosigner;
  /** Signs headers and checkpoints of one ledger and term (1 unless told), when this member operates it. @throws RangeError for a bad name */
  log(origin: string, term?: number): NoteSigner;
}

/** Ed25519 seeds derived from a member's seed. Secret. */
export interface DerivedSeeds {
  readonly record: Uint8Array;
  readonly witness: Uint8Array;
  log(origin: string, term?: number): Uint8Array;
}

/** @throws RangeError when the seed has not 32 bytes */
export function deriveKeys(seed: Uint8Array): DerivedSeeds {
  if (seed.length !== SEED_BYTES)
    throw new RangeError(`a key seed has ${SEED_BYTES} bytes, but this one ${seed.length}`);
  const derive = (label: string) => new Uint8Array(hkdfSync('sha256', seed, new Uint8Array(0), label, SEED_BYTES));
  return {
    record: derive('microgrid/1 record'),
    witness: derive('microgrid/1 witness'),
    // Who takes over a second time signs with another key than the first: no key ever signs two histories.
    log: (origin, term = 1) => {
      parseOrigin(origin);
      return derive(`microgrid/1 log ${origin}${term === 1 ? '' : ` ${term}`}`);
    },
  };
}

/** The keys of one member of one community. @throws RangeError for a bad name or seed */
export function memberKeys(community: string, member: string, seed: Uint8Array): MemberKeys {
  const name = recordKeyName(requireCommunity(community), requireMemberId(member));
  const seeds = deriveKeys(seed);
  const witness = cosigner(witnessKeyName(community, member), seeds.witness);
  return {
    community,
    member,
    record: ed25519Signer(name, seeds.record),
    witness: witness.vkey,
    cosigner: witness,
    log(origin, term) {
      if (parseOrigin(origin).community !== community) {
        throw new RangeError(`${member} belongs to ${community} and cannot operate ${origin}`);
      }
      return ed25519Signer(origin, seeds.log(origin, term));
    },
  };
}
