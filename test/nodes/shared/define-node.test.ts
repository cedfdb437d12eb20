// The error boundary, in a real Node-RED: whatever a node throws, and whenever, ends as an Error at Catch nodes and as red
// status, and the runtime lives on. Configurations of other versions are brought up to date or refused.
import assert from 'node:assert/strict';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { whole } from '../../../nodes/shared/config-fields.ts';
import {
  apiOf,
  type Definition,
  defineNode,
  type Handlers,
  Refusal,
  toError,
} from '../../../nodes/shared/define-node.ts';
import {
  communityNode,
  type FlowItem,
  memberNode,
  type RunningFlow,
  removeUserDirs,
  soon,
  startFlow,
  type Version,
} from '../../support/flow.ts';
import { sleep } from '../../support/node-red.ts';

const config = v.object({ watts: whole('the power (W)', 0, 1000) });
type Config = v.InferOutput<typeof config>;
type Create = Definition<Config>['create'];

/** A node type of this test alone. */
const type =
  (name: string, create: Create, more: Partial<Definition<Config>> = {}) =>
  (RED: NodeAPI) =>
    defineNode<Config>(RED, { type: name, config, create, ...more });

const item = (more: object = {}): FlowItem => ({
  id: 'tested',
  type: 'microgrid-test',
  watts: '5',
  outputs: 2,
  ...more,
});

for (const version of ['5', '4.1'] as const satisfies Version[]) {
  describe(`error boundary on Node-RED ${version}`, () => {
    let flow: RunningFlow;
    const loose: unknown[] = [];
    const onLoose = (problem: unknown) => loose.push(problem);
    const start = async (
      create: Create,
      { items = [item()], more = {} }: { items?: FlowItem[]; more?: Partial<Definition<Config>> } = {},
    ) => {
      flow = await startFlow(items, { version, more: [type('microgrid-test', create, more)] });
    };
    // Mocha takes loose rejections for failures of the running test, and so sees them too.
    before(() => process.on('unhandledRejection', onLoose));
    after(() => {
      process.off('unhandledRejection', onLoose);
      removeUserDirs();
    });
    afterEach(async () => {
      await flow?.stop();
      assert.deepEqual(loose, []);
    });

    it('hands on what a node sends', async () => {
      await start(() => ({
        input(message, send) {
          send([message, [{ payload: { a: 1 } }, { payload: { a: 2 } }]]);
        },
      }));
      flow.send('tested', { hello: 'world' });
      await soon(
        () => flow.payloads('tested', 1).length === 2,
        () => 'nothing came',
      );
      assert.deepEqual(flow.payloads('tested', 0), [{ hello: 'world' }]);
      assert.deepEqual(flow.payloads('tested', 1), [{ a: 1 }, { a: 2 }]);
    });

    const thrown: [string, unknown, string][] = [
      ['an Error', new Error('the meter is on fire; call someone'), 'Error: the meter is on fire; call someone'],
      ['a text', 'no such unit', 'Error: no such unit'],
      ['an object that only looks like an error', { message: 'Port Not Open', errno: 'X' }, 'Error: Port Not Open'],
      ['an object', { code: 5 }, 'Error: an unknown problem: an object'],
      ['nothing', undefined, 'Error: an unknown problem: undefined'],
      ['an object with a strange message', { message: {} }, 'Error: an unknown problem: an object'],
    ];
    for (const [name, problem, sentence] of thrown) {
      it(`turns ${name} that a handler throws into an Error, at once or later`, async () => {
        await start(() => ({
          input(message) {
            if (message.payload === 'now') throw problem;
            return sleep(1).then(() => {
              throw problem;
            });
          },
        }));
        assert.equal(await flow.refused('tested', 'now'), sentence);
        assert.equal(await flow.refused('tested', 'later'), sentence);
        assert.equal(flow.caught.length, 2);
      });
    }

    it('reports what background work throws, at once or later', async () => {
      await start(({ run }) => ({
        input(message) {
          run(() => {
            if (message.payload === 'now') throw new Error('at once');
            return sleep(1).then(() => Promise.reject(new Error('later')));
          });
        },
      }));
      assert.equal(await flow.refused('tested', 'now'), 'Error: at once');
      assert.equal(await flow.refused('tested', 'later'), 'Error: later');
    });

    it('reports a node that cannot start, to Catch nodes too, and answers every message with the reason', async () => {
      await start(() => {
        throw new Error('the socket is taken; free it');
      });
      assert.equal(await flow.nextError('tested'), 'Error: the socket is taken; free it');
      assert.equal(flow.status('tested')?.fill, 'red');
      assert.equal(await flow.refused('tested', {}), 'Error: the socket is taken; free it');
    });

    it('reports to Catch nodes what fails while the flow still starts', async () => {
      await start(({ run, fail }) => {
        fail(new Error('at once'));
        run(() => Promise.reject(new Error('in a moment')));
        return {};
      });
      await soon(
        () => flow.caught.length === 2,
        () => JSON.stringify(flow.caught),
      );
      assert.deepEqual(
        flow.caught.map(({ error }) => error.message),
        ['Error: at once', 'Error: in a moment'],
      );
    });

    it('answers messages to a node that takes none', async () => {
      await start(() => ({}));
      assert.equal(await flow.refused('tested', {}), 'Error: microgrid-test takes no messages');
    });

    it('sends what was refused to its output, and to Catch nodes', async () => {
      await start(
        () => ({
          input() {
            throw new Refusal('late', 'the gate has closed', { order: 1 });
          },
        }),
        { more: { refusedOutput: 1 } },
      );
      assert.equal(await flow.refused('tested', { a: 1 }), 'Refusal: the gate has closed');
      assert.deepEqual(await flow.next('tested', 1), {
        type: 'refusal',
        code: 'late',
        text: 'the gate has closed',
        refused: { order: 1 },
      });
      assert.deepEqual(flow.payloads('tested', 0), []);
    });

    it('sends what is refused calmly to its output or the log, without an error', async () => {
      const create: Create = ({ config: { watts } }) => ({
        input() {
          throw new Refusal('known', `all ${watts} W are known already`, undefined, 'known already');
        },
      });
      await start(create, { more: { refusedOutput: 1 } });
      flow.send('tested', { a: 1 });
      const refusal = await flow.next('tested', 1);
      const text = 'all 5 W are known already';
      assert.deepEqual(refusal, { type: 'refusal', code: 'known', text, refused: { a: 1 } });
      await flow.nextStatus('tested', ({ fill, text }) => fill === 'yellow' && text === 'known already');
      await flow.stop();
      await start(create);
      flow.send('tested', { a: 1 });
      await flow.nextStatus('tested', ({ fill }) => fill === 'yellow');
      assert.ok(flow.log.includes(text));
      assert.deepEqual([flow.caught, flow.messages('tested'), flow.messages('tested', 1)], [[], [], []]);
    });

    it('waits for a node to close, and keeps still about work that the close cut short', async () => {
      const order: string[] = [];
      let cut = () => {};
      const handlers: Handlers = {
        input: () =>
          new Promise((_, reject) => {
            cut = () => reject(new Error('cancelled'));
          }),
        async close() {
          order.push('closing');
          cut();
          await sleep(20);
          order.push('closed');
        },
      };
      await start(() => handlers);
      flow.send('tested', {});
      await sleep(5);
      await flow.stop();
      order.push('stopped');
      assert.deepEqual(order, ['closing', 'closed', 'stopped']);
      assert.deepEqual(flow.caught, []);
      assert.deepEqual(
        flow.statuses.filter(({ status }) => status.fill === 'red'),
        [],
      );
    });

    it('outlives a node that fails to close', async () => {
      await start(() => ({
        close() {
          throw new Error('it is stuck');
        },
      }));
      await flow.stop();
      assert.match(flow.log, /while closing: it is stuck/);
    });

    it('keeps still after the close, whatever still runs', async () => {
      let late = () => {};
      await start(({ status, send, fail, run }) => {
        late = () => {
          status({ text: 'late' });
          send([{ payload: { a: 1 } }]);
          fail(new Error('late'));
          run(() => Promise.reject(new Error('later')));
        };
        return {};
      });
      await flow.stop();
      late();
      await sleep(5);
      assert.deepEqual([flow.caught, flow.payloads('tested'), flow.statuses], [[], [], []]);
    });

    it('refuses a configuration with a sentence about the field', async () => {
      await start(() => assert.fail('must not start'), { items: [item({ watts: '1001' })] });
      assert.equal(
        await flow.nextError('tested'),
        'Error: the power (W) must be between 0 and 1000; open this node and correct it',
      );
    });

    it('refuses a configuration that lacks the field', async () => {
      await start(() => assert.fail('must not start'), { items: [item({ watts: undefined })] });
      assert.match(
        await flow.nextError('tested'),
        /^Error: the power \(W\) must be a number .* but is null; open this node/,
      );
    });

    const migrations: Definition<Config>['migrations'] = [
      (old) => ({ ...old, kilowatts: Number(old['kw']), kw: undefined }),
      (old) => ({ ...old, watts: String(Number(old['kilowatts']) * 1000) }),
    ];
    const versions: [string, object, string | number][] = [
      ['the first', { configVersion: 1, kw: '0.3' }, 300],
      ['no', { kw: '0.4' }, 400],
      ['the second', { configVersion: 2, kilowatts: 0.5 }, 500],
      ['the newest', { configVersion: 3, watts: '600' }, 600],
      [
        'a newer',
        { configVersion: 4, watts: '600' },
        'Error: this node was saved by another version of the package (configuration 4); update the package, or open and save the node',
      ],
      [
        'an impossible',
        { configVersion: 0, watts: '600' },
        'Error: this node was saved by another version of the package (configuration 0); update the package, or open and save the node',
      ],
      [
        'a nameless',
        { configVersion: 'new', watts: '600' },
        'Error: this node was saved by another version of the package (configuration the text "new"); update the package, or open and save the node',
      ],
    ];
    for (const [name, stored, expected] of versions) {
      it(`takes a configuration of ${name} version ${typeof expected === 'number' ? 'up' : 'for what it is'}`, async () => {
        const seen: number[] = [];
        await start(
          ({ config: read }) => {
            seen.push(read.watts);
            return {};
          },
          { items: [item({ watts: undefined, ...stored })], more: { migrations } },
        );
        if (typeof expected === 'number') assert.deepEqual(seen, [expected]);
        else assert.equal(await flow.nextError('tested'), expected);
      });
    }

    it('reports a migration that fails', async () => {
      const broken: Definition<Config>['migrations'] = [
        () => {
          throw new Error('the old unit is unknown');
        },
      ];
      await start(() => ({}), { more: { migrations: broken } });
      assert.equal(await flow.nextError('tested'), 'Error: the old unit is unknown');
    });

    it('names the configuration node at the root of a problem, not those between', async () => {
      const create: Create = ({ RED }) => apiOf(RED, 'member', 'member');
      await start(create, { items: [communityNode({ speed: '0' }), memberNode(), item()] });
      assert.match(
        await flow.nextError('tested'),
        /^Error: the community "community" has a problem of its own: the speed/,
      );
    });

    it('finds what a configuration node offers, and says why not', async () => {
      const cases: [string, RegExp][] = [
        ['', /^no community is chosen, or it is disabled; open this node and choose one$/],
        ['gone', /^no community is chosen/],
        ['tested', /^a microgrid-test stands where the community should be; open this node and choose a community$/],
        ['broken', /^the community "Broken street" has a problem of its own: the name must be /],
      ];
      const sentences: string[] = [];
      await start(
        ({ RED }) => ({
          input() {
            for (const [id] of cases) {
              try {
                apiOf(RED, id, 'community');
              } catch (problem) {
                sentences.push(toError(problem).message);
              }
            }
          },
        }),
        { items: [item(), { id: 'broken', type: 'microgrid-community', name: 'Broken street', origin: '' }] },
      );
      flow.send('tested', {});
      await soon(
        () => sentences.length === cases.length,
        () => sentences.join('\n'),
      );
      cases.forEach(([, sentence], index) => {
        assert.match(sentences[index] ?? '', sentence);
      });
    });
  });
}
