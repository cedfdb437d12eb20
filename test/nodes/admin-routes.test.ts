// Every admin route of every node behind the real adminAuth of Node-RED 5 and 4.1: nothing without a token, nothing that writes or
// shows a secret with a token that may only read.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { projectRoot } from '../support/source.ts';

type Method = 'get' | 'post' | 'put' | 'delete';
type Handler = (request: object, response: { status(code: number): { json(body: object): void } }) => void;
type Express = { (request: never, response: never): void; use(handler: unknown): void } & Record<
  Method,
  (path: string, ...handlers: unknown[]) => void
>;
interface Auth {
  init(settings: object, storage: object): void;
  needsPermission(permission: string): Handler;
}
interface Route {
  readonly method: Method;
  readonly path: string;
}

const TOKENS: Readonly<Record<string, unknown>> = {
  admin: '*',
  reader: 'read',
  keeper: ['microgrid.read', 'microgrid-member.write'],
  nobody: [],
};
const ADMIN_AUTH = {
  type: 'credentials',
  users: [],
  tokens: async (token: string) =>
    Object.hasOwn(TOKENS, token) ? { username: token, permissions: TOKENS[token] } : null,
};
const STORAGE = { getSessions: async () => ({}), saveSessions: async () => {} };

/** What passed the door; what the handlers would do is tested with each node. */
const PASSED = 299;

for (const [version, folder] of [
  ['5', 'node-red'],
  ['4.1', 'node-red-4'],
] as const) {
  describe(`admin routes behind the adminAuth of Node-RED ${version}`, () => {
    let server: Server;
    let url: string;
    const routes: Route[] = [];

    before(async () => {
      const require = createRequire(join(projectRoot, 'node_modules', folder, 'red.js'));
      const auth = require('@node-red/editor-api/lib/auth') as Auth;
      auth.init({ adminAuth: ADMIN_AUTH }, STORAGE);
      const app = (require('express') as () => Express)();
      const register = (method: Method) => (path: string, door: unknown) => {
        routes.push({ method, path });
        app[method](path, door, (_request: object, response: { status(code: number): { end(): void } }) =>
          response.status(PASSED).end(),
        );
      };
      const api = {
        settings: { userDir: projectRoot },
        auth,
        httpAdmin: { get: register('get'), post: register('post'), put: register('put'), delete: register('delete') },
        nodes: { registerType: () => {}, getNode: () => null, createNode: () => {} },
      };
      for (const type of readdirSync(join(projectRoot, 'nodes')).filter((name) => name.startsWith('microgrid-'))) {
        if (type.includes('.')) continue;
        const module = (await import(`../../nodes/${type}/${type}.ts`)) as { default(RED: NodeAPI): void };
        module.default(api as unknown as NodeAPI);
      }
      server = createServer(app as never);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close());

    const ask = async ({ method, path }: Route, token: string | null): Promise<number> => {
      const headers = token === null ? {} : { authorization: `Bearer ${token}` };
      const target = url + path.replace(/:\w+/g, 'x');
      return (await fetch(target, { method: method.toUpperCase(), headers })).status;
    };

    it('are shut without a token, with a wrong one, and with one that may nothing', async () => {
      assert.ok(routes.length >= 7, `${routes.length} routes`);
      for (const route of routes) {
        for (const token of [null, 'guess', 'nobody', '__proto__']) {
          assert.equal(await ask(route, token), 401, `${route.method} ${route.path} with ${token}`);
        }
        assert.equal(await ask(route, 'admin'), PASSED, `${route.method} ${route.path}`);
      }
    });

    it('that show or change a key are shut to whoever may only read', async () => {
      const secret = routes.filter(({ path }) => /\/key\/(words|restore)$/.test(path));
      assert.equal(secret.length, 2);
      for (const route of secret) {
        assert.equal(await ask(route, 'reader'), 401, route.path);
        assert.equal(await ask(route, 'keeper'), PASSED, route.path);
      }
      assert.equal(await ask({ method: 'get', path: '/microgrid/member/x/key' }, 'reader'), PASSED);
    });

    it('that read are open to whoever may read', async () => {
      for (const route of routes.filter(({ method }) => method === 'get'))
        assert.equal(await ask(route, 'reader'), PASSED);
    });
  });
}
