// One simulated day of the whole street with its dashboard, at high speed, in both versions of Node-RED: every gate has a
// block, the ledger verifies, every settlement sums to 0, and neither dashboard nor log shows an error.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { verifyPath } from '../../src/audit/verify.ts';
import { openSqliteStore } from '../../src/log/sqlite-store.ts';
import { intervalAfter } from '../../src/time/interval.ts';
import { needBrowser, openPage, takeScreenshot } from '../support/browser.ts';
import { type FlowNode, readExamples } from '../support/manifest.ts';
import {
  makeUserDir,
  type NodeRed,
  nodeRedVersions,
  removeTemporaryFolders,
  sleep,
  startNodeRed,
  until,
} from '../support/node-red.ts';

/** A quarter hour in 2.25 s, a day in less than four minutes: slow enough for a machine that is busy with other things. */
const SPEED = '400';
const DAY = 96;
const ORIGIN = 'day-street.example';
const PORT_SHIFT = 100;

after(removeTemporaryFolders);

function fastStreet(changes: Readonly<Record<string, string>> = {}): FlowNode[] {
  const example = readExamples().find(({ name }) => name.startsWith('07'));
  assert.ok(example);
  return example.nodes.map((node) => {
    if (node.type === 'microgrid-community') return { ...node, origin: ORIGIN, speed: SPEED, ...changes };
    if (node.type !== 'microgrid-modbus' && node.type !== 'microgrid-virtual-site') return node;
    return { ...node, port: String(Number(node['port']) + PORT_SHIFT) };
  });
}

interface Line {
  readonly account: string;
  readonly counterAccount: string;
  readonly amount: number;
}

for (const version of nodeRedVersions) {
  describe(`a day of the street in Node-RED ${version}`, function () {
    this.timeout(8 * 60_000);
    let browser: Browser;
    let nodeRed: NodeRed;
    let userDir: string;

    before(async function () {
      browser = await needBrowser(this);
      userDir = await makeUserDir();
      nodeRed = await startNodeRed({ version, userDir, flows: fastStreet() });
    });

    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
    });

    it('passes with the dashboard open', async () => {
      const desk = await openPage(browser);
      await desk.page.setViewportSize({ width: 1440, height: 900 });
      await desk.page.goto(`${nodeRed.url}dashboard/street`);
      const phone = await openPage(browser);
      await phone.page.setViewportSize({ width: 360, height: 800 });
      await phone.page.goto(`${nodeRed.url}dashboard/street-dark`);
      const height = () => {
        const texts = [...nodeRed.statuses.values()].map(({ text }) => /^block (\d+)/.exec(text ?? '')?.[1]);
        return Math.max(0, ...texts.map((text) => Number(text ?? 0)));
      };
      await until(
        () => height() >= DAY / 2,
        4 * 60_000,
        () => `only ${height()} blocks:\n${nodeRed.output}`,
      );
      for (const { page, name } of [
        { page: desk.page, name: `street-${version}` },
        { page: phone.page, name: `street-phone-${version}` },
      ]) {
        const text = await page.evaluate<string>('document.body.innerText');
        for (const words of ['Today', 'Last auction', 'Members', 'Ledger', 'kWh', 'ct/kWh'])
          assert.ok(text.includes(words), `the page does not show "${words}"`);
        await takeScreenshot(page, name);
      }
      await desk.page.getByRole('button', { name: /Verify everything/ }).click();
      await until(
        async () => /holds|every|ok|checked/i.test(await desk.page.evaluate<string>('document.body.innerText')),
        30_000,
        () => 'the dashboard does not show the verification',
      );
      await until(
        () => height() >= DAY,
        4 * 60_000,
        () => `only ${height()} blocks:\n${nodeRed.output}`,
      );
      assert.deepEqual(desk.problems, []);
      assert.deepEqual(phone.problems, []);
      assert.deepEqual(await nodeRed.redNodes(), []);
      assert.deepEqual(nodeRed.errors, []);
      await nodeRed.stop();
    });

    it('leaves a ledger with a block for every gate, that verifies, with settlements that sum to 0', async () => {
      const directory = join(userDir, 'microgrid/ledgers', ORIGIN, '1');
      for (const path of [directory, join(directory, 'export')]) {
        const { ok, errors, blocks } = await verifyPath(path);
        assert.deepEqual(errors, []);
        assert.ok(ok && blocks > DAY, `${path} has ${blocks} blocks`);
      }
      const store = openSqliteStore(join(directory, 'ledger.sqlite'), { readOnly: true });
      try {
        const intervals = store.select({ kind: 'clearing', limit: 1000 }).map(({ tags }) => tags.interval ?? '');
        assert.ok(intervals.length >= DAY);
        intervals.forEach((interval, i) => {
          assert.equal(interval, intervalAfter(intervals[0] ?? '', i), 'a gate has no block');
        });
        const settlements = store.select({ kind: 'settlement', limit: 1000 });
        assert.ok(settlements.length >= DAY - 5, `only ${settlements.length} intervals are settled`);
        for (const { body } of settlements) {
          const { lines } = JSON.parse(body ?? '{}') as { lines: Line[] };
          const accounts = new Map<string, bigint>();
          const book = (account: string, nano: bigint) => accounts.set(account, (accounts.get(account) ?? 0n) + nano);
          for (const { account, counterAccount, amount } of lines) {
            book(account, -BigInt(amount));
            book(counterAccount, BigInt(amount));
          }
          assert.equal(
            [...accounts.values()].reduce((sum, nano) => sum + nano, 0n),
            0n,
          );
          assert.ok(accounts.size > 1);
        }
      } finally {
        store.close();
      }
    });
  });
}

describe('the end of the data', function () {
  this.timeout(3 * 60_000);
  let nodeRed: NodeRed;

  after(async () => {
    await nodeRed?.stop();
  });

  it('starts the street over in a new epoch, with a new ledger, and keeps the old one', async () => {
    const userDir = await makeUserDir();
    // The last row of the profile is 2017-07-16T23:45Z.
    nodeRed = await startNodeRed({ version: '5', userDir, flows: fastStreet({ start: '2017-07-16T22:45Z' }) });
    const ledgers = join(userDir, 'microgrid/ledgers', ORIGIN);
    await until(
      () => existsSync(join(ledgers, '2/export/checkpoint')),
      60_000,
      () => `there is no second epoch:\n${nodeRed.output}`,
    );
    await sleep(12_000);
    assert.deepEqual(await nodeRed.redNodes(), []);
    assert.deepEqual(nodeRed.errors, []);
    await nodeRed.stop();
    const [first, second] = [await verifyPath(join(ledgers, '1')), await verifyPath(join(ledgers, '2'))];
    assert.ok(first.ok && second.ok);
    assert.ok(first.blocks >= 4, `the first epoch has ${first.blocks} blocks`);
    assert.ok(second.blocks >= 2, `the second epoch has ${second.blocks} blocks`);
    assert.notEqual(first.operator, second.operator);
  });
});
