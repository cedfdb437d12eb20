// What a node of ours holds when it is dropped on a flow: the defaults of its dialog, so that flows made as code are always
// of the newest version and lack no field.
import { readFileSync } from 'node:fs';
import vm from 'node:vm';

type Defaults = Readonly<Record<string, { readonly value: unknown }>>;

const known = new Map<string, Readonly<Record<string, unknown>>>();

/** Values by property. @throws Error for a type that the project does not have */
export function dialogDefaults(type: string): Readonly<Record<string, unknown>> {
  const before = known.get(type);
  if (before) return before;
  const html = readFileSync(new URL(`../../nodes/${type}/${type}.html`, import.meta.url), 'utf8');
  let defaults: Defaults = {};
  const registerType = (_: string, definition: { defaults: Defaults }) => {
    defaults = definition.defaults;
  };
  const context = vm.createContext({ RED: { nodes: { registerType } } });
  for (const [, script = ''] of html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)) {
    vm.runInContext(script, context);
  }
  const values = Object.fromEntries(Object.entries(defaults).map(([name, { value }]) => [name, value]));
  known.set(type, values);
  return values;
}
