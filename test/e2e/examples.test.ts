// The package as a user meets it: the tarball installed into a real Node-RED, the palette, and every example imported
// through the editor's import dialog and deployed, side by side. Both supported versions of Node-RED.
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import {
  deploy,
  evaluate,
  importExample,
  invalidNodes,
  needBrowser,
  openEditor,
  openPage,
  type RecordedPage,
  readDialog,
  takeScreenshot,
} from '../support/browser.ts';
import { readExamples, readManifest, readNodeTypes } from '../support/manifest.ts';
import {
  makeUserDir,
  type NodeRed,
  nodeRedVersions,
  removeTemporaryFolders,
  sleep,
  startNodeRed,
} from '../support/node-red.ts';
import { none } from '../support/violations.ts';

/** How long an example runs before its statuses are judged. */
const SETTLE_MS = 4_000;

/** Entries of a flow file that the editor does not count as nodes. */
const uncounted = ['group', 'junction', 'subflow'];

/** What a dialog shows where a label is missing from the locale: the label's key. */
const labelKey = /\bmicrogrid-[\w-]+[.:]\w|\b[\w-]+\.(?:labels?|placeholders?|hints?|tips?|options?|errors?)\.\w/;

const { name: packageName } = readManifest();
const types = readNodeTypes();
const dropped = types.filter(({ category }) => category !== 'config').map(({ type }) => type);

after(removeTemporaryFolders);

for (const version of nodeRedVersions) {
  describe(`the package in Node-RED ${version}`, () => {
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: RecordedPage;

    before(async function () {
      browser = await needBrowser(this);
      nodeRed = await startNodeRed({ version, userDir: await makeUserDir(), flows: [] });
      editor = await openPage(browser);
      await openEditor(editor.page, nodeRed.url);
    });

    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    /** Nothing may have gone wrong on the page or in the log, so far. */
    function allIsWell(): void {
      none(editor.problems.splice(0), 'seen in the browser');
      assert.ok(nodeRed.alive, `Node-RED ended:\n${nodeRed.output}`);
      none(nodeRed.errors, 'in the log of Node-RED');
    }

    it('loads every node without an error', async () => {
      const modules = (await nodeRed.get('nodes')) as { module: string; types: string[]; err?: unknown }[];
      const ours = modules.filter(({ module }) => module === packageName);
      none(ours.filter(({ err }) => err).map((each) => JSON.stringify(each)));
      assert.deepEqual(ours.flatMap((each) => each.types).sort(), types.map(({ type }) => type).sort());
      allIsWell();
    });

    it('shows every node in the palette, in its category', async () => {
      const shown = await evaluate<string[]>(
        editor.page,
        `[...document.querySelectorAll('.red-ui-palette-node')]
          .map((node) => node.getAttribute('data-palette-type')).filter((type) => type.startsWith('microgrid-'))`,
      );
      assert.deepEqual(shown.sort(), [...dropped].sort());
    });

    it('gives every node its own icon', async () => {
      const icons = await evaluate<Record<string, string>>(
        editor.page,
        `Object.fromEntries([...document.querySelectorAll('.red-ui-palette-node')].map((node) =>
          [node.getAttribute('data-palette-type'), node.querySelector('.red-ui-palette-icon')?.style.backgroundImage ?? '']))`,
      );
      for (const type of dropped) {
        const address = /url\("?([^")]+)"?\)/.exec(icons[type] ?? '')?.[1] ?? '';
        assert.ok(address.endsWith(`/${type}.svg`), `${type} shows the icon "${address}"`);
        const response = await fetch(new URL(address, nodeRed.url));
        assert.match(await response.text(), /<svg/, `${address} is not the icon`);
      }
    });

    it('has help for every node', async () => {
      const lacking = await evaluate<string[]>(
        editor.page,
        `${JSON.stringify(types.map(({ type }) => type))}.filter((type) => !(RED.nodes.getNodeHelp(type) ?? '').trim())`,
      );
      none(lacking, 'no help');
    });

    for (const { name, nodes } of readExamples()) {
      it(`imports and runs "${name}"`, async () => {
        const added = await importExample(editor.page, packageName, name);
        assert.equal(added, nodes.filter(({ type }) => !uncounted.includes(type)).length, 'not all nodes came');
        none(await invalidNodes(editor.page), 'the editor marks these as badly configured');
        await deploy(editor.page);
        await sleep(SETTLE_MS);
        await takeScreenshot(editor.page, `editor-${version}-${name}`);
        none(await nodeRed.redNodes(), 'red status');
        allIsWell();
      });
    }

    it('opens the dialog of every node, with a label for every text', async () => {
      for (const { type, category } of types) {
        const texts = await readDialog(editor.page, type, category === 'config', `dialog-${version}-${type}`);
        assert.ok(texts, `no example has a ${type}`);
        none(
          texts.filter((text) => labelKey.test(text)),
          `texts of ${type} without a label`,
        );
      }
      allIsWell();
    });

    it('opens the deployed examples again', async () => {
      await openEditor(editor.page, nodeRed.url);
      none(await invalidNodes(editor.page));
      allIsWell();
    });
  });
}
