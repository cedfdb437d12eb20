// The device part of a dialog as a person uses it, in a real browser: search the catalogue by keyboard, test the device,
// find what is on the line and take it over. The devices are a virtual site's, reached through the running flow's line.
import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { evaluate, needBrowser, openEditor, openPage, type RecordedPage, takeScreenshot } from '../support/browser.ts';
import { batteryNode, communityNode, memberNode, meterNode, modbusNode, siteNode } from '../support/flow-nodes.ts';
import type { FlowNode } from '../support/manifest.ts';
import { type RawPeer, rawPeer } from '../support/modbus-peers.ts';
import {
  freePort,
  makeUserDir,
  type NodeRed,
  nodeRedVersions,
  removeTemporaryFolders,
  startNodeRed,
} from '../support/node-red.ts';
import { none } from '../support/violations.ts';

after(removeTemporaryFolders);

for (const version of nodeRedVersions) {
  describe(`choosing a device in Node-RED ${version}`, () => {
    let browser: Browser;
    let nodeRed: NodeRed;
    let editor: RecordedPage;
    let page: Page;
    let silent: RawPeer;

    before(async function () {
      this.timeout(180_000);
      browser = await needBrowser(this);
      const port = await freePort();
      silent = await rawPeer();
      silent.behave = () => {};
      const lines = [modbusNode(port, { name: 'Home 1' }), modbusNode(silent.port, { id: 'silent', name: 'Silent' })];
      const config = [communityNode(), memberNode(), ...lines];
      const placed = [siteNode(port), meterNode(), batteryNode()].map((node, index) => {
        const { outputs = 0, ...rest } = node;
        return { ...rest, z: 'tab', x: 200, y: 80 * (index + 1), wires: Array.from({ length: outputs }, () => []) };
      });
      const flows = [{ id: 'tab', type: 'tab', label: 'Home' }, ...config, ...placed] as unknown as FlowNode[];
      nodeRed = await startNodeRed({ version, userDir: await makeUserDir(), flows });
      editor = await openPage(browser, { dark: version === '5' });
      page = editor.page;
      await openEditor(page, nodeRed.url);
    });

    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
      await silent?.stop();
    });

    const open = async (type: string) => {
      const find = `(() => { let node; RED.nodes.eachNode((each) => { if (each.type === '${type}') node = each; }); return node; })()`;
      await evaluate(page, `RED.editor.edit(${find})`);
      await page.locator('#node-input-device-search').waitFor({ state: 'visible' });
      await page.waitForFunction(`document.querySelector('#node-input-device-search').value.includes(' ')`);
      // The tray slides in.
      await page.waitForTimeout(400);
    };
    const cancel = async () => {
      await page.locator('#node-dialog-cancel').click();
      await page.locator('#node-dialog-cancel').waitFor({ state: 'hidden' });
    };
    const search = () => page.locator('#node-input-device-search');
    const chosen = () => page.locator('#node-input-device').inputValue();
    const problem = () => page.locator('#node-input-device-problem').textContent();
    const answer = (text: RegExp, inside = '.microgrid-test') =>
      page.locator(`${inside} .microgrid-answer`, { hasText: text }).waitFor();
    const allIsWell = () => {
      none(editor.problems.splice(0), 'seen in the browser');
      none(nodeRed.errors, 'in the log of Node-RED');
    };

    it('searches the catalogue by keyboard, and offers what fits the node', async () => {
      await open('microgrid-meter');
      assert.equal(await search().inputValue(), 'Eastron SDM630-Modbus');
      await search().click();
      await takeScreenshot(page, `picker-${version}`);
      await search().fill('sunspec METER');
      assert.deepEqual(await page.locator('.microgrid-option').allTextContents(), [
        'Meter (models 201 to 204, 211 to 214)',
      ]);
      await search().press('Enter');
      assert.equal(await chosen(), 'sunspec-meter');
      await search().fill('no such thing');
      assert.match(String(await page.locator('.microgrid-nothing').textContent()), /No device that this node can use/);
      await search().press('Escape');
      assert.equal(await search().inputValue(), 'SunSpec Meter (models 201 to 204, 211 to 214)');
      await page.locator('#node-input-role').selectOption('pv');
      assert.match(String(await problem()), /is a meter, which does not fit here; choose another device/);
      await cancel();
      await open('microgrid-battery');
      await search().fill('model 802');
      await search().press('ArrowDown');
      await search().press('Enter');
      assert.match(String(await problem()), /can be read, but not told what to do; choose another device\.$/);
      await cancel();
      allIsWell();
    });

    it('tests the device and shows all that it says', async () => {
      await open('microgrid-meter');
      await page.locator('.microgrid-test button', { hasText: 'Test' }).click();
      await answer(/The device answers well/);
      const names = await page.locator('.microgrid-values dt').allTextContents();
      assert.deepEqual(names, [
        'Power now',
        'Imported so far',
        'Exported so far',
        'Phase L1',
        'Phase L2',
        'Phase L3',
        'Frequency',
      ]);
      const [power, , , , , , frequency] = await page.locator('.microgrid-values dd').allTextContents();
      assert.match(String(power), /^[\d.,]+ kW( import| export)?$/);
      assert.equal(frequency, '50 Hz');
      await takeScreenshot(page, `test-${version}`);
      await page.locator('#node-input-unit').fill('9');
      assert.equal(await page.locator('.microgrid-values dt').count(), 0, 'an answer about another unit still stands');
      await page.locator('.microgrid-test button', { hasText: 'Test' }).click();
      await answer(/It cannot be read: unit 9 at .* the gateway got no answer from it/);
      await cancel();
      allIsWell();
    });

    it('finds the devices of the line, takes one over, and can be cancelled', async () => {
      await open('microgrid-meter');
      await page.locator('button', { hasText: 'Find devices' }).click();
      const field = (name: string) => page.locator(`input[data-find="${name}"]`);
      const go = page.locator('.microgrid-find > button');
      await field('to').fill('4');
      await field('wait').fill('0.3');
      await field('usual').uncheck();
      await go.click();
      await answer(/Done: 3 of 4 units answered/, '.microgrid-find');
      await takeScreenshot(page, `find-${version}`);
      const found = await page.locator('.microgrid-answers button > span').allTextContents();
      assert.deepEqual(
        found.map((text) => text.split(':')[0]),
        ['Unit 1', 'Unit 2', 'Unit 3'],
      );
      assert.equal(found[0], 'Unit 1: Eastron SDM630-Modbus');
      const fits = (unit: number) => page.locator(`.microgrid-answers button[data-unit="${unit}"] small`).textContent();
      assert.match(String(await fits(1)), /register 64514 shows 112; fits Eastron SDM630-Modbus/);
      assert.match(String(await fits(2)), /no device of the catalogue fits here/);
      await page.locator('#node-input-role').selectOption('pv');
      assert.match(String(await fits(2)), /fits SunSpec Three-phase inverter/);
      await page.locator('.microgrid-answers button[data-unit="2"]').click();
      assert.equal(await chosen(), 'sunspec-inverter-103');
      assert.equal(await page.locator('#node-input-unit').inputValue(), '2');
      assert.equal(await problem(), '');
      await page.locator('#node-input-modbus').selectOption({ label: 'Silent' });
      await field('from').fill('100');
      await field('to').fill('247');
      await field('wait').fill('5');
      await go.click();
      await answer(/Unit 1\d\d, \d+ of 148; found so far: 0/, '.microgrid-find');
      await go.click();
      await answer(/Cancelled/, '.microgrid-find');
      await field('to').fill('50');
      await go.click();
      await answer(/the last unit must not be below the first/, '.microgrid-find');
      await cancel();
      allIsWell();
    });
  });
}
