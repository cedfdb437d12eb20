// Writes docs/rules-compared.md and its picture: a year of ten homes under each market rule, which takes some minutes and needs the
// shared data. The figures stay in docs/rules-compared.json. `--check` only compares: page and picture with these figures, and the
// week that is stored beside the year with what the code makes of it now.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { rulesPage } from './rules-table/page.ts';
import { rulesPicture } from './rules-table/picture.ts';
import { requireProfile, runWeek, runYear, type Stored } from './rules-table/run.ts';

const docs = new URL('../docs/', import.meta.url);
const figures = new URL('rules-compared.json', docs);
const files = ({ year }: Stored): [URL, string][] => [
  [new URL('rules-compared.md', docs), rulesPage(year)],
  [new URL('images/rules-compared.svg', docs), rulesPicture(year)],
];

requireProfile();
if (process.argv.includes('--check')) {
  const stored = JSON.parse(readFileSync(figures, 'utf8')) as Stored;
  const stale = files(stored).filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text);
  const problems = stale.map(
    ([file]) => `${file.pathname.replace(/.*\/docs\//, 'docs/')} is not what the figures make`,
  );
  if (!isDeepStrictEqual(await runWeek(), stored.week)) problems.push('the street trades otherwise than it did');
  for (const problem of problems) console.error(`${problem}; run: npm run rules-table`);
  process.exitCode = problems.length > 0 ? 1 : 0;
} else {
  const stored: Stored = { year: await runYear(), week: await runWeek() };
  writeFileSync(figures, `${JSON.stringify(stored, null, 2)}\n`);
  for (const [file, text] of files(stored)) writeFileSync(file, text);
  console.log('wrote docs/rules-compared.md, its picture and its figures');
}
