// One view of the street, sent in sections that changed, at most once per period; all of it for a browser that has just
// come; what was counted survives a restart, and ends with its epoch.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Payload, removeUserDirs, soon, type Version } from '../../support/flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from '../../support/market-flow.ts';
import { FIRST, garbage, meterOf, nodeOf, overviewNode } from '../../support/market-nodes.ts';
import { sleep } from '../../support/node-red.ts';

const SECTIONS = ['now', 'today', 'auction', 'members', 'question', 'ledger'];
const NOW = '2017-07-10T06:00Z';

interface Shown {
  readonly id: string;
  readonly kind: string;
  readonly total: { readonly importWh: number } | null;
}
const membersOf = (payload: Payload | undefined) => (payload?.['members'] ?? []) as Shown[];

const reading = (member: string, powerW: number, more: object = {}): Payload => ({
  type: 'reading',
  member,
  role: 'grid',
  device: 'eastron-sdm630',
  at: Date.parse(NOW),
  powerW,
  importWh: 1,
  exportWh: 1,
  quality: 'measured',
  reasons: [],
  ...more,
});

describe('microgrid-overview', () => {
  let street: StreetFlow;

  const begin = async (options: StreetOptions = {}) => {
    street = await startStreet([overviewNode()], { ledger: false, homes: ['home-1', 'home-2'], ...options });
  };
  const again = async () => {
    const { userDir } = street;
    await street.stop();
    await begin({ userDir });
  };
  const sent = () => street.flow.messages('overview').map(({ topic, payload }) => ({ topic: String(topic), payload }));
  const newest = (topic: string) =>
    sent().findLast((message) => message.topic === topic)?.payload as Payload | undefined;
  const shows = (topic: string, fits: (payload: Payload) => boolean) =>
    soon(
      () => {
        const payload = newest(topic);
        return payload !== undefined && payload !== null && fits(payload);
      },
      () => `${topic} shows ${JSON.stringify(newest(topic))}`,
    );
  const meter = async (first: number, second: number) => {
    await street.ok('overview', meterOf('home-1', first, 0, NOW));
    await street.ok('overview', meterOf('home-2', second, 0, NOW));
  };
  const importOf = (payload: Payload) => (payload['total'] as { ownImportWh: number }).ownImportWh;

  afterEach(() => street?.stop());
  after(removeUserDirs);

  it('shows all sections at first, then only what changed', async () => {
    await begin();
    await soon(
      () => sent().length >= SECTIONS.length,
      () => 'no view',
    );
    assert.deepEqual(
      sent()
        .slice(0, 6)
        .map(({ topic }) => topic),
      SECTIONS,
    );
    assert.deepEqual(
      membersOf(newest('members')).map(({ id, kind }) => [id, kind]),
      [
        ['home-1', 'home'],
        ['home-2', 'home'],
      ],
    );
    const before = sent().length;
    await street.ok('overview', reading('home-1', 1234));
    await shows('now', (now) => JSON.stringify(now).includes('1234'));
    const changed = new Set(
      sent()
        .slice(before)
        .map(({ topic }) => topic),
    );
    assert.ok(changed.has('now') && !changed.has('auction') && !changed.has('ledger'), [...changed].join());
  });

  it('sends one view per period, however much arrives', async () => {
    await begin();
    await soon(
      () => sent().length >= SECTIONS.length,
      () => 'no view',
    );
    const before = sent().length;
    const started = performance.now();
    for (let i = 0; i < 400; i++) await street.ok('overview', reading('home-1', i));
    await shows('now', (now) => JSON.stringify(now).includes('399'));
    const periods = Math.ceil((performance.now() - started) / 100) + 1;
    const views = sent()
      .slice(before)
      .filter(({ topic }) => topic === 'now').length;
    assert.ok(views <= periods, `${views} views in ${periods} periods`);
  });

  it('shows everything again to a browser that asks', async () => {
    await begin();
    await soon(
      () => sent().length >= SECTIONS.length,
      () => 'no view',
    );
    await sleep(150);
    const before = sent().length;
    await street.ok('overview', undefined, { topic: 'show' });
    await soon(
      () => sent().length >= before + SECTIONS.length,
      () => 'nothing was shown again',
    );
    const topics = sent()
      .slice(before)
      .map(({ topic }) => topic);
    for (const section of SECTIONS) assert.ok(topics.includes(section), section);
  });

  it('counts on after a restart', async () => {
    await begin();
    await meter(700, 0);
    await shows('question', (question) => importOf(question) === 700);
    await again();
    await shows('question', (question) => importOf(question) === 700);
    await meter(700, 50);
    await shows('question', (question) => importOf(question) === 750);
  });

  it('begins at nothing with a new epoch, also after a restart', async () => {
    await begin();
    await meter(700, 0);
    await shows('question', (question) => importOf(question) === 700);
    street.community.reset();
    await shows('question', (question) => importOf(question) === 0);
    await again();
    await shows('question', (question) => importOf(question) === 0);
  });

  it('starts afresh, with a warning, from a memory that is garbled', async () => {
    await begin();
    await meter(700, 0);
    const folder = join(street.userDir, 'microgrid/overviews');
    await again();
    const [name = ''] = readdirSync(folder);
    assert.match(readFileSync(join(folder, name), 'utf8'), /"importWh":700/);
    for (const garbled of [
      '',
      '{',
      '5',
      '{"epoch":1,"state":null}',
      '{"epoch":1,"state":{"days":5,"members":[null],"blocks":"x"}}',
      '{"epoch":1,"state":{"days":{"2017-07-10":null}}}',
    ]) {
      const { userDir } = street;
      await street.stop();
      writeFileSync(join(folder, name), garbled);
      await begin({ userDir });
      await soon(
        () => newest('question') !== undefined,
        () => garbled,
      );
      assert.equal(importOf(newest('question') ?? {}), 0, garbled);
      assert.ok(/left aside/.test(street.flow.log), garbled);
      assert.deepEqual(street.flow.caught, []);
    }
  });

  it('takes any message of the nodes, and only those it knows', async () => {
    await begin();
    const known = new Set([
      'reading',
      'meter',
      'energy',
      'battery',
      'decision',
      'clearing',
      'settlement',
      'block',
      'verification',
      'clock',
      'proof',
      'community',
    ]);
    const silent = garbage.filter((payload) => !known.has((payload as { type?: string } | undefined)?.type ?? ''));
    for (const payload of silent) await street.ok('overview', payload);
    for (const type of known) if (type !== 'verification') await street.fails('overview', { type });
    await street.ok('overview', reading('home-1', 4711));
    await shows('now', (now) => JSON.stringify(now).includes('4711'));
  });

  it('refuses malformed readings and goes on showing', async () => {
    await begin();
    for (const powerW of [Number.NaN, Number.POSITIVE_INFINITY, '12', 2n, [], {}])
      await street.fails('overview', { ...reading('home-1', 0), powerW });
    for (const member of ['', '__proto__', 'x'.repeat(1_000_000), 5, null])
      await street.fails('overview', reading(member as string, 1));
    for (const wh of [-1, 0.5, '5', 2 ** 53, Number.NaN])
      await street.fails('overview', { ...meterOf('home-1', 0, 0), importWh: wh });
    await street.ok('overview', meterOf('home-1', 5, 0, '9999-12-31T23:45Z'));
    await street.ok('overview', reading('home-1', 4712));
    await shows('now', (now) => JSON.stringify(now).includes('4712'));
    assert.equal(importOf(newest('question') ?? {}), 0);
  });

  it('drops energy that no sum can hold, says so once, and goes on showing the rest', async () => {
    await begin();
    await meter(100, 10);
    await shows('question', (question) => importOf(question) === 110);
    await meter(2 ** 53 - 1, 2 ** 53 - 1);
    await soon(
      () => street.flow.caught.length > 0,
      () => 'nobody was told',
    );
    assert.match(street.flow.caught[0]?.error.message ?? '', /does not fit/);
    await street.ok('overview', reading('home-1', 4713));
    await shows('now', (now) => JSON.stringify(now).includes('4713'));
    assert.equal(importOf(newest('question') ?? {}), 110);
    assert.equal(street.flow.caught.length, 1);
    await again();
    await shows('question', (question) => importOf(question) === 110);
  });

  it('is not confused by a member who is called like a part of JavaScript', async () => {
    await begin({ homes: ['constructor', 'home-2'] });
    await street.ok('overview', reading('constructor', 815));
    await street.ok('overview', meterOf('constructor', 300, 0, NOW));
    await street.ok('overview', meterOf('home-2', 30, 0, NOW));
    await shows('question', (question) => importOf(question) === 330);
    const members = membersOf(newest('members'));
    assert.deepEqual(
      members.map(({ id, total }) => [id, total?.importWh]),
      [
        ['constructor', 300],
        ['home-2', 30],
      ],
    );
  });

  it('keeps its memory out of reach of whoever changes its messages', async () => {
    await begin();
    const block = {
      type: 'block',
      state: 'sealed',
      height: 1,
      first: 7,
      count: 1,
      interval: FIRST,
      time: '2017-07-10T06:10:00.000Z',
      size: 9,
      root: 'r',
      previous: 'p',
      kinds: { clearing: 1 },
      records: ['clearing'],
    };
    await street.ok('overview', block);
    await shows('ledger', (ledger) => JSON.stringify(ledger).includes('"height":1'));
    for (const { payload } of sent()) spoil(payload);
    await street.ok('overview', undefined, { topic: 'show' });
    await shows('ledger', (ledger) => JSON.stringify(ledger).includes('"height":1'));
    assert.deepEqual(street.flow.caught, []);
  });

  it('is red without a community, and with a period that is none', async () => {
    street = await startStreet(
      [
        overviewNode({ id: 'none', community: '' }),
        overviewNode({ id: 'fast', everySeconds: '0' }),
        overviewNode({ id: 'odd', community: nodeOf('home-1') }),
      ],
      { ledger: false },
    );
    for (const id of ['none', 'fast']) {
      assert.equal(street.flow.status(id)?.fill, 'red');
      await street.fails(id, reading('home-1', 1));
    }
  });

  it('shows the same on Node-RED 4.1', async () => {
    const version: Version = '4.1';
    await begin({ version });
    await meter(700, 0);
    await shows('question', (question) => importOf(question) === 700);
  });
});

/** Overwrites everything in a message that can be overwritten. */
function spoil(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    spoil((value as Record<string, unknown>)[key]);
    (value as Record<string, unknown>)[key] = 'spoilt';
  }
}
