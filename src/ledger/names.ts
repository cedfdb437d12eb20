// Names in a ledger: communities, ledgers (C2SP origins), members and the key names derived from them.
// Only small ASCII letters, digits, `-`, `.` and `/`, so that no two names look alike and none escapes a path.

const SEGMENT = '[a-z0-9][a-z0-9.-]{0,62}';
const COMMUNITY = new RegExp(`^${SEGMENT}(?:/${SEGMENT}){0,3}$`);
const ORIGIN = new RegExp(`^(${SEGMENT}(?:/${SEGMENT}){0,3})/ledger/([1-9][0-9]{0,8})$`);
const MEMBER = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Whether a value is a member id: 1 to 63 small letters, digits and hyphens, not starting with a hyphen. */
export function isMemberId(value: unknown): value is string {
  return typeof value === 'string' && MEMBER.test(value);
}

/** Whether a value is the name of a ledger, such as `sunny-street.example/ledger/1`. */
export function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && ORIGIN.test(value);
}

/**
 * Takes the name of a ledger apart: `sunny-street.example/ledger/1` is epoch 1 of `sunny-street.example`.
 * @throws RangeError when the name does not have this form
 */
export function parseOrigin(origin: string): { community: string; epoch: number } {
  const match = ORIGIN.exec(origin);
  if (!match?.[1]) {
    throw new RangeError(
      `"${String(origin).slice(0, 80)}" is not the name of a ledger; it should look like sunny-street.example/ledger/1`,
    );
  }
  return { community: match[1], epoch: Number(match[2]) };
}

/** The community's name itself. @throws RangeError when it has characters that a name may not have */
export function requireCommunity(community: string): string {
  if (!COMMUNITY.test(community)) {
    throw new RangeError(
      `"${String(community).slice(0, 80)}" is not a community's name: small letters, digits, dots and hyphens, such as sunny-street.example`,
    );
  }
  return community;
}

/** The id itself. @throws RangeError when it is not a member id */
export function requireMemberId(member: string): string {
  if (!isMemberId(member)) {
    throw new RangeError(
      `"${String(member).slice(0, 80)}" is not a member id: 1 to 63 small letters, digits and hyphens`,
    );
  }
  return member;
}

/** Name of the key that signs a member's records. */
export const recordKeyName = (community: string, member: string): string => `${community}/member/${member}`;

/** Name of the key with which a member's machine cosigns checkpoints. */
export const witnessKeyName = (community: string, member: string): string => `${community}/witness/${member}`;
