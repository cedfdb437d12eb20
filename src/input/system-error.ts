// What the operating system says about files, in words that a person can act on. Pure: it looks at errors, not at disks.

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user has no permission for it',
  EPERM: 'the system does not permit it',
  ENOENT: 'there is no such file or directory',
  EISDIR: 'it is a directory, but a file is needed',
  ENOTDIR: 'a part of its path is a file, not a directory',
  EEXIST: 'something of that name is there already',
  ELOOP: 'its symbolic links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's share of the disk is used up",
  EROFS: 'the file system is read-only',
  EIO: 'the disk failed',
  EBUSY: 'it is in use',
  ENXIO: 'nothing answers behind it',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EPIPE: 'nobody reads any more',
};

/** Why the system refused, as a part of a sentence; null when the error is not the system's. */
export function systemReason(error: unknown): string | null {
  const { code, syscall } = partsOf(error);
  if (code === null || syscall === null) return null;
  return REASONS[code] ?? `the system says ${code}`;
}

/** A sentence for an error of the file system that names its own path; null for any other. */
export function fileProblem(error: unknown): string | null {
  const reason = systemReason(error);
  const { path, syscall } = partsOf(error);
  if (reason === null || path === null) return null;
  return `${shownPath(path)} ${VERBS[syscall ?? ''] ?? 'cannot be used'}: ${reason}`;
}

const VERBS: Readonly<Record<string, string>> = {
  mkdir: 'cannot be made',
  open: 'cannot be opened',
  read: 'cannot be read',
  scandir: 'cannot be read',
  write: 'cannot be written',
  rename: 'cannot be renamed',
};

/** A path as it can stand in a sentence: never nothing, never a line break. */
export function shownPath(path: string): string {
  return path === '' ? 'the empty path' : path.replace(/\p{Cc}/gu, '\ufffd');
}

function partsOf(error: unknown): { code: string | null; syscall: string | null; path: string | null } {
  const text = (key: string) => {
    const value: unknown = error instanceof Error && key in error ? error[key as keyof Error] : null;
    return typeof value === 'string' ? value : null;
  };
  return { code: text('code'), syscall: text('syscall'), path: text('path') };
}
