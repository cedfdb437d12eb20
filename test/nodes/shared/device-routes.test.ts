// What the dialogs ask the runtime for, over HTTP: the catalogue, "Test" on every kind of line, "Find devices". Through the
// line of the running flow where it has one.
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { ModbusHost } from '../../../nodes/microgrid-modbus/microgrid-modbus.ts';
import type { ListedDevice } from '../../../nodes/shared/device-routes.ts';
import type { SearchProgress } from '../../../nodes/shared/device-searches.ts';
import { catalogue } from '../../../src/devices/catalogue-store.ts';
import type { Reading } from '../../../src/devices/reading.ts';
import { removeUserDirs, soon, startFlow } from '../../support/flow.ts';
import { type RawPeer, rawPeer } from '../../support/modbus-peers.ts';
import { freePort } from '../../support/node-red.ts';
import { libmodbusRtu, needPrograms, pymodbusTcp } from '../../support/peers.ts';
import { type SiteFlow, startSiteFlow } from '../../support/site-flow.ts';

const stored = (port: number, more: object = {}) => ({
  transport: 'tcp',
  host: '127.0.0.1',
  port: String(port),
  path: '',
  baud: '9600',
  parity: 'none',
  stopBits: '1',
  timeoutSeconds: '1',
  gapMs: '0',
  name: 'not of the line',
  ...more,
});
const float = (value: number): number[] => {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return [view.getUint16(0), view.getUint16(2)];
};

const battery = { capacityWh: 6400, maxChargeW: 5000, maxDischargeW: 5000, roundTripPerMille: 900 };

describe('device routes', () => {
  let site: SiteFlow;
  let port: number;
  const post = async <Answer>(path: string, body: unknown): Promise<Answer & { error?: string }> =>
    (
      await helper
        .request()
        .post(path)
        .send(body as object)
        .expect(200)
    ).body;
  const test = (body: unknown) => post<{ reading?: Reading }>('/microgrid/test', body);
  const search = (body: unknown) => post<{ id: string; shared: boolean }>('/microgrid/search', body);
  const progress = async (id: string) =>
    (await helper.request().get(`/microgrid/search/${id}`).expect(200)).body as SearchProgress;
  const ended = async (id: string): Promise<SearchProgress> => {
    await soon(
      async () => (await progress(id)).state !== 'running',
      () => 'the search goes on',
      15_000,
    );
    return progress(id);
  };
  const start = async (version: '5' | '4.1' = '5') => {
    site = await startSiteFlow([], { profile: () => ({ loadWh: 251, pvWh: 0 }), battery, version });
    port = Number(site.flow.api<ModbusHost>('modbus', 'Modbus host').port.name.split(':')[1]);
  };
  afterEach(() => site.stop());
  after(removeUserDirs);

  for (const version of ['5', '4.1'] as const) {
    it(`reads a device and finds units through the running flow's own line (Node-RED ${version})`, async () => {
      await start(version);
      const { port: line } = site.flow.api<ModbusHost>('modbus', 'Modbus host');
      const request = { id: 'modbus', line: stored(port) };
      const { reading, error } = await test({ ...request, unit: '1', device: 'eastron-sdm630' });
      assert.equal(error, undefined);
      assert.deepEqual(
        [reading?.device, reading?.powerW, reading?.quality, reading?.phases?.length],
        ['eastron-sdm630', 1004, 'measured', 3],
      );
      assert.equal(line.statistics.requests, 1, 'it was not asked through the running line');
      const { id, shared } = await search({
        ...request,
        from: '1',
        to: '4',
        waitSeconds: '0.5',
        device: 'eastron-sdm630',
      });
      assert.equal(shared, true);
      const { found, round: _, ...rest } = await ended(id);
      const free = { secondsLeft: 0, waitingSeconds: 0 };
      assert.deepEqual(rest, { state: 'done', asked: 4, total: 4, unit: null, error: null, ...free });
      assert.deepEqual(
        found.map(({ unit, sunspec, suggestions }) => [unit, sunspec?.models, suggestions[0]]),
        [
          [1, undefined, 'eastron-sdm630'],
          [2, [1, 103], 'sunspec-inverter-103'],
          [3, [1, 103, 120, 124], 'sunspec-battery-124'],
        ],
      );
      assert.equal(line.statistics.connections, 1);
    });
  }

  describe('of a flow', () => {
    beforeEach(() => start());

    it('lists the catalogue with what a person has to know', async () => {
      const body = (await helper.request().get('/microgrid/devices').expect(200)).body as ListedDevice[];
      assert.deepEqual(
        body.map(({ id }) => id),
        catalogue().map(({ id }) => id),
      );
      assert.deepEqual(
        body.find(({ id }) => id === 'eastron-sdm630'),
        {
          id: 'eastron-sdm630',
          vendor: 'Eastron',
          model: 'SDM630-Modbus',
          kind: 'meter',
          confirmed: true,
          transports: ['tcp', 'rtu'],
          defaultUnit: 1,
          control: 'none',
          persistent: false,
          keepsOrder: null,
          remarks: [],
        },
      );
      const control = (id: string) => body.find((device) => device.id === id)?.control;
      assert.deepEqual(['sunspec-battery-124', 'sunspec-battery-802', 'sunspec-der-battery'].map(control), [
        'confirmed',
        'none',
        'unconfirmed',
      ]);
      assert.ok((body.find(({ id }) => id === 'sunspec-meter')?.remarks.length ?? 0) > 0);
    });

    it('says in a sentence why it cannot test', async () => {
      const good = { id: '', line: stored(await freePort()), unit: '1', device: 'eastron-sdm630' };
      const running = { ...good, line: stored(port) };
      const cases: [unknown, RegExp][] = [
        [good, /^127\.0\.0\.1:\d+ cannot be reached/],
        [{ ...running, unit: '77' }, /^unit 77 at .* the gateway got no answer from it/],
        [{ ...running, unit: '1', device: 'sunspec-meter' }, /^unit 1 at 127\.0\.0\.1:\d+ has no SunSpec map/],
        [{ ...good, device: 'abacus' }, /^there is no device "abacus"/],
        [{ ...good, line: stored(502, { host: ' ' }) }, /^the host is missing/],
        [{ ...good, line: stored(502, { port: 'x' }) }, /^the port must be a number/],
        [{ ...good, unit: '256' }, /^the unit must be between 0 and 255/],
        [{ ...running, line: stored(port, { transport: 'rtu-tcp' }) }, /^the running flow uses .* other settings/],
        [{}, /^the unit/],
        [[], /^the unit/],
      ];
      for (const [body, sentence] of cases) {
        const answer = await test(body);
        assert.match(String(answer.error), sentence);
        assert.equal(answer.reading, undefined);
      }
    });

    it('refuses a search that cannot be', async () => {
      const good = { id: '', line: stored(port), from: '1', to: '10', waitSeconds: '1' };
      const cases: [object, RegExp][] = [
        [{ from: '0' }, /the first unit must be between 1 and 247/],
        [{ to: '248' }, /the last unit must be between 1 and 247/],
        [{ from: '11' }, /the last unit must not be below the first/],
        [{ waitSeconds: '0.05' }, /the wait per unit \(seconds\) must be between 0\.1 and 5/],
        [{ waitSeconds: '9' }, /the wait per unit/],
        [{ line: null }, /./],
      ];
      for (const [more, sentence] of cases) assert.match(String((await search({ ...good, ...more })).error), sentence);
      await helper.request().get('/microgrid/search/none').expect(404);
      await helper.request().delete('/microgrid/search/none').expect(204);
    });
  });

  describe('on lines that are not deployed', () => {
    let peer: RawPeer;
    beforeEach(async () => {
      peer = await rawPeer();
      const flow = await startFlow([]);
      site = { stop: () => flow.stop() } as SiteFlow;
    });
    afterEach(() => peer.stop());

    it('tests on a connection of its own, and closes it', async () => {
      let open = 0;
      const { behave } = peer;
      peer.behave = (request, socket) => {
        if (socket.listenerCount('close') < 2) {
          open += 1;
          socket.once('close', () => {
            open -= 1;
          });
        }
        behave(request, socket);
      };
      const { reading } = await test({ id: 'x', line: stored(peer.port), unit: '1', device: 'eastron-sdm630' });
      assert.equal(reading?.device, 'eastron-sdm630');
      await soon(
        () => open === 0,
        () => 'the connection stays open',
      );
      assert.equal(peer.connections, 1);
    });

    it('cancels a search, and frees the line at once', async () => {
      peer.behave = () => {};
      const body = { id: 'x', line: stored(peer.port), from: '1', to: '247', waitSeconds: '5' };
      const { id, shared } = await search(body);
      assert.equal(shared, false);
      const { state, asked, total, unit } = await progress(id);
      assert.deepEqual({ state, asked, total, unit }, { state: 'running', asked: 0, total: 247, unit: 1 });
      await helper.request().delete(`/microgrid/search/${id}`).expect(204);
      await helper.request().get(`/microgrid/search/${id}`).expect(404);
    });

    it('tests and finds on a serial line, and over a serial converter', async function () {
      needPrograms(this, 'libmodbus', 'pymodbus', 'socat');
      const words = new Array<number>(80).fill(0);
      for (const [place, value] of [
        [0x34, -1840],
        [0x46, 50],
        [0x48, 12.5],
        [0x4a, 3],
      ] as const) {
        words.splice(place, 2, ...float(value));
      }
      const input = { '0': words };
      const check = ({ reading, error }: { reading?: Reading; error?: string }) => {
        assert.equal(error, undefined);
        assert.deepEqual(
          [reading?.powerW, reading?.importWh, reading?.exportWh, reading?.frequencyHz],
          [-1840, 12_500, 3000, 50],
        );
      };
      const device = await libmodbusRtu({ unit: 5, input });
      const serial = stored(502, { transport: 'serial', host: '', path: device.path });
      check(await test({ id: '', line: serial, unit: '5', device: 'eastron-sdm630' }));
      const { id } = await search({ id: '', line: serial, from: '5', to: '6', waitSeconds: '0.5' });
      const { found } = await ended(id);
      assert.deepEqual(found, [{ unit: 5, sunspec: null, identity: null, suggestions: [] }]);
      await device.close();
      const converter = await pymodbusTcp({ unit: 5, input }, 'rtu');
      const line = stored(converter.port, { transport: 'rtu-tcp' });
      check(await test({ id: '', line, unit: '5', device: 'eastron-sdm630' }));
      await converter.close();
    });
  });
});
