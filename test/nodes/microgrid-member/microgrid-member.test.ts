// A member's key is made and kept by the runtime: one file that nobody else may read, never in a message, status or log.
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import type { Member } from '../../../nodes/microgrid-member/microgrid-member.ts';
import { seedOfWords } from '../../../src/ledger/seed-words.ts';
import { verifierOf } from '../../../src/log/note.ts';
import {
  batteryNode,
  communityNode,
  intervalNode,
  memberNode,
  meterNode,
  modbusNode,
  newUserDir,
  type RunningFlow,
  removeUserDirs,
  siteNode,
  startFlow,
} from '../../support/flow.ts';
import { freePort } from '../../support/node-red.ts';

describe('microgrid-member', () => {
  let flow: RunningFlow;
  afterEach(() => flow.stop());
  after(removeUserDirs);

  const keyFile = (userDir: string, id = 'home-01') => join(userDir, 'microgrid', 'keys', id);
  const member = (id = 'member') => flow.api<Member>(id, 'member');
  const ask = (id: string) => helper.request().get(`/microgrid/member/${id}/key`);

  it('makes a key that only its user may read, and keeps it', async () => {
    const userDir = newUserDir();
    flow = await startFlow([communityNode(), memberNode()], { userDir });
    const { vkey } = member().keys.record;
    const text = readFileSync(keyFile(userDir), 'utf8');
    assert.match(text, /^[0-9a-f]{64}\n$/);
    assert.equal(statSync(keyFile(userDir)).mode & 0o777, 0o600);
    assert.equal(statSync(join(userDir, 'microgrid', 'keys')).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(join(userDir, 'microgrid', 'keys')), ['home-01']);
    await flow.stop();
    flow = await startFlow([communityNode(), memberNode()], { userDir });
    assert.equal(member().keys.record.vkey, vkey);
    assert.equal(readFileSync(keyFile(userDir), 'utf8'), text);
  });

  it('signs as itself, and stands in the community', async () => {
    flow = await startFlow([communityNode(), memberNode({ kind: 'business' })]);
    const { id, kind, keys, community } = member();
    assert.deepEqual([id, kind, keys.record.name], ['home-01', 'business', 'sunny-street.example/member/home-01']);
    assert.equal(community, flow.community);
    assert.equal(community.members.get('home-01'), member());
    const line = keys.record.sign('hello\n');
    assert.match(line, /^— sunny-street\.example\/member\/home-01 /);
    assert.equal(verifierOf(keys.record.vkey).name, keys.record.name);
  });

  it('shows its public key to the dialog, and only that', async () => {
    const userDir = newUserDir();
    flow = await startFlow([communityNode(), memberNode()], { userDir });
    const answer = await ask('member').expect(200);
    assert.deepEqual(answer.body, { vkey: member().keys.record.vkey });
    assert.doesNotMatch(answer.text, new RegExp(readFileSync(keyFile(userDir), 'utf8').trim()));
    for (const id of ['gone', 'community', '__proto__', '..%2f..%2fkeys%2fhome-01']) {
      const { body } = await ask(id).expect(404);
      assert.deepEqual(body, { error: 'the key is made at the first deploy' });
    }
    await flow.stop();
    await ask('member').expect(404);
  });

  describe('backs up its key', () => {
    const post = (path: string, body: object) =>
      helper.request().post(`/microgrid/member/member/key/${path}`).send(body);

    it('as words, which stand in the answer and nowhere else', async () => {
      const userDir = newUserDir();
      flow = await startFlow([communityNode(), memberNode()], { userDir });
      const answer = await post('words', {}).expect(200).expect('Cache-Control', 'no-store');
      const { words } = answer.body as { words: string[] };
      assert.equal(words.length, 24);
      assert.equal(
        Buffer.from(seedOfWords(words.join(' '))).toString('hex'),
        readFileSync(keyFile(userDir), 'utf8').trim(),
      );
      assert.doesNotMatch(flow.everything, new RegExp(words.slice(0, 3).join('.*')));
      assert.deepEqual(readdirSync(join(userDir, 'microgrid', 'keys')), ['home-01']);
      await helper.request().get('/microgrid/member/member/key/words').expect(404);
      await helper.request().post('/microgrid/member/gone/key/words').expect(404);
    });

    it('and takes it back on another machine, once told to replace the one made there', async () => {
      flow = await startFlow([communityNode(), memberNode()], { userDir: newUserDir() });
      const { vkey } = member().keys.record;
      const { words } = (await post('words', {}).expect(200)).body as { words: string[] };
      assert.deepEqual((await post('restore', { words: words.join(' '), replace: false })).body, {
        vkey,
        restart: false,
      });
      await flow.stop();
      const userDir = newUserDir();
      flow = await startFlow([communityNode(), memberNode()], { userDir });
      assert.notEqual(member().keys.record.vkey, vkey);
      const refused = await post('restore', { words: words.join(' '), replace: false }).expect(409);
      assert.match(refused.body.error, /home-01 signs with another key now/);
      const done = await post('restore', { words: words.join(' '), replace: true }).expect(200);
      assert.deepEqual(done.body, { vkey, restart: true });
      await flow.stop();
      flow = await startFlow([communityNode(), memberNode()], { userDir });
      assert.equal(member().keys.record.vkey, vkey);
      assert.doesNotMatch(flow.everything, new RegExp(words.slice(0, 3).join('.*')));
    });

    it('and refuses words that are none', async () => {
      flow = await startFlow([communityNode(), memberNode()]);
      const cases: readonly (readonly [object, RegExp])[] = [
        [{ words: 'one two', replace: true }, /has 24 words, but these are 2/],
        [{ words: 'zoo '.repeat(24), replace: true }, /do not belong together/],
        [{ words: 5, replace: true }, /the words of a key are asked for/],
        [{ words: 'zoo', replace: true, more: 1 }, /the words of a key are asked for/],
        [{ words: 'zoo' }, /the words of a key are asked for/],
        [{ words: 'zoo '.repeat(500), replace: true }, /the words of a key are asked for/],
      ];
      for (const [body, sentence] of cases)
        assert.match((await post('restore', body).expect(400)).body.error, sentence);
    });
  });

  it('refuses a second member of the same id', async () => {
    flow = await startFlow([communityNode(), memberNode(), memberNode({ id: 'twin' })]);
    const red = ['member', 'twin'].filter((id) => flow.status(id)?.fill === 'red');
    assert.equal(red.length, 1);
    assert.match(
      await flow.complaint(red[0] ?? ''),
      /two members of sunny-street\.example are called "home-01"; give one of them another id/,
    );
    await ask(red[0] ?? '').expect(404);
    assert.equal(flow.community.members.size, 1);
  });

  it('refuses a key that others may read, or that is none, and leaves it as it is', async () => {
    const cases: [number, string, RegExp][] = [
      [0o644, `${'ab'.repeat(32)}\n`, /other users may read the key file .*; take that right away with: chmod 600/],
      [0o600, 'no key\n', /does not hold 64 hexadecimal digits; put back its backup/],
      [0o600, '', /does not hold 64 hexadecimal digits/],
    ];
    const userDir = newUserDir();
    flow = await startFlow([communityNode(), memberNode()], { userDir });
    for (const [mode, text, sentence] of cases) {
      await flow.stop();
      writeFileSync(keyFile(userDir), text);
      chmodSync(keyFile(userDir), mode);
      flow = await startFlow([communityNode(), memberNode()], { userDir });
      assert.equal(flow.status('member')?.fill, 'red');
      assert.match(await flow.complaint('member'), sentence);
      assert.doesNotMatch(flow.everything, /abababab/);
      assert.equal(readFileSync(keyFile(userDir), 'utf8'), text);
      assert.throws(() => member(), /has a problem of its own/);
    }
  });

  it('refuses ids and kinds that cannot be', async () => {
    const cases: [object, RegExp][] = [
      [{ memberId: 'Home 1' }, /the id must be small letters, digits and hyphens, at most 63; open this node/],
      [{ memberId: '../../evil' }, /the id must be small letters/],
      [{ memberId: '' }, /the id must be small letters/],
      [{ kind: 'castle' }, /the kind must be one of home, business, storage, operator/],
      [{ community: '' }, /no community is chosen/],
      [{ community: 'modbus' }, /a microgrid-modbus stands where the community should be/],
    ];
    for (const [fields, sentence] of cases) {
      const userDir = newUserDir();
      flow = await startFlow([communityNode(), modbusNode(502), memberNode(fields)], { userDir });
      assert.equal(flow.status('member')?.fill, 'red');
      assert.match(await flow.complaint('member'), sentence);
      assert.throws(() => statSync(join(userDir, 'microgrid', 'keys')), /ENOENT/);
      await flow.stop();
    }
  });

  it('keeps its secret while a whole site runs', async () => {
    const userDir = newUserDir();
    const port = await freePort();
    const nodes = [
      communityNode({ speed: '3600' }),
      memberNode(),
      modbusNode(port),
      intervalNode(),
      siteNode(port),
      meterNode(),
      batteryNode(),
    ];
    flow = await startFlow(nodes, { userDir });
    await flow.next('meter', 1);
    flow.send('battery', flow.payloads('meter', 0)[0]);
    await flow.next('battery', 0);
    await flow.refused('battery', { type: 'reading' });
    const seed = readFileSync(keyFile(userDir), 'utf8').trim();
    assert.ok(flow.everything.includes('eastron-sdm630'), 'everything is written down');
    assert.ok(!flow.everything.includes(seed));
    assert.ok(!flow.everything.includes(Buffer.from(seed, 'hex').toString('base64')));
  });
});
