// Profiles on disk: those that ship with the package, chosen by name, and CSV files of the user's, by path.
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Profiles, readProfiles } from './profiles.ts';

/** Beside src/ in the sources, one level further up from dist/src/ in the package. */
const folders = ['../../profiles/', '../../../profiles/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** Names of the profiles that ship with the package. */
export function bundledProfiles(): string[] {
  const folder = folders.find((path) => existsSync(path));
  if (!folder) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.csv'))
    .map((file) => file.slice(0, -'.csv'.length))
    .sort();
}

/**
 * Path of a profile. A name of the package's own profiles wins over a file of that name.
 * @throws Error naming the profiles there are when it is neither
 */
export function profilePath(nameOrPath: string): string {
  const names = bundledProfiles();
  if (names.includes(nameOrPath)) {
    return `${folders.find((path) => existsSync(path))}${nameOrPath}.csv`;
  }
  if (statSync(nameOrPath, { throwIfNoEntry: false })?.isFile()) return nameOrPath;
  throw new Error(
    `there is no profile "${nameOrPath}": neither a CSV file, nor one of the package (${names.join(', ')})`,
  );
}

/** Opens a profile by name or path. @throws Error when it is not there, ProfileError when it is malformed */
export async function openProfiles(nameOrPath: string): Promise<Profiles> {
  return readProfiles(createReadStream(profilePath(nameOrPath)));
}
