// The plan of the house as a test: which folder may import which, that there are no circles, and that disk, network,
// clock and randomness enter the domain only through adapters (`*-port.ts`, `*-store.ts`, the command line).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { lineAt, projectRoot, readSources, type Source, target } from '../support/source.ts';
import { none } from '../support/violations.ts';

/** Folders of src/ from the lowest; each may import those before it, and itself. */
const layers = [
  'units.ts',
  'time',
  'input',
  'modbus',
  'log',
  'ledger',
  'devices',
  'sources',
  'meter',
  'battery',
  'market',
  'settlement',
  'audit',
  'replica',
  'simulation',
  'overview',
  'cli',
];

const deviceHalf = ['modbus', 'devices', 'sources', 'meter', 'battery'];
const trustHalf = ['log', 'ledger', 'market', 'settlement', 'audit', 'replica'];

/** Upper layer may know only the types of the lower one. */
const typesOnly: readonly (readonly [upper: string, lower: string])[] = [['market', 'ledger']];

/** Files outside the naming rule that touch the world, and why they must. */
const adapters = new Map([
  ['src/time/clock.ts', 'is the clock that everything else is given'],
  ['src/log/sqlite-open.ts', 'opens and checks the file for sqlite-store.ts'],
]);

/** Modules and packages that compute and touch nothing (randomness and timers among them are caught by name below). */
const pureModules = [
  'node:crypto',
  'node:zlib',
  'node:util',
  'node:buffer',
  'node:path',
  'node:url',
  'node:events',
  'node:timers/promises',
];
const purePackages = /^(valibot|@noble\/(curves|hashes)(\/.+)?|@scure\/bip39(\/.+)?)$/;

/** What reaches past the parameters of a pure function. setImmediate is free: it yields and knows no time. */
const impure: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|\bnew\s+Date\b(?!\s*\()|\bTemporal\s*\.\s*Now\b/g, 'the clock'],
  [/\bperformance\s*\.|\bhrtime\b/g, 'the clock'],
  [/\b(?:setTimeout|setInterval|AbortSignal\s*\.\s*timeout)\b/g, 'a timer'],
  [/\bMath\s*\.\s*random\b/g, 'randomness'],
  [
    /\b(?:randomBytes|randomUUID|randomInt|randomFill(?:Sync)?|getRandomValues|generateKeyPair(?:Sync)?)\b/g,
    'randomness',
  ],
  [/\b(?:randomSecretKey|randomPrivateKey|keygen)\b/g, 'randomness'],
  [/\b(?:fetch\s*\(|new\s+WebSocket\b|new\s+EventSource\b)/g, 'the network'],
  [/\bprocess\s*\./g, 'the process'],
  [/\bconsole\s*\./g, 'the console'],
];

const sources = readSources('src', 'nodes');
const domain = sources.filter((source) => source.path.startsWith('src/'));
const nodes = sources.filter((source) => source.path.startsWith('nodes/'));
const known = new Set(sources.map((source) => source.path));

/** `src/market/rules/x.ts` -> `market`, `src/units.ts` -> `units.ts`. */
const layerOf = (path: string) => path.split('/')[1] ?? '';

const isAdapter = (path: string) =>
  path.startsWith('src/cli/') || /-(?:port|store)\.ts$/.test(path) || adapters.has(path);

describe('layers', () => {
  it('has sources to look at', () => {
    assert.ok(domain.length > 0, 'src/ holds no TypeScript file');
    assert.ok(nodes.length > 0, 'nodes/ holds no TypeScript file');
  });

  it('every folder of src has its place in the order of layers', () => {
    none(domain.filter((source) => !layers.includes(layerOf(source.path))).map((source) => source.path));
  });

  it('src imports only lower layers', () => {
    none(
      eachImport(domain, (from, to) => {
        if (!to.startsWith('src/')) return 'src imports only src';
        const [upper, lower] = [layerOf(from.path), layerOf(to)];
        return layers.indexOf(lower) > layers.indexOf(upper) ? `${lower} lies above ${upper}` : null;
      }),
    );
  });

  it('the device half and the trust half do not know each other', () => {
    none(
      eachImport(domain, (from, to) => {
        const [a, b] = [layerOf(from.path), layerOf(to)];
        const apart =
          (deviceHalf.includes(a) && trustHalf.includes(b)) || (trustHalf.includes(a) && deviceHalf.includes(b));
        return apart ? `${a} and ${b} meet only in simulation, overview, cli and nodes` : null;
      }),
    );
  });

  it('where only types may be known, only types are imported', () => {
    none(
      eachImport(domain, (from, to, typeOnly) =>
        !typeOnly && typesOnly.some(([upper, lower]) => upper === layerOf(from.path) && lower === layerOf(to))
          ? 'write `import type`'
          : null,
      ),
    );
  });

  it('a node imports src and nodes/shared; of another node at most its types', () => {
    none(
      eachImport(nodes, (from, to, typeOnly) => {
        if (to.startsWith('src/') || to.startsWith('nodes/shared/')) return null;
        if (to.startsWith('nodes/') && (typeOnly || layerOf(from.path) === layerOf(to))) return null;
        return 'nodes stand on src and nodes/shared';
      }),
    );
  });

  it('src does not know the command line, and knows nothing of Node-RED', () => {
    none([
      ...eachImport(
        domain.filter((source) => !source.path.startsWith('src/cli/')),
        (_from, to) => (to.startsWith('src/cli/') ? 'only cli imports cli' : null),
      ),
      ...eachPackage(domain, (_from, name) => (/node-red/.test(name) ? 'src never imports Node-RED' : null)),
    ]);
  });

  it('every relative import names an existing .ts file', () => {
    none(eachImport(sources, (_from, to) => (known.has(to) ? null : 'no such file')));
  });

  it('there are no circles', () => {
    none(circles());
  });

  it('packages are runtime dependencies (Node-RED only as types, in nodes)', () => {
    const manifest = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as Record<string, object>;
    const runtime = new Set(
      ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((kind) => Object.keys(manifest[kind] ?? {})),
    );
    none(
      eachPackage(sources, (from, name, typeOnly) => {
        if (typeOnly && from.path.startsWith('nodes/') && /^(@node-red\/|node-red$)/.test(name)) return null;
        if (isBuiltin(name)) return name.startsWith('node:') ? null : `write node:${name}`;
        const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
        return runtime.has(packageName) ? null : 'not among the dependencies in package.json';
      }),
    );
  });

  it('only adapters import what touches socket, disk or clock', () => {
    none(
      eachPackage(
        domain.filter((source) => !isAdapter(source.path)),
        (_from, name, typeOnly) =>
          typeOnly || pureModules.includes(name) || purePackages.test(name)
            ? null
            : 'belongs into a *-port.ts or *-store.ts; pass what it does as a parameter',
      ),
    );
  });

  it('only adapters ask for time, randomness, network or process', () => {
    const found = domain
      .filter((source) => !isAdapter(source.path))
      .flatMap((source) =>
        impure.flatMap(([pattern, what]) =>
          [...source.code.matchAll(pattern)].map(
            (match) => `${source.path}:${lineAt(source.code, match.index)} reaches for ${what} (${match[0].trim()})`,
          ),
        ),
      );
    none(found, 'time, randomness and the rest enter through parameters');
  });

  it('every exception to the naming of adapters still exists', () => {
    const gone = [...adapters.keys()].filter((path) => !known.has(path));
    none(gone, 'remove these from the list of exceptions');
  });

  it('no top-level await (Node-RED loads nodes in the middle of others)', () => {
    none(sources.flatMap((source) => topLevelAwaits(source)));
  });

  it('every file says in its first line what it is', () => {
    none(
      sources.filter((source) => !/^(?:#!.*\n)?(?:\/\/|\/\*)/.test(source.text)).map((source) => source.path),
      'open with a comment of two or three lines',
    );
  });
});

function eachImport(
  from: readonly Source[],
  problem: (from: Source, to: string, typeOnly: boolean) => string | null,
): string[] {
  return from.flatMap((source) =>
    source.imports.flatMap(({ specifier, typeOnly, line }) => {
      const to = target(source.path, specifier);
      const found = to === null ? null : problem(source, to, typeOnly);
      return found === null ? [] : [`${source.path}:${line} imports ${to}: ${found}`];
    }),
  );
}

function eachPackage(
  from: readonly Source[],
  problem: (from: Source, name: string, typeOnly: boolean) => string | null,
): string[] {
  return from.flatMap((source) =>
    source.imports.flatMap(({ specifier, typeOnly, line }) => {
      const found = specifier.startsWith('.') ? null : problem(source, specifier, typeOnly);
      return found === null ? [] : [`${source.path}:${line} imports ${specifier}: ${found}`];
    }),
  );
}

/** Every circle of imports once, types included: a circle of types is a circle of ideas. */
function circles(): string[] {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      source.imports.map((each) => target(source.path, each.specifier)).filter((path) => path !== null),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path);
    if (at !== -1) found.push([...trail.slice(at), path].join(' -> '));
    if (at !== -1 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

/** An `await` outside all braces, unless the statement holds a function without braces. */
function topLevelAwaits(source: Source): string[] {
  const found: string[] = [];
  let depth = 0;
  for (const match of source.code.matchAll(/[{}]|\bawait\b/g)) {
    if (match[0] === '{') depth += 1;
    else if (match[0] === '}') depth -= 1;
    else if (depth === 0) {
      const statement = source.code.slice(source.code.lastIndexOf(';', match.index) + 1, match.index);
      if (!statement.includes('=>')) found.push(`${source.path}:${lineAt(source.code, match.index)}`);
    }
  }
  return found;
}
