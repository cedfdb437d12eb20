// Profiles on disk: those that ship with the package, chosen by name, and CSV files of the user's, by path.
import { createReadStream, existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { shownPath, systemReason } from '../input/system-error.ts';
import { quote } from '../units.ts';
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
 * @param kind files alone, or also what can be read only once, such as a pipe
 * @throws Error naming the profiles there are when it is neither, or saying why a file cannot be read
 */
export function profilePath(nameOrPath: string, kind: 'files' | 'streams' = 'files'): string {
  const names = bundledProfiles();
  if (names.includes(nameOrPath)) {
    return `${folders.find((path) => existsSync(path))}${nameOrPath}.csv`;
  }
  let entry: Stats | undefined;
  try {
    entry = statSync(nameOrPath, { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(`the profile ${shownPath(nameOrPath)}`, error);
  }
  if (entry && (entry.isFile() || (kind === 'streams' && !entry.isDirectory()))) return nameOrPath;
  throw new Error(
    `there is no profile ${quote(nameOrPath)}: neither a CSV file, nor one of the package (${names.join(', ')})`,
  );
}

/** Opens a profile by name or path. @throws Error when it is not there, ProfileError when it is malformed */
export async function openProfiles(nameOrPath: string, kind: 'files' | 'streams' = 'files'): Promise<Profiles> {
  const path = profilePath(nameOrPath, kind);
  return openStream(createReadStream(path), `the profile ${shownPath(path)}`);
}

/** Opens a profile that is being read already. @param shown what it is called when it cannot be read */
export async function openStream(stream: AsyncIterable<Uint8Array | string>, shown: string): Promise<Profiles> {
  return readProfiles(piecesOf(stream, shown));
}

async function* piecesOf(
  stream: AsyncIterable<Uint8Array | string>,
  shown: string,
): AsyncGenerator<Uint8Array | string> {
  try {
    yield* stream;
  } catch (error) {
    throw unreadable(shown, error);
  }
}

function unreadable(shown: string, error: unknown): unknown {
  const reason = systemReason(error);
  return reason === null ? error : new Error(`${shown} cannot be read: ${reason}`, { cause: error });
}
