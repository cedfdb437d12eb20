// What the package says of itself: package.json, the listed nodes with what their dialogs declare, the example flows.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './source.ts';

export interface Manifest {
  readonly name: string;
  readonly license: string;
  readonly keywords: readonly string[];
  readonly engines: { readonly node: string };
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly 'node-red': {
    readonly version: string;
    readonly nodes: Readonly<Record<string, string>>;
    readonly plugins?: Readonly<Record<string, string>>;
  };
}

/** A node type as package.json lists it and as its dialog (HTML) declares it. */
export interface NodeType {
  readonly type: string;
  /** Path of the compiled file, from package.json. */
  readonly file: string;
  /** The dialog's source, '' when there is none. */
  readonly html: string;
  readonly category: string | null;
  readonly icon: string | null;
  /** Properties that hold the id of a configuration node, with its type. */
  readonly references: ReadonlyMap<string, string>;
}

/** One entry of a flow file. */
export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly wires?: readonly (readonly string[])[];
  readonly [property: string]: unknown;
}

export interface Example {
  /** As the import menu shows it: the file's name without `.json`. */
  readonly name: string;
  readonly nodes: readonly FlowNode[];
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as Manifest;
}

export function readNodeTypes(manifest = readManifest()): NodeType[] {
  return Object.entries(manifest['node-red']?.nodes ?? {}).map(([type, file]) => {
    const path = join(projectRoot, 'nodes', type, `${type}.html`);
    const html = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const references = [...html.matchAll(/(\w+)\s*:\s*\{[^{}]*\btype\s*:\s*['"]([\w-]+)['"]/g)];
    return {
      type,
      file,
      html,
      category: /\bcategory\s*:\s*['"]([^'"]+)['"]/.exec(html)?.[1] ?? null,
      icon: /\bicon\s*:\s*['"]([^'"]+)['"]/.exec(html)?.[1] ?? null,
      references: new Map(references.map((match) => [match[1] ?? '', match[2] ?? ''])),
    };
  });
}

/** All example flows, by name. @throws SyntaxError naming the file that is not JSON */
export function readExamples(): Example[] {
  const folder = join(projectRoot, 'examples');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      try {
        const nodes = JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[];
        return { name: file.slice(0, -'.json'.length), nodes };
      } catch (problem) {
        throw new SyntaxError(`examples/${file}: ${(problem as Error).message}`);
      }
    });
}
