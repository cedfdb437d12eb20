// Whoever recomputes a clearing or a bill gets the same bytes: on Node 22 (the oldest version that is supported), 24 and 26, in any
// time zone and under any language. Runs test/support/same-bytes.ts in processes of their own and compares the hash of each part.
// Node 22 and 26 are a package of their own (npm run node-versions); where they are not installed their tests say that they skip.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../support/manifest.ts';
import { majorOf, NODE_VERSIONS, needNode, runWith } from '../support/node-versions.ts';
import { projectRoot } from '../support/source.ts';

interface Answer {
  readonly node: string;
  readonly locale: string;
  readonly runs: readonly {
    readonly zone: string;
    readonly sample: string;
    readonly hashes: Readonly<Record<string, string>>;
  }[];
}

/** What midnight UTC on 4 October 2026 is there. Lord Howe has just moved its clocks, by half an hour. */
const ZONES: Readonly<Record<string, string>> = {
  UTC: '00:00:00 GMT+0000',
  'Australia/Lord_Howe': '11:00:00 GMT+1100',
  'Asia/Kathmandu': '05:45:00 GMT+0545',
};
/** Each begins in another time zone. */
const LANGUAGES: readonly (readonly [language: string, zones: readonly string[]])[] = [
  ['tr_TR', ['Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']],
  ['de_DE', ['Asia/Kathmandu', 'UTC', 'Australia/Lord_Howe']],
];
const PARTS = 15;

async function work(node: string, language: string, zones: readonly string[]): Promise<Answer> {
  const { LANGUAGE: _, ...env } = process.env;
  const surroundings = { ...env, TZ: zones[0], LANG: language, LC_ALL: language };
  return (await runWith(node, 'test/support/same-bytes.ts', zones, surroundings)) as Answer;
}

describe('the same bytes', function () {
  this.timeout(120_000);
  let reference: Answer['runs'][number]['hashes'];

  before(async () => {
    const { runs } = await work(process.execPath, 'C', ['UTC']);
    reference = runs[0]!.hashes;
    assert.equal(new Set(Object.values(reference)).size, PARTS);
  });

  for (const major of NODE_VERSIONS) {
    it(`on Node ${major}, in every time zone and language`, async function () {
      const node = needNode(this, major);
      const runs = LANGUAGES.map(async ([language, zones]) => {
        const answer = await work(node, `${language}.UTF-8`, zones);
        // It ran where it was meant to.
        assert.equal(majorOf(answer.node), major);
        assert.equal(answer.locale, language.replace('_', '-'));
        assert.deepEqual(
          answer.runs.map(({ zone }) => zone),
          zones,
        );
        for (const { zone, sample, hashes } of answer.runs) {
          assert.ok(sample.includes(ZONES[zone]!) && sample.endsWith('1.234,5'), sample);
          assert.deepEqual(hashes, reference, `${language} ${zone}`);
        }
      });
      await Promise.all(runs);
    });
  }

  it('are compared from the oldest version on that the package supports', () => {
    const file = readFileSync(join(projectRoot, 'test/node-versions/package.json'), 'utf8');
    const { optionalDependencies } = JSON.parse(file) as { optionalDependencies: Record<string, string> };
    const oldest = readManifest().engines.node.replace('>=', '');
    for (const arch of ['x64', 'arm64']) {
      assert.ok(optionalDependencies[`node-22-${arch}`]?.startsWith(`npm:node-linux-${arch}@${oldest}.`));
    }
  });
});
