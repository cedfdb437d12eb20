// The example flows as files: what makes them importable side by side, without hardware, secrets or surprises.
// That they also run is the matter of test/e2e/examples.test.ts.
import assert from 'node:assert/strict';
import { type Example, type FlowNode, readExamples, readNodeTypes } from '../support/manifest.ts';
import { none } from '../support/violations.ts';

/** Properties of nodes that are not ours which hold ids of other nodes. */
const structural = ['id', 'z', 'g', 'wires', 'links', 'nodes', 'scope', 'group', 'page', 'ui', 'theme'];

const types = new Map(readNodeTypes().map((type) => [type.type, type]));
const isReference = (node: FlowNode, property: string) =>
  types.get(node.type)?.references.has(property) ?? structural.includes(property);

describe('examples', () => {
  const examples = readExamples();
  const all = examples.flatMap((example) => example.nodes.map((node) => ({ example, node })));
  const each = (problem: (node: FlowNode, example: Example) => readonly string[], advice = '') =>
    none(
      all.flatMap(({ example, node }) =>
        problem(node, example).map((text) => `${example.name}: ${node.type} ${node.id} ${text}`),
      ),
      advice,
    );

  it('are there, named "01 - Read a meter" and so on without gaps', () => {
    assert.ok(examples.length > 0, 'examples/ holds no flow');
    none(
      examples.map(({ name }) => name).filter((name, at) => !name.startsWith(`${String(at + 1).padStart(2, '0')} - `)),
    );
    none(examples.map(({ name }) => name).filter((name) => !/^\d\d - [A-Z][^/\\]*[^ .]$/.test(name)));
  });

  it('show every node that a person can drop', () => {
    const shown = new Set(all.map(({ node }) => node.type));
    none(
      [...types.values()]
        .filter(({ category, type }) => category !== 'config' && !shown.has(type))
        .map(({ type }) => `${type} is in no example`),
    );
  });

  it('have unique ids, also across examples, so that all can be imported side by side', () => {
    const seen = new Map<string, string>();
    each((node, example) => {
      const before = seen.get(node.id);
      seen.set(node.id, example.name);
      return before === undefined ? [] : [`has the id of a node in "${before}"`];
    });
  });

  it('have no id that equals a property value (the editor would rewrite that on import)', () => {
    const ids = new Set(all.map(({ node }) => node.id));
    each((node) =>
      Object.entries(node)
        .filter(([property]) => !structural.includes(property) && !isReference(node, property))
        .flatMap(([property, value]) =>
          textsIn(value)
            .filter((text) => ids.has(text))
            .map((text) => `${property} is ${text}`),
        ),
    );
  });

  it('name only nodes that are in the same example', () => {
    each((node, example) => {
      const ids = new Set(example.nodes.map(({ id }) => id));
      return Object.entries(node)
        .filter(([property]) => property === 'wires' || property === 'z' || isReference(node, property))
        .flatMap(([property, value]) =>
          textsIn(value)
            .filter((text) => text !== '' && !ids.has(text))
            .map((text) => `${property} names ${text}, which is not there`),
        );
    });
  });

  it('leave no configuration node unused, about which the editor would ask after Deploy', () => {
    // A member takes part without a node that works for it (`hasUsers: false` in its dialog).
    each(({ id, type }, example) =>
      types.get(type)?.category !== 'config' || type === 'microgrid-member'
        ? []
        : example.nodes.some((node) => node.id !== id && textsIn(Object.values(node)).includes(id))
          ? []
          : ['is used by no other node'],
    );
  });

  it('use nodes of the package, of Node-RED itself and, where the name says so, of the dashboard', () => {
    each((node, { name }) => {
      if (node.type.startsWith('microgrid-')) return types.has(node.type) ? [] : ['is not a node of this package'];
      if (node.type.startsWith('ui-')) return /dashboard/i.test(name) ? [] : ['is a dashboard node'];
      return [];
    });
  });

  it('explain themselves in a comment', () => {
    none(examples.filter(({ nodes }) => !nodes.some(({ type }) => type === 'comment')).map(({ name }) => name));
  });

  it('stand on flow tabs of their own, with a label', () => {
    none(examples.filter(({ nodes }) => !nodes.some(({ type }) => type === 'tab')).map(({ name }) => name));
    each((node) => (node.type === 'tab' && !String(node['label'] ?? '').trim() ? ['has no label'] : []));
  });

  it('carry no credentials and no path of a machine', () => {
    each((node) => [
      ...Object.keys(node)
        .filter((property) => /credential|password|passwd|secret|token|seed|private/i.test(property))
        .map((property) => `has a property ${property}`),
      ...textsIn(node)
        .filter((text) => /(^|["'\s])(\/home\/|\/root\/|\/Users\/|[A-Z]:\\)/.test(text))
        .map((text) => `names the path ${text.slice(0, 60)}`),
    ]);
  });

  it('share no port, no community and no ledger, so that all can run at once', () => {
    const owners = new Map<string, string>();
    each((node, example) =>
      claims(node).flatMap((claim) => {
        const owner = owners.get(claim);
        if (owner === undefined) owners.set(claim, example.name);
        return owner === undefined || owner === example.name ? [] : [`has the ${claim} of "${owner}"`];
      }),
    );
  });
});

/** What only one example may use at a time. */
function claims(node: FlowNode): string[] {
  if (!node.type.startsWith('microgrid-')) return [];
  return Object.entries(node).flatMap(([property, value]) => {
    if (value === '' || (typeof value !== 'string' && typeof value !== 'number')) return [];
    // The port of a proxy that is off is nobody's.
    const proxied = property !== 'proxyPort' || node['proxy'] !== 'off';
    if (/^(port|.*Port)$/.test(property) && proxied) return [`port ${value}`];
    if (node.type === 'microgrid-community' && property === 'origin') return [`origin ${value}`];
    return node.type === 'microgrid-ledger' && property === 'folder' ? [`ledger folder ${value}`] : [];
  });
}

/** Every text inside a value, at any depth. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
