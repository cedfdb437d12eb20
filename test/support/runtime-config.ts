// What the runtime of a node says about a configuration: the keys of its schema, and its own complaint when it is started
// with one. The runtime is the real one; only Node-RED around it is a stand-in.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { readNodeFile } from './editor.ts';
import { projectRoot, sourceOf } from './source.ts';

type Stored = Readonly<Record<string, unknown>>;

/**
 * Keys of the configuration schema in a runtime's source: of the `v.object({...})` that is its `config`, or the
 * `configSchema` of the settings.ts beside it.
 */
export function configKeys(type: string): string[] {
  const beside = existsSync(join(projectRoot, 'nodes', type, 'settings.ts')) ? 'settings' : type;
  const { code } = sourceOf(type, readNodeFile(`${type}/${beside}.ts`));
  const start = /\bconfig(?:Schema)?(?: =|:) v\.object\(\{/.exec(code);
  assert.ok(start, `${type}.ts has no configuration schema`);
  let depth = 1;
  let top = '';
  for (let position = start.index + start[0].length; depth > 0; position++) {
    const character = code[position] ?? '}';
    if ('{(['.includes(character)) depth += 1;
    else if ('})]'.includes(character)) depth -= 1;
    else if (depth === 1) top += character;
  }
  return [...top.matchAll(/(\w+):/g)].map((match) => match[1] ?? '');
}

/** Starts the runtime without any other node: returns what it then says about a configuration, null where that is well. */
export async function complaintOf(type: string): Promise<(stored: Stored) => Promise<string | null>> {
  const module = (await import(`../../nodes/${type}/${type}.ts`)) as { default(api: NodeAPI): void };
  let construct: ((this: object, stored: Stored) => void) | undefined;
  const userDir = mkdtempSync(join(tmpdir(), 'microgrid-dialogs-'));
  const RED = {
    settings: { userDir },
    auth: { needsPermission: () => () => {} },
    httpAdmin: { get: () => {}, post: () => {}, delete: () => {} },
    nodes: {
      createNode: () => {},
      getNode: () => null,
      registerType: (name: string, made: (this: object, stored: Stored) => void) => {
        if (name === type) construct = made;
      },
    },
  };
  module.default(RED as unknown as NodeAPI);
  rmSync(userDir, { recursive: true, force: true });

  return async (stored) => {
    assert.ok(construct, `${type}.ts registers no ${type}`);
    let said: string | null = null;
    const endings: (() => Promise<void>)[] = [];
    const node = {
      id: 'n1',
      status: () => {},
      log: () => {},
      warn: () => {},
      send: () => {},
      error: (problem: Error) => {
        said ??= problem.message;
      },
      on: (event: string, handler: (removed: boolean, done: () => void) => void) => {
        if (event === 'close') endings.push(() => new Promise((done) => handler(true, done)));
      },
    };
    construct.call(node, stored);
    // A node that cannot start says so when its flow stands.
    await new Promise((resolve) => setImmediate(resolve));
    for (const end of endings) await end();
    // Without the other nodes most types cannot start; that says nothing about their own fields.
    return said !== null && /is chosen, or it is disabled/.test(said) ? null : said;
  };
}
