// Reads the dialogs of the nodes as the editor does: runs the scripts of an HTML file against a stand-in for the editor's
// global objects and keeps what they register. Labels come from the node's own catalogue, as in the editor.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { projectRoot } from './source.ts';

export interface Default {
  readonly value: unknown;
  readonly type?: string;
  readonly required?: boolean;
  readonly validate?: (this: object, value: unknown, options: object) => unknown;
}

/** What a node registers, as far as the tests look at it. */
export interface NodeDefinition {
  readonly category: string;
  readonly color: string;
  readonly icon: string;
  readonly inputs?: number;
  readonly outputs?: number;
  readonly defaults: Readonly<Record<string, Default>>;
  /** What is kept apart from the flow. */
  readonly credentials?: Readonly<Record<string, Pick<Default, 'validate'> & { readonly type: 'text' }>>;
  readonly paletteLabel: (this: object) => string;
  readonly label: (this: object) => string;
  readonly inputLabels?: (this: object, index: number) => string;
  readonly outputLabels?: (this: object, index: number) => string;
  readonly oneditprepare: (this: object) => void;
}

export type Catalogue = { readonly [key: string]: string | Catalogue };

const PLUGIN = '@commongrid/node-red-microgrid/microgrid-editor:';

export function readNodeFile(path: string): string {
  return readFileSync(join(projectRoot, 'nodes', path), 'utf8');
}

/** The text of a key such as `microgrid-meter.label.unit`; undefined where there is none. */
export function lookUp(catalogue: Catalogue, key: string): string | undefined {
  let place: string | Catalogue | undefined = catalogue;
  for (const part of key.split('.')) place = typeof place === 'object' ? place[part] : undefined;
  return typeof place === 'string' ? place : undefined;
}

export function readCatalogue(path: string): Catalogue {
  return JSON.parse(readNodeFile(path)) as Catalogue;
}

/** A translator that throws where a key is missing, so that no dialog can show a bare key. */
export function translator(catalogue: Catalogue): (key: string, values?: Record<string, unknown>) => string {
  return (key, values = {}) => {
    const text = lookUp(catalogue, key);
    if (text === undefined) throw new Error(`the catalogue has no text "${key}"`);
    return text.replace(/__(\w+)__/g, (_, name: string) => {
      if (!(name in values)) throw new Error(`"${key}" needs a value for ${name}`);
      return String(values[name]);
    });
  };
}

/** The definition of one node type, with the editor plugin loaded before it. */
export function loadDefinition(type: string): NodeDefinition {
  const plugin = translator(readCatalogue('locales/en-US/microgrid-editor.json'));
  let registered: NodeDefinition | undefined;
  const RED = {
    _: (key: string, values?: Record<string, unknown>) => plugin(key.slice(PLUGIN.length), values),
    plugins: { registerPlugin: () => {} },
    nodes: {
      registerType: (name: string, definition: NodeDefinition) => {
        if (name === type) registered = definition;
      },
      node: () => null,
      eachConfig: () => {},
    },
    workspaces: { active: () => 'tab' },
  };
  const context = vm.createContext({ RED });
  for (const file of ['microgrid-editor.html', `${type}/${type}.html`]) {
    for (const script of scriptsOf(readNodeFile(file))) vm.runInContext(script, context, { filename: file });
  }
  if (!registered) throw new Error(`${type}.html registers no ${type}`);
  return registered;
}

/** A node of the type as the editor holds it: its defaults, and its own translator. */
export function newNode(type: string, definition: NodeDefinition, values: Record<string, unknown> = {}): object {
  const translate = translator(readCatalogue(`${type}/locales/en-US/${type}.json`));
  const stored = Object.fromEntries(Object.entries(definition.defaults).map(([name, { value }]) => [name, value]));
  return { id: 'n1', type, _: translate, ...stored, ...values, _def: { ...definition, _: translate } };
}

function scriptsOf(html: string): string[] {
  return [...html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '');
}
