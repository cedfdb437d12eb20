// Opens Node-RED's editor and dashboard in headless Chromium, as a person would see them, and writes down everything that
// went wrong on the page. Works with the editors of Node-RED 4.1 and 5.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Context } from 'mocha';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Headless, as root, without Chromium's own traffic to the internet. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface RecordedPage {
  readonly page: Page;
  /** Console errors, uncaught exceptions, failed requests and answers of 400 and above, in order. */
  readonly problems: string[];
}

/** Path of a Chromium: the environment variable CHROMIUM, or the first one on the PATH; null when there is none. */
export function findChromium(): string | null {
  const given = process.env['CHROMIUM'];
  if (given) return given;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        // Not there; look on.
      }
    }
  }
  return null;
}

/** A browser for the tests of a suite. Without Chromium the suite is skipped with a loud word; in CI that is a failure. */
export async function needBrowser(test: Context): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath) return chromium.launch({ executablePath, args: flags, headless: true });
  const advice = 'install Chromium, or name one in the environment variable CHROMIUM';
  if (process.env['CI'] === 'true') throw new Error(`no Chromium found: ${advice}`);
  console.warn(`\n  !! NO BROWSER: the tests of the editor and the dashboard are skipped; ${advice}\n`);
  return test.skip();
}

/** A new page in a context of its own (no cookies, no storage of others). */
export async function openPage(
  browser: Browser,
  options: { width?: number; height?: number; dark?: boolean } = {},
): Promise<RecordedPage> {
  const { width = 1400, height = 900, dark = false } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('requestfailed', (request) => {
    problems.push(`failed: ${request.method()} ${request.url()} ${request.failure()?.errorText ?? ''}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  return { page, problems };
}

/** Loads the editor and waits until its palette is complete. */
export async function openEditor(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('.red-ui-palette-node').first().waitFor({ timeout: 60_000 });
  await page.locator('#red-ui-loading-progress').waitFor({ state: 'hidden', timeout: 60_000 });
}

/**
 * Imports an example as a person does (menu, Import, Examples, package, name, Import) and shows its first flow tab.
 * @returns how many nodes (flow tabs and configuration nodes included) the editor has more than before
 */
export async function importExample(page: Page, packageName: string, example: string): Promise<number> {
  const before = await countNodes(page);
  const tabs = await listTabs(page);
  await page.locator('#red-ui-header-button-sidemenu').click();
  await page.locator('#menu-item-import').click();
  await page.locator('#red-ui-clipboard-dialog-import-tabs a', { hasText: 'Examples' }).click();
  const tree = page.locator('.red-ui-clipboard-dialog-tab-library:visible');
  try {
    const pick = (label: string) => tree.locator('.red-ui-treeList-label', { hasText: exactly(label) }).click();
    await pick(packageName);
    // While the list unfolds, a click may meet nothing: then it is done again.
    for (let tries = 0; tries < 5; tries++) {
      await pick(example);
      if (await becomesEnabled(page, '#red-ui-clipboard-dialog-ok')) break;
    }
    await page.locator('#red-ui-clipboard-dialog-ok').click();
  } catch (problem) {
    const shown = await tree.locator('.red-ui-treeList-label:visible').allTextContents();
    await page.locator('#red-ui-clipboard-dialog-cancel').click();
    throw new Error(`"${example}" is not to be had; the dialog shows: ${shown.join(' | ')}`, { cause: problem });
  }
  await page.locator('#red-ui-clipboard-dialog').waitFor({ state: 'hidden' });
  await page.waitForFunction(`(${editorCount}) > ${before}`, undefined, { timeout: 30_000 });
  const tab = (await listTabs(page)).find((id) => !tabs.includes(id));
  if (tab) await evaluate(page, `RED.workspaces.show(${JSON.stringify(tab)})`);
  return (await countNodes(page)) - before;
}

/** Whether a button can be pressed within two seconds. */
async function becomesEnabled(page: Page, button: string): Promise<boolean> {
  try {
    await page.waitForFunction(`!document.querySelector(${JSON.stringify(button)}).disabled`, undefined, {
      timeout: 2000,
    });
    return true;
  } catch {
    return false;
  }
}

/**
 * Presses Deploy and waits for the runtime's answer.
 * @throws Error with the editor's words when it asks back (nodes that are not configured) or refuses
 */
export async function deploy(page: Page): Promise<void> {
  const answer = page.waitForResponse(
    (response) => response.request().method() === 'POST' && /\/flows$/.test(new URL(response.url()).pathname),
    { timeout: 30_000 },
  );
  // Handled at once, so that the question of the editor below is what a person reads about.
  const settled = answer.then(
    (response) => (response.ok() ? null : `the runtime answered ${response.status()}`),
    (problem: Error) => problem.message,
  );
  await page.locator('#red-ui-header-button-deploy').click();
  const question = page
    .locator('.red-ui-notification:visible', { has: page.locator('button') })
    .first()
    .textContent({ timeout: 30_000 })
    .then(
      (text) => `the editor asks: ${text}`,
      () => null,
    );
  const problem = await Promise.race([settled, question]);
  if (problem !== null) throw new Error(`deploying failed: ${problem}`);
  await page.waitForFunction('!RED.nodes.dirty()', undefined, { timeout: 10_000 });
}

/**
 * Opens the dialog of the first node of a type, gives the texts it shows (labels, placeholders, options), cancels it.
 * @returns null when no node of the type is in the editor
 */
export async function readDialog(
  page: Page,
  type: string,
  config: boolean,
  screenshot?: string,
): Promise<string[] | null> {
  const opened = await evaluate<boolean>(
    page,
    `(() => {
      let found = null;
      const look = (node) => { if (node.type === ${JSON.stringify(type)}) found ??= node; };
      RED.nodes.eachNode(look);
      RED.nodes.eachConfig(look);
      if (found) ${config ? "RED.editor.editConfig('', found.type, found.id)" : 'RED.editor.edit(found)'};
      return found !== null;
    })()`,
  );
  if (!opened) return null;
  const cancel = page.locator(config ? '#node-config-dialog-cancel' : '#node-dialog-cancel');
  await cancel.waitFor({ state: 'visible' });
  // The tray slides in; its fields are filled while it does.
  await page.waitForTimeout(400);
  if (screenshot) await takeScreenshot(page, screenshot);
  const texts = await evaluate<string[]>(
    page,
    `(() => {
      const tray = [...document.querySelectorAll('.red-ui-tray')].at(-1);
      const texts = tray.innerText.split('\\n');
      for (const field of tray.querySelectorAll('[placeholder]')) texts.push(field.getAttribute('placeholder'));
      for (const option of tray.querySelectorAll('option')) texts.push(option.textContent);
      return texts.map((text) => text.trim()).filter((text) => text !== '');
    })()`,
  );
  await cancel.click();
  await cancel.waitFor({ state: 'hidden' });
  return texts;
}

/** Saves what the page shows, less the editor's passing notices, if the environment variable SCREENSHOTS names a folder. */
export async function takeScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  const style = '#red-ui-notifications { display: none }';
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), style });
}

/** Nodes that the editor marks as badly configured, with what it says about them. */
export async function invalidNodes(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const found = [];
    const look = (node) => {
      if (node.valid === false) found.push(node.type + ' ' + node.id + ': ' + (node.validationErrors || []).join('; '));
    };
    RED.nodes.eachNode(look);
    RED.nodes.eachConfig(look);
    return found;
  })()`);
}

/** Evaluates an expression in the page; the types of the page are not those of this program. */
export async function evaluate<Value>(page: Page, expression: string): Promise<Value> {
  return page.evaluate(expression) as Promise<Value>;
}

const editorCount = `(() => {
  let count = 0;
  for (const each of [RED.nodes.eachNode, RED.nodes.eachConfig, RED.nodes.eachWorkspace]) each(() => { count += 1; });
  return count;
})()`;

const listTabs = (page: Page) =>
  evaluate<string[]>(
    page,
    '(() => { const ids = []; RED.nodes.eachWorkspace((tab) => ids.push(tab.id)); return ids; })()',
  );

const countNodes = (page: Page) => evaluate<number>(page, editorCount);

const exactly = (text: string) => new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
