// The built page in a real browser, opened from its file as a member opens it: a ledger, a statement and evidence that hold are green, altered
// ones are red with the code and leaf of `microgrid verify`, blocks and records open, and no request leaves the page.
import { strict as assert } from 'node:assert';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { historyOf } from '../../src/audit/evidence/make-history.ts';
import { databaseSource } from '../../src/audit/sources.ts';
import { verifyExport, verifyStore } from '../../src/audit/verify.ts';
import { cheat } from '../audit/cheat.ts';
import { keysOf, ORIGIN, Street } from '../ledger/street.ts';
import { evaluate, needBrowser, openPage } from '../support/browser.ts';
import { runCommand } from '../support/command.ts';
import { projectRoot } from '../support/source.ts';

const PAGE = pathToFileURL(join(projectRoot, 'dist/page/check.html')).href;
const LOG_KEY = keysOf('operator').log(ORIGIN).vkey;

describe('the page that checks ledgers', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: string;
  let street: Street;
  let page: Page;
  let problems: string[];
  let requests: string[];
  const exported = () => join(folder, 'export');

  before(async function () {
    browser = await needBrowser(this);
    folder = mkdtempSync(join(tmpdir(), 'microgrid-page-'));
    street = new Street();
    const ledger = await street.open();
    await street.gates(ledger, 3);
    await ledger.close();
  });

  after(async () => {
    await browser?.close();
    street?.remove();
    if (folder) rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    rmSync(exported(), { recursive: true, force: true });
    cpSync(street.exported, exported(), { recursive: true });
    await open({});
  });

  afterEach(async () => {
    await page.context().close();
    // A worker made of what stands in the page is its one request but for itself.
    assert.deepEqual(
      requests.filter((url) => url !== PAGE && !url.startsWith('blob:')),
      [],
    );
    assert.deepEqual(problems, []);
  });

  async function open(options: Parameters<typeof openPage>[1]): Promise<void> {
    await page?.context().close();
    ({ page, problems } = await openPage(browser, options));
    requests = [];
    page.context().on('request', (request) => requests.push(request.url()));
    await page.goto(PAGE);
  }

  async function verdict(): Promise<{ state: string | null; text: string }> {
    const found = page.locator('#verdict');
    await found.waitFor();
    const [, state = null] = /verdict (\w+)/.exec((await found.getAttribute('class')) ?? '') ?? [];
    return { state, text: await found.innerText() };
  }

  async function checkFolder(path: string): Promise<{ state: string | null; text: string }> {
    await page.locator('#folder').setInputFiles(path);
    return verdict();
  }

  /** For eyes, if the environment variable SCREENSHOTS names a folder. */
  async function screenshot(name: string): Promise<void> {
    const to = process.env['SCREENSHOTS'];
    if (to) await page.screenshot({ path: join(to, `${name}.png`) });
  }

  it('says of a ledger that holds that it does, and whose it is once it has the key', async () => {
    const found = await checkFolder(exported());
    assert.equal(found.state, 'good');
    assert.match(found.text, /This ledger holds\./);
    await page.locator('#keys summary').click();
    await page.locator('#key-text').fill(LOG_KEY);
    await page.locator('#apply-keys').click();
    await page.getByRole('heading', { name: /it is your operator/ }).waitFor();
    assert.equal(await page.locator('.steps > .good').count(), 8);
  });

  it('opens blocks and records with the keyboard, down to the root', async () => {
    await checkFolder(exported());
    const second = page.locator('.card', { hasText: 'Block 1' });
    await second.focus();
    await page.keyboard.press('Enter');
    await page.locator('.row', { hasText: 'home-1 sells up to 1 kWh' }).first().focus();
    await page.keyboard.press('Space');
    const path = page.locator('.path').first();
    await path.waitFor();
    assert.match(await path.innerText(), /This is the root that the operator signed/);
    await page.locator('.record button', { hasText: 'Show whole hashes' }).click();
    const { root } = await verifyExport(exported());
    assert.ok((await path.innerText()).includes(root));
  });

  it('names the first bad leaf of an altered ledger as verify does, and opens it', async () => {
    const { size } = await verifyExport(exported());
    const files: readonly (readonly [file: string, from: string, to: string])[] = [
      [`tile/entries/000.p/${size}`, '"kind":"order"', '"kind":"orded"'],
      ['bodies/000', '"wh":1000', '"wh":1001'],
      ['checkpoint', `\n${size}\n`, `\n${size - 1}\n`],
      ['notes/2026-11-22.txt', 'leaf 1', 'leaf 2'],
    ];
    for (const [file, from, to] of files) {
      const path = join(exported(), file);
      const content = readFileSync(path, 'latin1');
      assert.ok(content.includes(from), `${file} has no ${from}`);
      writeFileSync(path, content.replace(from, to), 'latin1');
      const { errors } = await verifyExport(exported());
      const found = await checkFolder(exported());
      assert.equal(found.state, 'bad', file);
      const place = page.locator('.faults .place').first();
      const { leaf, code } = errors[0]!;
      assert.match(await place.innerText(), new RegExp(`^${code}${leaf === null ? '' : ` leaf ${leaf}\\b`}`));
      await screenshot(`page-altered-${file.replaceAll('/', '-')}`);
      if (leaf !== null && errors.length > 0 && (await page.locator('.card').count()) > 0) {
        await page.locator('.faults button').first().click();
        await page.locator('.record .problem').first().waitFor();
      }
      writeFileSync(path, content, 'latin1');
      await page.reload();
    }
  });

  it('takes a folder that is dropped on it', async () => {
    const session = await page.context().newCDPSession(page);
    const data = { items: [], files: [exported()], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
    }
    assert.equal((await verdict()).state, 'good');
  });

  it('checks a statement alone, with its ledger, and one that was altered', async () => {
    const directory = join(folder, 'simulated');
    const members = ['home-01', 'home-02', 'bakery'].map((id) => ({ id, kind: 'home' }));
    const tariffs = { import: 300_000, feedIn: 80_000 };
    const community = JSON.stringify({ origin: 'sunny-street.example/ledger/1', currency: 'EUR', tariffs, members });
    const args = ['--profiles', 'street', '--from', '2017-07-10T10:00Z', '--intervals', '8', '--ledger', directory];
    const simulated = await runCommand(['simulate', 'community.json', ...args], {
      files: { 'community.json': community },
    });
    assert.deepEqual([simulated.code, simulated.err], [0, '']);
    const { out } = await runCommand(['statement', '--month', '2017-07', '--member', 'home-01', directory]);
    const file = join(directory, 'statement.json');
    writeFileSync(file, out);
    await page.locator('#files').setInputFiles(file);
    assert.equal((await verdict()).state, 'open');
    // Its ledger after it, and it after its ledger: both ways they find together.
    await page.locator('#folder').setInputFiles(join(directory, 'export'));
    await page.getByRole('heading', { name: 'This statement is right.' }).waitFor();
    await page.reload();
    assert.match((await checkFolder(join(directory, 'export'))).text, /This ledger holds/);
    await page.locator('#files').setInputFiles(file);
    await page.getByRole('heading', { name: 'This statement is right.' }).waitFor();
    await page.reload();
    // In the folder of the ledger the export and the statement are found together.
    const together = join(folder, 'together');
    cpSync(join(directory, 'export'), join(together, 'export'), { recursive: true });
    writeFileSync(join(together, 'statement.json'), out);
    const found = await checkFolder(together);
    assert.deepEqual([found.state, /This statement is right/.test(found.text)], ['good', true], found.text);
    await page.reload();
    const { lines, ...rest } = JSON.parse(out) as { lines: { amount: number }[] };
    writeFileSync(
      file,
      JSON.stringify({ ...rest, lines: lines.map((line, i) => (i ? line : { ...line, amount: 1 })) }),
    );
    await page.locator('#files').setInputFiles(file);
    assert.equal((await verdict()).state, 'bad');
  });

  it('checks an evidence file and shows the record that it is about', async () => {
    const own = new Street();
    const ledger = await own.open();
    await own.gates(ledger, 1);
    await ledger.close();
    const { store, seal } = cheat(own);
    seal([own.record('home-1', 'term', null, { term: 2, operator: 'home-1', key: keysOf('home-1').log(ORIGIN).vkey })]);
    const { errors } = await verifyStore(store);
    const evidence = await historyOf(databaseSource(store.raw), errors[0]!);
    store.close();
    own.remove();
    const file = join(folder, 'evidence.json');
    writeFileSync(file, JSON.stringify(evidence));
    await page.locator('#files').setInputFiles(file);
    const found = await verdict();
    assert.deepEqual([found.state, /This evidence holds/.test(found.text)], ['good', true], found.text);
    await page.locator('.faults button').first().click();
    await page.locator('.path .good').first().waitFor();
  });

  it('says in a sentence what it cannot check', async () => {
    const file = join(folder, 'export.zip');
    writeFileSync(file, 'PK\x03\x04');
    await page.locator('#files').setInputFiles(file);
    const { state, text } = await verdict();
    assert.deepEqual([state, /"export\.zip" is a zip archive/.test(text)], ['neither', true]);
  });

  it('can be cancelled, and checks again afterwards', async () => {
    // A check that never ends, so that there is something to cancel.
    await evaluate(page, 'window.RealWorker = Worker; window.Worker = class { postMessage() {} terminate() {} }');
    await page.locator('#folder').setInputFiles(exported());
    await page.locator('#cancel').click();
    assert.match((await verdict()).text, /Cancelled/);
    await page.locator('#progress').waitFor({ state: 'hidden' });
    await evaluate(page, 'window.Worker = window.RealWorker; document.querySelector("#verdict").remove()');
    assert.equal((await checkFolder(exported())).state, 'good');
  });

  it('lets nothing out, even when a script of it asks', async () => {
    const tried = await evaluate<string>(page, `fetch('http://127.0.0.1:9/').then(() => 'went', () => 'refused')`);
    assert.equal(tried, 'refused');
    assert.deepEqual(requests, [PAGE]);
    // What the policy says about it is the one thing on the console.
    assert.ok(problems.splice(0).every((problem) => /Content Security Policy/.test(problem)));
  });

  for (const dark of [false, true]) {
    for (const width of [360, 1280]) {
      it(`fits ${width} px, ${dark ? 'dark' : 'light'}, in contrast that can be read`, async () => {
        await open({ width, height: 900, dark });
        await screenshot(`page-${width}-${dark ? 'dark' : 'light'}-empty`);
        await checkFolder(exported());
        await screenshot(`page-${width}-${dark ? 'dark' : 'light'}-answer`);
        await page.locator('.card', { hasText: 'Block 2' }).click();
        await page.locator('.row', { hasText: 'The auction' }).first().click();
        await page.locator('.path').first().waitFor();
        assert.equal(
          await evaluate(page, 'document.documentElement.scrollWidth <= innerWidth'),
          true,
          'it scrolls sideways',
        );
        assert.deepEqual(await evaluate<string[]>(page, tooFaint), []);
        await evaluate(page, `document.querySelector('.card[aria-expanded="true"]').scrollIntoView()`);
        await screenshot(`page-${width}-${dark ? 'dark' : 'light'}-block`);
        await evaluate(page, `document.querySelector('.path').parentElement.previousElementSibling.scrollIntoView()`);
        await screenshot(`page-${width}-${dark ? 'dark' : 'light'}-path`);
      });
    }
  }
});

/** Texts whose contrast with what lies behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3). */
const tooFaint = `(() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const part = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || /SCRIPT|STYLE/.test(element.tagName) || !element.checkVisibility()) continue;
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faint.push(node.data.trim() + ' in ' + element.className + ' ' + element.tagName);
  }
  return faint;
})()`;
