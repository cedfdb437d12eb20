// Profiles in memory, read once however many sites use them: one typed array per column.
import { statSync } from 'node:fs';
import { openProfiles, profilePath } from '../../src/simulation/profile-store.ts';
import type { SiteProfile } from '../../src/simulation/site-run.ts';

export interface LoadedProfile {
  readonly members: readonly string[];
  /** Start of the first quarter hour and end of the last, Unix ms. */
  readonly from: number;
  readonly to: number;
  /** Load and PV of one member. @throws Error when the profile has no such column */
  of(member: string): SiteProfile;
}

const loaded = new Map<string, { readonly version: string; readonly profile: Promise<LoadedProfile> }>();

/**
 * A file that changed since it was read is read anew.
 * @param nameOrPath a profile of the package, or the path of a CSV file
 * @throws Error naming the profiles there are when it is neither, ProfileError when it is malformed
 */
export async function loadProfile(nameOrPath: string): Promise<LoadedProfile> {
  const { mtimeMs, size } = statSync(profilePath(nameOrPath));
  const version = `${mtimeMs} ${size}`;
  let entry = loaded.get(nameOrPath);
  if (entry?.version !== version) {
    entry = { version, profile: load(nameOrPath) };
    entry.profile.catch(() => loaded.delete(nameOrPath));
    loaded.set(nameOrPath, entry);
  }
  return entry.profile;
}

async function load(nameOrPath: string): Promise<LoadedProfile> {
  const { members, rows } = await openProfiles(nameOrPath);
  const starts: number[] = [];
  const loads: number[] = [];
  const suns: number[] = [];
  for await (const row of rows) {
    starts.push(row.start);
    loads.push(...row.loadWh);
    suns.push(...row.pvWh);
  }
  const first = starts[0];
  const last = starts.at(-1);
  if (first === undefined || last === undefined) throw new Error(`the profile ${nameOrPath} has no rows`);
  const rowOf = new Map(starts.map((start, index) => [start, index]));
  const load = Int32Array.from(loads);
  const sun = Int32Array.from(suns);
  return {
    members,
    from: first,
    to: last + 900_000,
    of(member) {
      const column = members.indexOf(member);
      if (column < 0) {
        throw new Error(`the profile ${nameOrPath} has no column for "${member}"; it has ${members.join(', ')}`);
      }
      return (start) => {
        const row = rowOf.get(start);
        if (row === undefined) return null;
        const at = row * members.length + column;
        return { loadWh: load[at] ?? 0, pvWh: sun[at] ?? 0 };
      };
    },
  };
}
