// Packs the project as npm would publish it. What is packed is what `dist/` holds, so build before.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './source.ts';

const binaries = join(projectRoot, 'node_modules/.bin');

/** The Node that the project declares, whatever the machine's own is. */
export const projectNode = join(binaries, 'node');

/** Environment in which `node` and `npm` are the project's own. */
export function projectEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${binaries}${delimiter}${process.env['PATH'] ?? ''}`, ...extra };
}

/** Package name, version, and the paths that would be published. */
export interface Packed {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Lists what would be published, without writing a tarball. */
export async function listPacked(): Promise<Packed> {
  return packed(['--dry-run']);
}

/** Writes the tarball into a folder; returns its path. */
export async function pack(folder: string): Promise<string> {
  return join(folder, (await packed(['--pack-destination', folder])).filename);
}

async function packed(args: readonly string[]): Promise<Packed> {
  if (!existsSync(join(projectRoot, 'dist'))) throw new Error('dist/ is missing: run `npm run build` first');
  // Without scripts: a `prepack` would build again, in the middle of other tests.
  const output = await npm(projectRoot, ['pack', '--json', '--ignore-scripts', ...args]);
  const result = JSON.parse(output) as Packed[] | Record<string, Packed>;
  const first = Object.values(result)[0];
  if (!first) throw new Error(`npm pack told nothing: ${output}`);
  return first;
}

/** Runs npm in a folder; returns what it printed, or throws with what it complained about. */
export async function npm(cwd: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('npm', args, {
      cwd,
      env: projectEnvironment(),
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (problem) {
    const { stderr, stdout } = problem as { stderr?: string; stdout?: string };
    throw new Error(`npm ${args.join(' ')} failed: ${stderr || stdout || problem}`);
  }
}
