// Whose metering points are whose, as people write it: one member a line, `home-03; point that takes; point that gives`. A utility
// names households by these numbers, so they are kept with the credentials, as bank accounts are.

export class MeteringPoints {
  readonly #byMember: ReadonlyMap<string, readonly string[]>;
  readonly #memberOf: ReadonlyMap<string, string>;

  /** @throws RangeError naming the line */
  constructor(text: string) {
    const byMember = new Map<string, readonly string[]>();
    const memberOf = new Map<string, string>();
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === '') continue;
      const where = `line ${index + 1} of the metering points`;
      const [member = '', ...points] = line.split(/[;=\t]/).map((part) => part.trim());
      if (
        !/^[a-z0-9][a-z0-9-]{0,62}$/.test(member) ||
        points.length === 0 ||
        !points.every((point) => POINT.test(point))
      ) {
        throw new RangeError(`${where} must be a member and its metering points, such as "home-03; 19100000000001"`);
      }
      if (byMember.has(member)) throw new RangeError(`${where} names ${member} again; put all its points on one line`);
      byMember.set(member, points);
      for (const point of points) {
        if (memberOf.has(point)) throw new RangeError(`${where} has a metering point that stands there already`);
        memberOf.set(point, member);
      }
    }
    this.#byMember = byMember;
    this.#memberOf = memberOf;
  }

  memberOf(point: string): string | undefined {
    return this.#memberOf.get(point);
  }

  /** The first point of a member takes, the last gives; the member itself where it has none. */
  pointOf(member: string, side: 'consumer' | 'producer'): string {
    return this.#byMember.get(member)?.at(side === 'consumer' ? 0 : -1) ?? member;
  }
}

const POINT = /^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$/;
