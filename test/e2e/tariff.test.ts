// The tariff's dialog as a person uses it, in a real browser: prices by hours in rows, what contradicts itself said while typing, and
// the table of a day from the running Node-RED.
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { evaluate, needBrowser, openEditor, openPage, type RecordedPage, takeScreenshot } from '../support/browser.ts';
import { communityNode, tariffNode } from '../support/flow-nodes.ts';
import type { FlowNode } from '../support/manifest.ts';
import {
  makeUserDir,
  type NodeRed,
  nodeRedVersions,
  removeTemporaryFolders,
  startNodeRed,
} from '../support/node-red.ts';
import { none } from '../support/violations.ts';

after(removeTemporaryFolders);

for (const version of nodeRedVersions) {
  describe(`the dialog of a tariff in Node-RED ${version}`, () => {
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: RecordedPage;
    let page: Page;

    before(async function () {
      this.timeout(180_000);
      browser = await needBrowser(this);
      const { outputs: _, ...tariff } = tariffNode();
      const flows = [
        { id: 'tab', type: 'tab', label: 'Tariff' },
        communityNode(),
        { ...tariff, z: 'tab', x: 200, y: 80, wires: [[], []] },
      ] as unknown as FlowNode[];
      nodeRed = await startNodeRed({ version, userDir: await makeUserDir(), flows });
      editor = await openPage(browser, { dark: version === '5' });
      page = editor.page;
      await openEditor(page, nodeRed.url);
    });

    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    const open = async () => {
      await evaluate(page, `RED.editor.edit(RED.nodes.node('tariff'))`);
      await page.locator('#node-input-importKind').waitFor({ state: 'visible' });
      // The tray slides in.
      await page.waitForTimeout(400);
    };
    const close = async (button: 'ok' | 'cancel') => {
      await page.locator(`#node-dialog-${button}`).click();
      await page.locator(`#node-dialog-${button}`).waitFor({ state: 'hidden' });
    };
    const rate = (row: number, name: string) =>
      page.locator(`.microgrid-tariff-import-hours [data-column="${name}"]`).nth(row);
    const table = async () =>
      (await page.locator('.microgrid-tariff-day tr').allTextContents()).map((row) => row.replace(/\s+/g, ' '));
    const shows = (text: string) => page.locator('.microgrid-tariff-day', { hasText: text }).waitFor();
    const problem = () => page.locator('#node-input-importRates-problem').textContent();
    const told = (text: RegExp) => page.locator('#node-input-importRates-problem', { hasText: text }).waitFor();
    const allIsWell = () => {
      none(editor.problems.splice(0), 'seen in the browser');
      none(nodeRed.errors, 'in the log of Node-RED');
    };

    it('takes prices by hours, says what is wrong with them, and shows a day', async () => {
      await open();
      await shows('30.00');
      assert.equal(await page.locator('#node-input-importRates').count(), 1);
      assert.equal(await page.locator('.microgrid-tariff-import-hours').first().isVisible(), false);
      await page.locator('#node-input-importKind').selectOption('time-of-use');
      await page.locator('.microgrid-tariff-import-hours .red-ui-editableList-addButton').click();
      await told(/^Row 1: the price must be a number/);
      await rate(0, 'name').fill('night');
      await rate(0, 'price').fill('24,3');
      await rate(0, 'from').fill('22:0');
      await told(/^Row 1: from and to must be quarter hours such as 22:00/);
      await rate(0, 'from').fill('22:00');
      await rate(0, 'to').fill('06:00');
      assert.equal(await problem(), '');
      await page.locator('.microgrid-tariff-date').fill('2026-03-29');
      await shows('5 h');
      assert.deepEqual(await table(), [
        'hoursrateimportwith all chargesfeed-in',
        '00:00 – 06:00 (5 h)night24.3024.308.00',
        '06:00 – 22:00 (16 h)30.0030.008.00',
        '22:00 – 24:00 (2 h)night24.3024.308.00',
      ]);
      await page.locator('#node-input-vat').fill('19');
      await shows('28.92');
      await takeScreenshot(page, `tariff-${version}`);
      await page.locator('.microgrid-tariff-import-hours .red-ui-editableList-addButton').click();
      await rate(1, 'price').fill('50');
      await rate(1, 'days').selectOption('fri');
      await shows('row 2 of the import prices overlaps row 1 on fridays at 00:00: two prices would hold');
      await rate(1, 'from').fill('17:00');
      await rate(1, 'to').fill('20:00');
      await page.locator('.microgrid-tariff-date').fill('2026-11-20');
      await shows('59.50');
      await close('ok');
      const stored = await evaluate<string>(page, `RED.nodes.node('tariff').importRates`);
      assert.deepEqual(
        (JSON.parse(stored) as Record<string, string>[]).map(({ name, price, days, from, to }) => [
          name,
          price,
          days,
          from,
          to,
        ]),
        [
          ['night', '24,3', 'all', '22:00', '06:00'],
          ['', '50', 'fri', '17:00', '20:00'],
        ],
      );
      assert.equal(await evaluate(page, `RED.nodes.node('tariff').valid`), true);
      allIsWell();
    });

    it('shows rows again, takes one away, and shows only what counts for a kind', async () => {
      await open();
      assert.equal(await rate(1, 'days').inputValue(), 'fri');
      await page.locator('.microgrid-tariff-import-hours .red-ui-editableList-item-remove').first().click();
      await page.waitForFunction(
        `document.querySelectorAll('.microgrid-tariff-import-hours [data-column="name"]').length === 1`,
      );
      await page.locator('#node-input-importKind').selectOption('dynamic');
      assert.equal(await page.locator('#node-input-importPrice').isVisible(), false);
      await shows('no price yet');
      await page.locator('#node-input-timeZone').fill('Mars/Base');
      assert.match(
        String(await page.locator('#node-input-timeZone-problem').textContent()),
        /must be that of a place, such as Europe\/Paris/,
      );
      await close('cancel');
      assert.match(await evaluate<string>(page, `RED.nodes.node('tariff').importRates`), /fri/);
      allIsWell();
    });
  });
}
