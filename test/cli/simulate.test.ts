// `microgrid simulate` as a person and a program use it: documents, refusals, ledgers that verify, a year that stays small.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import vm from 'node:vm';
import { verifyDatabase, verifyExport } from '../../src/audit/verify.ts';
import { runCommandLine } from '../../src/cli/commands.ts';
import { RULE_NAMES } from '../../src/market/clear.ts';
import { openProfiles } from '../../src/simulation/profile-store.ts';
import { simulate } from '../../src/simulation/simulation.ts';
import { SIMULATED_RULES } from '../../src/simulation/street-market.ts';
import { needSharedData } from '../support/shared-data.ts';
import { homeBattery, streetConfig, tenOnFeeders } from '../support/simulated-street.ts';

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the subcommand on texts; the community stands in `community.json`. */
async function microgrid(args: readonly string[], community: unknown = streetConfig, stdin = ''): Promise<Answer> {
  let [stdout, stderr] = ['', ''];
  const code = await runCommandLine(['simulate', ...args], {
    stdin: (async function* () {
      yield stdin;
    })(),
    stdout: {
      write(text) {
        stdout += text;
      },
    },
    stderr: {
      write(text) {
        stderr += text;
      },
    },
    readFile: async (path) => {
      if (path !== 'community.json') throw new Error('no such file');
      return Buffer.from(typeof community === 'string' ? community : JSON.stringify(community));
    },
    now: Date.now,
    random: () => assert.fail('a simulation takes its randomness from the seed'),
  });
  return { code, stdout, stderr };
}

const figures = [
  ...['loadWh', 'pvWh', 'importWh', 'exportWh', 'boundaryImportWh', 'boundaryExportWh', 'tradedWh', 'supplierWh'],
  ...['chargeWh', 'dischargeWh', 'socStartWh', 'socEndWh', 'selfSufficiencyPerMille', 'selfConsumptionPerMille'],
  ...['costNano', 'fundNano', 'networkNano'],
];
const short = ['community.json', '--profiles', 'street', '--intervals', '12', '--from', '2017-07-10T10:00Z'];

describe('microgrid simulate', () => {
  it('prints one JSON document with the fields of the design', async () => {
    const { code, stdout, stderr } = await microgrid([...short, '--json']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout.indexOf('\n'), stdout.length - 1);
    const document = JSON.parse(stdout);
    assert.deepEqual([document.rule, document.intervals, document.members], ['uniform-price/1', 12, 10]);
    for (const part of [document, document.without.trading, document.without.battery, document.without.both]) {
      for (const name of figures) assert.ok(Number.isSafeInteger(part[name]), `${name}: ${part[name]}`);
    }
    assert.ok(document.seconds >= 0 && document.peakRssMb > 10);
    assert.ok(!('ledger' in document));
    assert.equal(document.bills.length, 10);
  });

  it('says the same in a few lines', async () => {
    const { code, stdout } = await microgrid(short);
    assert.equal(code, 0);
    assert.match(stdout, /^12 intervals, 10 members, uniform-price\/1: load \d/);
    assert.equal(stdout.trimEnd().split('\n').length, 6);
  });

  it('reads the profile from standard input', async () => {
    const community = { ...streetConfig, members: [{ id: 'a', kind: 'home' }] };
    const csv = 'start,a.load,a.pv\n2026-11-22T00:00Z,100,40\n2026-11-22T01:00Z,100,400\n';
    const { stdout } = await microgrid(['community.json', '--profiles', '-', '--json'], community, csv);
    const { intervals, without } = JSON.parse(stdout);
    assert.deepEqual([intervals, without.both.importWh, without.both.exportWh], [8, 60, 300]);
  });

  it('runs under every market rule: the same electrons without batteries, other money', async () => {
    const day = ['community.json', '--profiles', 'street', '--intervals', '40', '--from', '2017-07-10T08:00Z'];
    const bare = new Set<number>();
    const costs = new Set<number>();
    for (const rule of SIMULATED_RULES) {
      const { code, stdout, stderr } = await microgrid([...day, '--json', '--rule', rule], tenOnFeeders);
      assert.deepEqual([code, stderr], [0, ''], rule);
      const { rule: told, tradedWh, costNano, without } = JSON.parse(stdout);
      assert.equal(told, rule);
      assert.ok(tradedWh > 0, rule);
      bare.add(without.battery.boundaryImportWh);
      costs.add(costNano);
    }
    assert.equal(bare.size, 1);
    // pay-as-bid/1 makes the trades of uniform-price/1, and what one pays another gets.
    assert.equal(costs.size, SIMULATED_RULES.length - 1);
  });

  describe('refuses in one sentence, exit 2', () => {
    const member = { id: 'home-01', kind: 'home' };
    const withMembers = (...members: unknown[]) => ({ ...streetConfig, members });
    const table: [name: string, args: string[], community: unknown, sentence: RegExp][] = [
      ['no profile', ['community.json'], streetConfig, /--profiles FILE is missing/],
      ['a directory as a profile', ['community.json', '--profiles', tmpdir()], streetConfig, /there is no profile/],
      [
        'a ledger in a file',
        [...short, '--ledger', fileURLToPath(import.meta.url)],
        streetConfig,
        /is no directory; choose/,
      ],
      [
        'an unknown rule',
        [...short, '--rule', 'fair/1'],
        streetConfig,
        /no market rule "fair\/1"; known are uniform-price\/1, .*allocation\/1/,
      ],
      [
        'keys in a ledger',
        [...short, '--rule', 'allocation/1', '--ledger', tmpdir()],
        tenOnFeeders,
        /allocation\/1 has no orders that a ledger could record; leave --ledger out/,
      ],
      ['zonal/1 without lines', [...short, '--rule', 'zonal/1'], streetConfig, /areas are missing.*zonal\/1/],
      ['allocation/1 without keys', [...short, '--rule', 'allocation/1'], streetConfig, /allocation is missing/],
      ['no such profile', ['community.json', '--profiles', 'nowhere'], streetConfig, /no profile "nowhere"/],
      ['no community', ['--profiles', 'street'], streetConfig, /FILE is missing/],
      [
        'a community that is not there',
        ['other.json', '--profiles', 'street'],
        streetConfig,
        /other\.json cannot be read/,
      ],
      ['no JSON', short, '{', /community\.json is not JSON/],
      ['both from standard input', ['-', '--profiles', '-'], streetConfig, /only one of the two inputs/],
      ['an unknown option', [...short, '--fast'], streetConfig, /--fast/],
      ['--from no interval', [...short, '--from', 'noon'], streetConfig, /--from must be a UTC quarter hour/],
      ['--intervals 0', [...short, '--intervals', '0'], streetConfig, /--intervals must be a whole number from 1/],
      ['an unknown field', short, { ...streetConfig, color: 1 }, /color/],
      ['an origin that is none', short, { ...streetConfig, origin: 'Street' }, /not the name of a ledger/],
      ['no member', short, withMembers(), /members.*at least one/],
      ['a member twice', short, withMembers(member, member), /members\[1\]\.id "home-01" stands twice/],
      ['a member named operator', short, withMembers({ id: 'operator', kind: 'home' }), /must not be "operator"/],
      [
        'an unknown kind',
        short,
        withMembers({ ...member, kind: 'shop' }),
        /members\[0\]\.kind must be "home", "business" or "storage"/,
      ],
      [
        'a tariff with decimals',
        short,
        { ...streetConfig, tariffs: { import: 0.3, feedIn: 80_000 } },
        /tariffs\.import.*whole number/,
      ],
      [
        'a battery beyond reason',
        short,
        withMembers({ ...member, battery: { ...homeBattery, roundTripPerMille: 1001 } }),
        /members\[0\]\.battery.*roundTripPerMille/,
      ],
      ['a member without columns', short, withMembers({ id: 'home-99', kind: 'home' }), /no column home-99\.load/],
    ];
    for (const [name, args, community, sentence] of table) {
      it(name, async () => {
        const { code, stdout, stderr } = await microgrid(args, community);
        assert.deepEqual([code, stdout], [2, '']);
        assert.match(stderr, sentence);
        assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
      });
    }

    it('a malformed profile, with its place', async () => {
      const { code, stderr } = await microgrid(
        ['community.json', '--profiles', '-'],
        streetConfig,
        'start,a.load\n1,2\n',
      );
      assert.equal(code, 2);
      assert.match(stderr, /^microgrid: the profile's line 2, column 1: start must be a UTC quarter hour/);
    });
  });

  describe('with a ledger', () => {
    const directory = mkdtempSync(join(tmpdir(), 'microgrid-simulate-'));
    after(() => rmSync(directory, { recursive: true }));
    const at = (name: string) => join(directory, name);
    const ledgerOf = async (name: string, ...more: string[]) => {
      const { code, stdout, stderr } = await microgrid([...short, '--ledger', at(name), '--json', ...more]);
      assert.deepEqual([code, stderr], [0, '']);
      return JSON.parse(stdout);
    };

    it('writes a database and an export that verify', async function () {
      this.timeout(60_000);
      const { ledger, intervals } = await ledgerOf('first');
      assert.equal(ledger.blocks, 1 + intervals + 1, 'block 0, one per gate, and one for the last meters');
      assert.equal(ledger.size, ledger.records + ledger.blocks);
      for (const verdict of [
        await verifyDatabase(join(at('first'), 'ledger.sqlite')),
        await verifyExport(join(at('first'), 'export')),
      ]) {
        assert.deepEqual(verdict.errors, []);
        assert.equal(verdict.ok, true);
        assert.equal(verdict.size, ledger.size);
        assert.equal(verdict.root, ledger.root);
        assert.equal(verdict.blocks, ledger.blocks);
        assert.equal(verdict.records, ledger.records);
      }
    });

    for (const rule of RULE_NAMES) {
      it(`of ${rule} verifies: every auction and bill is recomputed`, async function () {
        this.timeout(60_000);
        const name = rule.replace('/', '-');
        const args = [...short, '--rule', rule, '--ledger', at(name), '--json'];
        const { code, stdout, stderr } = await microgrid(args, tenOnFeeders);
        assert.deepEqual([code, stderr], [0, '']);
        const { ok, errors, size } = await verifyDatabase(join(at(name), 'ledger.sqlite'));
        assert.deepEqual([ok, errors, size], [true, [], JSON.parse(stdout).ledger.size]);
      });
    }

    it('has the same root from the same seed, another from another, and the same figures as without', async function () {
      this.timeout(60_000);
      const [once, again, other] = [
        await ledgerOf('once', '--seed', 'x'),
        await ledgerOf('again', '--seed', 'x'),
        await ledgerOf('other', '--seed', 'y'),
      ];
      assert.equal(once.ledger.root, again.ledger.root);
      assert.notEqual(once.ledger.root, other.ledger.root);
      assert.equal(once.ledger.size, other.ledger.size);
      const plain = JSON.parse((await microgrid([...short, '--json'])).stdout);
      for (const name of [...figures, 'without', 'bills']) assert.deepEqual(once[name], plain[name]);
    });

    it('makes no blocks of a hole', async function () {
      this.timeout(60_000);
      const community = {
        ...streetConfig,
        members: [
          { id: 'a', kind: 'home' },
          { id: 'b', kind: 'home' },
        ],
      };
      const rows = [0, 1, 2, 3, 20, 21].map((hour) => `2026-11-22T${String(hour).padStart(2, '0')}:00Z,400,0,0,800`);
      const csv = ['start,a.load,a.pv,b.load,b.pv', ...rows].join('\n');
      const args = ['community.json', '--profiles', '-', '--json', '--ledger', at('hole')];
      const { intervals, ledger } = JSON.parse((await microgrid(args, community, csv)).stdout);
      assert.deepEqual([intervals, ledger.blocks], [24, 26]);
      assert.equal((await verifyDatabase(join(at('hole'), 'ledger.sqlite'))).ok, true);
    });

    it('begins no second ledger in the same directory', async function () {
      this.timeout(60_000);
      await ledgerOf('taken');
      const { code, stderr } = await microgrid([...short, '--ledger', at('taken')]);
      assert.equal(code, 2);
      assert.match(stderr, /is there already.*choose another --ledger/);
    });

    it('makes no directory when the community or the profile is refused', async () => {
      const stranger = { ...streetConfig, members: [{ id: 'home-99', kind: 'home' }] };
      for (const community of [{}, stranger]) {
        const { code } = await microgrid([...short, '--ledger', at('never')], community);
        assert.equal(code, 2);
        assert.ok(!existsSync(at('never')));
      }
    });
  });

  it('runs a year of ten homes in memory that does not grow', async function () {
    this.timeout(180_000);
    const path = needSharedData(this, 'profiles/homes-year.csv');
    const profiles = await openProfiles(path);
    const members = profiles.members.map((id) => ({ id, kind: 'home' as const, battery: homeBattery }));
    v8.setFlagsFromString('--expose-gc');
    const collect: () => void = vm.runInNewContext('gc');
    const heap: number[] = [];
    let count = 0;
    const result = await simulate({
      config: { ...streetConfig, members },
      profiles,
      onInterval: async () => {
        count += 1;
        if (count % 5000 !== 0) return;
        collect();
        heap.push(process.memoryUsage().heapUsed);
      },
    });
    assert.deepEqual([result.intervals, members.length], [35_040, 10]);
    // A week of history is all that is kept; what the year adds after the first weeks is noise.
    const growth = heap.at(-1)! - heap[0]!;
    assert.ok(growth < 4e6, `the heap grew by ${Math.round(growth / 1000)} kB: ${heap.join(' ')}`);
    for (const { costNano, withoutTradingNano } of result.bills) assert.ok(costNano < withoutTradingNano);
  });
});
