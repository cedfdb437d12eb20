// Puts flows together as code, so that the demo and the examples have one source and cannot drift apart. Ids are derived
// from names: the same flow has the same ids every time it is made.
import { createHash } from 'node:crypto';
import { dialogDefaults } from './dialog-defaults.ts';

export interface FlowNode {
  readonly id: string;
  readonly type: string;
  [property: string]: unknown;
}

type Properties = Readonly<Record<string, unknown>>;

export class FlowBuilder {
  readonly #prefix: string;
  readonly #nodes: FlowNode[] = [];
  #tab = '';

  /** @param prefix keeps ids of different flows apart */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get nodes(): readonly FlowNode[] {
    return this.#nodes;
  }

  id(name: string): string {
    return createHash('sha256').update(`${this.#prefix}/${name}`).digest('hex').slice(0, 16);
  }

  /** Begins a tab; the nodes that follow lie on it. */
  tab(name: string, label: string, info: string): void {
    this.#tab = this.id(name);
    this.#nodes.push({ id: this.#tab, type: 'tab', label, disabled: false, info, env: [] });
  }

  /** A configuration node. */
  config(name: string, type: string, properties: Properties): string {
    const id = this.id(name);
    this.#nodes.push({ id, type, ...complete(type, properties) });
    return id;
  }

  /** A node on the tab; `wires` names nodes by their builder names, one list per output. */
  node(
    name: string,
    type: string,
    x: number,
    y: number,
    properties: Properties,
    wires: readonly (readonly string[])[],
  ): string {
    const id = this.id(name);
    this.#nodes.push({
      id,
      type,
      z: this.#tab,
      ...complete(type, properties),
      x,
      y,
      wires: wires.map((targets) => targets.map((target) => this.id(target))),
    });
    return id;
  }

  comment(name: string, text: string, x: number, y: number, info = ''): void {
    this.node(name, 'comment', x, y, { name: text, info }, []);
  }

  /** A link-in node; link-out nodes name it. */
  linkIn(name: string, label: string, x: number, y: number, targets: readonly string[]): void {
    this.node(name, 'link in', x, y, { name: label, links: [] }, [targets]);
  }

  linkOut(name: string, label: string, x: number, y: number, linkIns: readonly string[]): void {
    this.node(
      name,
      'link out',
      x,
      y,
      { name: label, mode: 'link', links: linkIns.map((target) => this.id(target)) },
      [],
    );
  }

  /** A group drawn around nodes of the current tab. */
  group(
    name: string,
    label: string,
    members: readonly string[],
    box: { x: number; y: number; w: number; h: number },
  ): void {
    const id = this.id(name);
    const ids = members.map((member) => this.id(member));
    for (const node of this.#nodes) if (ids.includes(node.id)) node['g'] = id;
    this.#nodes.push({ id, type: 'group', z: this.#tab, name: label, style: { label: true }, nodes: ids, ...box });
  }

  /** The finished flow: links know both ends. */
  build(): readonly FlowNode[] {
    const byId = new Map(this.#nodes.map((node) => [node.id, node]));
    if (byId.size !== this.#nodes.length) throw new Error('two nodes of the flow have the same name');
    for (const node of this.#nodes) {
      for (const target of [...((node['wires'] as string[][] | undefined)?.flat() ?? []), ...linksOf(node)]) {
        if (!byId.has(target))
          throw new Error(`a wire of ${node.type} ${String(node['name'] ?? node.id)} leads nowhere`);
      }
      if (node.type !== 'link out') continue;
      for (const target of linksOf(node)) linksOf(byId.get(target) as FlowNode).push(node.id);
    }
    return this.#nodes;
  }
}

/** Ids that a link node names; the list itself, so that it can be added to. */
function linksOf(node: FlowNode): string[] {
  return (node['links'] as string[] | undefined) ?? [];
}

/** Properties over the defaults of the dialog; nodes that are not ours say themselves all they have. */
function complete(type: string, properties: Properties): Properties {
  if (!type.startsWith('microgrid-')) return properties;
  const defaults = dialogDefaults(type);
  const unknown = Object.keys(properties).find((name) => !(name in defaults));
  if (unknown !== undefined) throw new Error(`a ${type} has no property ${unknown}`);
  return { ...defaults, ...properties };
}
