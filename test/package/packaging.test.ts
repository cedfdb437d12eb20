// What npm would publish is what Node-RED needs, and nothing else: compiled nodes with dialog, help, labels and icon.
// Looks at dist/, so it needs a build before (`npm test` does that).
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { readManifest, readNodeTypes } from '../support/manifest.ts';
import { listPacked, type Packed } from '../support/pack.ts';
import { projectRoot, sourceOf } from '../support/source.ts';
import { none } from '../support/violations.ts';

const manifest = readManifest();
const types = readNodeTypes(manifest);
const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');

/** The one script that members run, too. */
const PYTHON_VERIFIER = 'scripts/microgrid_verify.py';

describe('package', () => {
  let packed: Packed;
  let files: Set<string>;
  const missing = (paths: readonly string[]) =>
    none(
      paths.filter((path) => !files.has(path)),
      'not in the tarball',
    );

  before(async function () {
    this.timeout(60_000);
    packed = await listPacked();
    files = new Set(packed.files.map((file) => file.path));
  });

  it('is what Node-RED and its library look for', () => {
    assert.ok(manifest.keywords.includes('node-red'), 'the keyword "node-red" is missing');
    assert.equal(manifest.license, 'Apache-2.0');
    assert.match(manifest['node-red'].version, /^>=\s*4\.1/);
    assert.match(manifest.engines.node, /^>=\s*22\.13/);
  });

  it('lists every node folder, and only those', () => {
    const folders = readdirSync(join(projectRoot, 'nodes')).filter((name) => name.startsWith('microgrid-'));
    const nodes = folders.filter((name) => !name.includes('.'));
    assert.deepEqual(types.map(({ type }) => type).sort(), nodes.sort());
  });

  it('contains for every node: code, dialog, labels, help', () => {
    const needed = types.flatMap(({ type, file }) => {
      const folder = dirname(file);
      const names = [`${type}.html`, `locales/en-US/${type}.json`, `locales/en-US/${type}.html`];
      return [file, ...names.map((name) => `${folder}/${name}`)];
    });
    missing(needed);
  });

  it('contains for every node an icon in dist/nodes/icons, beside a listed plugin', () => {
    missing(types.map(({ type }) => `dist/nodes/icons/${type}.svg`));
    const beside = Object.values(manifest['node-red'].plugins ?? {}).map((path) => dirname(path));
    assert.ok(
      beside.includes('dist/nodes'),
      'no plugin file in dist/nodes is listed, so Node-RED finds no icons there',
    );
  });

  it('contains its plugins, command, licence and readme', () => {
    missing([
      ...Object.values(manifest['node-red'].plugins ?? {}),
      ...Object.values(manifest.bin ?? {}),
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'package.json',
      PYTHON_VERIFIER,
    ]);
  });

  it('contains all examples', () => {
    missing(
      readdirSync(join(projectRoot, 'examples'))
        .filter((name) => name.endsWith('.json'))
        .map((name) => `examples/${name}`),
    );
  });

  it('contains nothing of the workshop', () => {
    none(
      [...files].filter(
        (path) =>
          path !== PYTHON_VERIFIER &&
          /^(test|bench|scripts|demo|\.ci|\.git|nodes|src|icons|node_modules)\/|\.test\.|(^|\/)\.|tsconfig|biome\.json|mocharc|\.(?<!\.d\.)ts$/.test(
            path,
          ),
      ),
      'keep it out with "files" in package.json',
    );
  });

  it('stays small', () => {
    const kilobytes = packed.files.reduce((sum, file) => sum + file.size, 0) / 1024;
    assert.ok(kilobytes < 6 * 1024, `the unpacked package has ${Math.round(kilobytes)} KiB`);
  });

  it('runs on its dependencies alone: no import of a development dependency', () => {
    const runtime = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
    const problems = [...files]
      .filter((path) => path.endsWith('.js'))
      .flatMap((path) =>
        sourceOf(path, read(path))
          .imports.map(({ specifier }) => specifier)
          .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
          .filter((specifier) => !(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/') in runtime))
          .map((specifier) => `${path} imports ${specifier}`),
      );
    none(problems);
  });

  it('runs code of no dependency at installation', () => {
    const problems = Object.keys(manifest.dependencies ?? {}).filter((name) => {
      const theirs = JSON.parse(read(`node_modules/${name}/package.json`)) as typeof manifest & { gypfile?: boolean };
      const hooks = ['preinstall', 'install', 'postinstall'].some((script) => script in (theirs.scripts ?? {}));
      return hooks || theirs.gypfile === true;
    });
    none(problems, 'dependencies are pure JavaScript without install scripts');
    assert.ok(!('postinstall' in (manifest.scripts ?? {})), 'the package itself runs code at installation');
  });

  it('gives the reason for each dependency in docs/dependencies.md', () => {
    const path = 'docs/dependencies.md';
    assert.ok(existsSync(join(projectRoot, path)), `${path} is missing`);
    const text = read(path);
    const names = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
      ...manifest.devDependencies,
    });
    // Type declarations stand for the package they describe.
    none(
      names.filter((name) => !name.startsWith('@types/') && !text.includes(`\`${name}\``)),
      `add them to ${path}`,
    );
  });
});

describe('dialogs', () => {
  const each = (problem: (node: (typeof types)[number]) => string | null) =>
    none(
      types.flatMap((node) => {
        const found = problem(node);
        return found === null ? [] : [`${node.type}: ${found}`];
      }),
    );

  it('are registered under the name of their folder, in the category microgrid or config', () => {
    each(({ type, html, category }) => {
      if (!new RegExp(`registerType\\(\\s*['"]${type}['"]`).test(html)) return 'does not call registerType';
      if (!html.includes(`data-template-name="${type}"`)) return 'has no template';
      return category === 'microgrid' || category === 'config' ? null : `is in the category ${category}`;
    });
  });

  it('have their icon as an inline literal', () => {
    each(({ type, icon, category }) =>
      icon === `${type}.svg` || (category === 'config' && icon === null) ? null : `icon is ${icon}, not ${type}.svg`,
    );
  });

  it('carry a configuration version', () => {
    each(({ html }) => (/\bconfigVersion\s*:/.test(html) ? null : 'has no configVersion among its defaults'));
  });

  it('use no fixed colours (Node-RED 5 has a dark theme)', () => {
    const fixed = /\b(?:color|background|border|fill|stroke|outline)[\w-]*\s*:[^;"'{}]*(?:#[0-9a-f]{3,8}\b|rgba?\()/i;
    each(({ html }) => {
      const found = fixed.exec(html);
      return found ? `has "${found[0]}"` : null;
    });
  });

  it('have labels that are JSON, and help that is filed under the type', () => {
    each(({ type }) => {
      const folder = `nodes/${type}/locales/en-US`;
      for (const extension of ['json', 'html']) {
        if (!existsSync(join(projectRoot, folder, `${type}.${extension}`))) return `${type}.${extension} is missing`;
      }
      JSON.parse(read(`${folder}/${type}.json`));
      return read(`${folder}/${type}.html`).includes(`data-help-name="${type}"`) ? null : 'no data-help-name';
    });
  });
});

describe('icons', () => {
  for (const { type } of types) {
    it(`${type}.svg is white on transparent, 40 x 60`, () => {
      const svg = read(`icons/${type}.svg`);
      assert.match(svg, /^<svg [^>]*width="40" height="60" viewBox="0 0 40 60"/);
      const colours = [...svg.matchAll(/\b(?:fill|stroke)="([^"]+)"/g)].map((match) => match[1]);
      assert.deepEqual([...new Set(colours)].sort(), ['#fff', 'none']);
    });
  }
});
