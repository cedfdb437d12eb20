// Each example keeps the promise of its comment: the number that it says a person will see is what a debug node shows.
// Flows as shipped, package as packed, both supported versions of Node-RED.
import assert from 'node:assert/strict';
import { type FlowNode, readExamples } from '../support/manifest.ts';
import {
  makeUserDir,
  type NodeRed,
  nodeRedVersions,
  removeTemporaryFolders,
  startNodeRed,
  until,
} from '../support/node-red.ts';

after(removeTemporaryFolders);

/** A running example: its debug nodes by name, its buttons by name. */
class RunningExample {
  readonly nodeRed: NodeRed;
  readonly nodes: readonly FlowNode[];

  private constructor(nodeRed: NodeRed, nodes: readonly FlowNode[]) {
    this.nodeRed = nodeRed;
    this.nodes = nodes;
  }

  static async start(version: (typeof nodeRedVersions)[number], number: string): Promise<RunningExample> {
    const example = readExamples().find(({ name }) => name.startsWith(number));
    assert.ok(example, `there is no example ${number}`);
    const nodeRed = await startNodeRed({ version, userDir: await makeUserDir(), flows: example.nodes });
    return new RunningExample(nodeRed, example.nodes);
  }

  #id(type: string, name: string): string {
    const node = this.nodes.find((candidate) => candidate.type === type && candidate['name'] === name);
    assert.ok(node, `the example has no ${type} node "${name}"`);
    return node.id;
  }

  async press(button: string): Promise<void> {
    await this.nodeRed.inject(this.#id('inject', button));
  }

  /** What a debug node has shown so far. */
  shown<Payload>(debug: string): Payload[] {
    const id = this.#id('debug', debug);
    return this.nodeRed.debugMessages
      .filter((message) => message.id === id)
      .map(({ msg }) => JSON.parse(msg) as Payload);
  }

  async waitFor<Payload>(debug: string, fits: (payload: Payload) => boolean, seconds = 60): Promise<Payload> {
    let found: Payload | undefined;
    await until(
      () => {
        found = this.shown<Payload>(debug).find(fits);
        return found !== undefined;
      },
      seconds * 1000,
      () =>
        `"${debug}" did not show it; it showed ${JSON.stringify(this.shown(debug)).slice(0, 2000)}\n${this.nodeRed.output}`,
    );
    return found as Payload;
  }

  async stop(): Promise<void> {
    assert.deepEqual(this.nodeRed.errors, []);
    await this.nodeRed.stop();
  }
}

interface Meter {
  readonly interval: string;
  readonly importWh: number | null;
  readonly exportWh: number | null;
  readonly quality: string;
}

interface Clearing {
  readonly volumeWh: number;
  readonly price: number | null;
}

for (const version of nodeRedVersions) {
  describe(`examples in Node-RED ${version}`, function () {
    this.timeout(180_000);
    let example: RunningExample;

    afterEach(async () => {
      await example?.nodeRed.stop();
    });

    it('01 reads a meter', async () => {
      example = await RunningExample.start(version, '01');
      const meter = await example.waitFor<Meter>('interval energy', ({ interval }) => interval === '2017-07-10T06:15Z');
      assert.equal(meter.quality, 'measured');
      assert.equal(meter.exportWh, 0);
      assert.ok(Math.abs((meter.importWh ?? 0) - 39) <= 1, `importWh is ${meter.importWh}`);
      await example.stop();
    });

    it('02 keeps the grid meter near 0 W', async () => {
      example = await RunningExample.start(version, '02');
      const meter = await example.waitFor<Meter>('interval energy', ({ interval }) => interval >= '2017-07-10T06:15Z');
      assert.ok((meter.importWh ?? 999) < 60, `importWh is ${meter.importWh}`);
      assert.ok((meter.exportWh ?? 999) < 60, `exportWh is ${meter.exportWh}`);
      const decision = await example.waitFor<{ state: string; reason: { text: string } }>(
        'decision',
        ({ state }) => state !== 'safe',
      );
      assert.match(decision.reason.text, /\w+ .*\.$/);
      const battery = await example.waitFor<{ dischargeWh: number }>('battery of the interval', () => true);
      assert.ok(battery.dischargeWh >= 0);
      await example.stop();
    });

    it('03 sells the surplus', async () => {
      example = await RunningExample.start(version, '03');
      const clearing = await example.waitFor<Clearing>('clearing', ({ price }) => price !== null);
      assert.ok(clearing.volumeWh > 0);
      assert.ok((clearing.price ?? 0) > 80_000 && (clearing.price ?? 0) < 300_000, `price is ${clearing.price}`);
      const fills = await example.waitFor<{ member: string; fills: { reason: { text: string } }[] }>(
        'fills',
        ({ member }) => member === 'home-01',
      );
      assert.match(fills.fills[0]?.reason.text ?? '', /filled/);
      assert.deepEqual(example.shown('refused'), []);
      await example.stop();
    });

    it('04 clears an auction by hand', async () => {
      example = await RunningExample.start(version, '04');
      const orders = example.nodes.filter(
        ({ type, name }) => type === 'inject' && /Wh (up to|from)/.test(String(name)),
      );
      assert.equal(orders.length, 4);
      for (const order of orders) await example.press(String(order['name']));
      await example.press('out of bounds: buys up to 90 ct');
      const refused = await example.waitFor<{ code: string; text: string }>('refused', () => true);
      assert.equal(refused.code, 'out-of-bounds');
      await example.press('gate closes');
      const clearing = await example.waitFor<Clearing>('clearing', () => true);
      assert.deepEqual([clearing.volumeWh, clearing.price], [1500, 200_000]);
      await example
        .waitFor<string>('errors', () => true)
        .catch(() => assert.fail('the refused order reached no Catch node'));
    });

    it('05 appends to the ledger and verifies', async () => {
      example = await RunningExample.start(version, '05');
      await example.press('a note');
      const recorded = await example.waitFor<{ receipt: { index: number } }>('recorded', () => true);
      assert.ok(recorded.receipt.index >= 4, `the note is leaf ${recorded.receipt.index}`);
      const first = await example.waitFor<{ height: number }>('block', () => true);
      await example.waitFor<{ height: number }>('block', ({ height }) => height > first.height);
      await example.press('verify');
      const verification = await example.waitFor<{ ok: boolean; trusted: boolean; blocks: number }>(
        'verification',
        () => true,
      );
      assert.ok(verification.ok && verification.trusted);
      assert.ok(verification.blocks >= 3);
      await example.press('notes of home-01');
      const { records } = await example.waitFor<{ records: { index: number; sealed: boolean }[] }>(
        'records',
        () => true,
      );
      assert.deepEqual(
        records.map(({ index }) => index),
        [recorded.receipt.index],
      );
      await example.stop();
    });

    it('08 makes a meter from any message', async () => {
      example = await RunningExample.start(version, '08');
      const meter = await example.waitFor<Meter>('interval energy', ({ interval }) => interval === '2017-07-10T06:15Z');
      assert.deepEqual([meter.importWh, meter.exportWh, meter.quality], [150, 0, 'estimated']);
      await example.press('a P1 telegram');
      const reading = await example.waitFor<{ powerW: number; importWh: number; exportWh: number; quality: string }>(
        'P1 reading',
        () => true,
      );
      const { powerW, importWh, exportWh, quality } = reading;
      assert.deepEqual([powerW, importWh, exportWh, quality], [244, 6825, 2444, 'measured']);
      await example.press('two hours of prices');
      const { intervals } = await example.waitFor<{ intervals: { interval: string; price: number }[] }>(
        'quarter hours',
        () => true,
      );
      assert.equal(intervals.length, 8);
      assert.deepEqual(intervals[4], { interval: '2017-07-10T07:00Z', price: -50_000 });
      await example.stop();
    });

    it('09 orders by six strategies', async () => {
      interface Order {
        readonly type: string;
        readonly member: string;
        readonly wh: number;
        readonly limit: number;
        readonly reason: { readonly code: string; readonly text: string };
      }
      example = await RunningExample.start(version, '09');
      const order = (member: string, fits: (order: Order) => boolean = () => true) =>
        example.waitFor<Order>('orders', (each) => each.type === 'order' && each.member === member && fits(each));
      assert.equal((await order('bakery')).limit, 300_000);
      await order('cold-room', ({ wh, limit }) => wh === 1000 && limit === 200_000);
      await order('cold-room', ({ wh, limit }) => wh === 2000 && limit === 120_000);
      assert.equal((await order('home-01')).reason.code, 'fixed-limit');
      await order('home-02', ({ limit }) => limit === 80_000);
      await example.press('a car comes: 22 kWh by 15:00');
      const first = await order('car-03');
      assert.ok(first.wh <= 2750);
      await order('car-03', ({ limit }) => limit > first.limit);
      assert.equal((await order('home-04')).reason.code, 'stored-worth');
      await example.stop();
    });

    it('11 shares by keys and settles up', async () => {
      example = await RunningExample.start(version, '11');
      await example.press('three meters');
      const shared = await example.waitFor<Clearing & { pairs: { buyer: string; wh: number }[] }>('shared', () => true);
      const parts = shared.pairs.map(({ buyer, wh }) => [buyer, wh]).sort();
      assert.deepEqual(
        [shared.volumeWh, parts],
        [
          1000,
          [
            ['cafe-11', 600],
            ['home-11', 400],
          ],
        ],
      );
      await example.press("the utility's table");
      const { differences } = await example.waitFor<{ differences: { member: string; differenceWh: number }[] }>(
        'differences',
        () => true,
      );
      assert.deepEqual(
        differences.map(({ member, differenceWh }) => [member, differenceWh]),
        [['cafe-11', -25]],
      );
      await example.press('settle up');
      const { payments } = await example.waitFor<{ payments: { cents: number }[] }>('payments', () => true);
      assert.equal(payments.length, 4);
      await example.press('the first payment was made');
      const note = await example.waitFor<{ text: string }>('notes', () => true);
      assert.match(note.text, /^Payment share-by-keys-.* EUR from .* was made on /);
      await example.stop();
    });

    it('12 proves a note to its member, and both copies hold', async () => {
      example = await RunningExample.start(version, '12');
      await example.press('a note of home-31');
      const { member } = await example.waitFor<{ type: string; member: string }>(
        'recorded',
        (each) => each.type === 'recorded' && each.member === 'home-31',
      );
      assert.equal(member, 'home-31');
      for (const id of ['home-31', 'home-32']) {
        type Result = { state: string; witness?: { cosigned: number; witnesses: number } | null };
        const { witness } = await example.waitFor<Result>(
          `copy of ${id}`,
          (each) => each.state === 'following' && each.witness?.cosigned === 3,
        );
        assert.equal(witness?.witnesses, 3);
        assert.ok(example.shown<Result>(`copy of ${id}`).every(({ state }) => state !== 'cheated'));
      }
      await example.stop();
    });

    for (const number of ['06', '07']) {
      it(`${number} runs the whole street`, async () => {
        example = await RunningExample.start(version, number);
        const status = (type: string, name: string) => {
          const node = example.nodes.find((candidate) => candidate.type === type && candidate['name'] === name);
          return example.nodeRed.statuses.get(node?.id ?? '')?.text ?? '';
        };
        await until(
          () =>
            /^block ([6-9]|\d\d)/.test(status('microgrid-ledger-append', 'Record clearing, seal block')) &&
            /traded/.test(status('microgrid-settle', 'Settle')),
          90_000,
          () =>
            `the street does not get going: ${JSON.stringify([...example.nodeRed.statuses])}\n${example.nodeRed.output}`,
        );
        assert.match(status('microgrid-market', 'Auction'), /ct, \d+ trades|no trade|orders/);
        assert.deepEqual(await example.nodeRed.redNodes(), []);
        if (number === '06') {
          const views = example.shown<{
            members?: { id: string; today: { money: { bought: { wh: number } } } | null }[];
          }>('views');
          const members = views.findLast((view) => view.members)?.members ?? [];
          assert.equal(members.length, 10);
          assert.ok(
            members.some(({ today }) => (today?.money.bought.wh ?? 0) > 0),
            'nobody has bought anything',
          );
        }
        await example.stop();
      });
    }
  });
}
