// The page docs/rules-compared.md. What it says in words stands beside the figures that it follows from: a sentence whose figures
// no longer bear it stops the script, and has to be written anew.
import { change, euros, grouped, kWh, perCent, type Row, rowsOf, spreadOf } from './derived.ts';
import type { Comparison, StreetFigures } from './run.ts';

export function rulesPage(year: Comparison): string {
  const rows = rowsOf(year);
  return `${[opening(year), electrons(year, rows), street(year, rows), wordsOfRules(year, rows), homes(year, rows), limits(year, rows)].join('\n\n')}\n`;
}

function opening({ intervals, loadWh, pvWh }: Comparison): string {
  return `# A year of ten homes under each market rule

What does a rule of [market.md](market.md) give the people who trade by it? Ten measured homes, ${grouped(intervals)} quarter hours
from August 2016 on, ${kWh(loadWh)} kWh used and ${kWh(pvWh)} kWh from their roofs; each home has a battery of 6.4 kWh and 5 kW that gives back 90 %. Energy
from the supplier costs 30 ct/kWh, what is fed in earns 8 ct/kWh, without fees, levies and VAT.

![Two charts, rule by rule: what each home saves in a year, and what the street draws from the grid with and without batteries](images/rules-compared.svg)

Everything below is written by \`npm run rules-table\`, which runs \`microgrid simulate --rule NAME\` over the year. Money and energy are
counted in integers and only rounded here.`;
}

function electrons({ supplierOnly }: Comparison, rows: readonly Row[]): string {
  const reference = rows[0]!;
  const bare = supplierOnly.withoutBatteries.boundaryImportWh;
  const alone = supplierOnly.withBatteries.boundaryImportWh;
  const traded = reference.withBatteries.boundaryImportWh;
  const auctions = rows.filter(({ keys }) => keys === undefined);
  const shared = rows.filter(({ keys }) => keys !== undefined);
  return [
    '## First the electrons',
    paragraph(
      claim(
        `**Trading moves money, not electrons.** Without batteries the street draws ${kWh(bare)} kWh from the grid, under every rule and without any trade at all: to the Wh the same.`,
        rows.every(({ withoutBatteries }) => withoutBatteries.boundaryImportWh === bare),
      ),
      claim(
        `What changes the draw are batteries. When each serves its own home it falls to ${kWh(alone)} kWh; when they also deliver what was sold in an auction, to ${kWh(traded)} kWh under \`${reference.rule}\`.`,
        traded < alone && alone < bare && auctions.every(({ withBatteries }) => withBatteries.boundaryImportWh < alone),
      ),
      claim(
        'Keys share what the meters have shown, so they leave the draw as it was.',
        shared.every(({ withBatteries }) => withBatteries.boundaryImportWh === alone),
      ),
    ),
  ].join('\n\n');
}

function street({ supplierOnly }: Comparison, rows: readonly Row[]): string {
  const heads = [
    '',
    'traded kWh',
    'cost EUR',
    'saved EUR',
    'fund EUR',
    'network EUR',
    'from the grid kWh',
    'self-sufficient',
  ];
  const cells = (label: string, figures: StreetFigures, saved: number | null) => [
    label,
    kWh(figures.tradedWh),
    euros(figures.costNano),
    saved === null ? '' : euros(saved),
    euros(figures.fundNano),
    euros(figures.networkNano),
    kWh(figures.boundaryImportWh),
    perCent(figures.selfSufficiencyPerMille),
  ];
  const withBatteries = [
    cells('supplier only', supplierOnly.withBatteries, null),
    ...rows.map((row) => cells(code(row), row.withBatteries, row.savedNano)),
  ];
  const without = [
    cells('supplier only', supplierOnly.withoutBatteries, null),
    ...rows.map((row) => cells(code(row), row.withoutBatteries, row.savedWithoutBatteriesNano)),
  ];
  return `## The street

Cost is what all homes pay together, less what they get; what went to the fund and the network is part of it. Saved is against the
supplier alone, with the same batteries.

With batteries:

${table(heads, withBatteries)}

Without batteries:

${table(heads, without)}`;
}

function wordsOfRules({ supplierOnly }: Comparison, rows: readonly Row[]): string {
  const [uniform, bid, continuous, reduction, zonal, fixed, dynamic] = rows as [Row, Row, Row, Row, Row, Row, Row];
  const worse = ({ withBatteries }: Row) => withBatteries.costNano - uniform.withBatteries.costNano;
  const [best, worst] = extremes(bid.gainByHome);
  return [
    '## What each rule gives',
    list(
      [
        '`uniform-price/1`: everyone at one price.',
        claim(
          `Of all rules it leaves the street the most: ${euros(uniform.savedNano)} EUR, ${share(uniform.savedNano, supplierOnly.withBatteries.costNano)} of the bill.`,
          rows.every((row) => row.savedNano <= uniform.savedNano),
        ),
      ],
      [
        claim(
          '`pay-as-bid/1`: the same trades, to the Wh; only the price of each differs, so money goes from home to home and the street saves what it saved before.',
          bid.withBatteries.tradedWh === uniform.withBatteries.tradedWh &&
            bid.withBatteries.boundaryImportWh === uniform.withBatteries.boundaryImportWh &&
            bid.savedNano === uniform.savedNano,
        ),
        claim(
          `Buyers pay all that they said: ${gainers(bid)} homes end better off than under one price, most ${best.home} (${change(best.nano)} EUR), and ${losers(bid)} worse, most ${worst.home} (${change(worst.nano)} EUR).`,
          best.nano > 0 && worst.nano < 0,
        ),
      ],
      [
        claim(
          `\`continuous/1\`: who comes first trades first. More is traded (${kWh(continuous.withBatteries.tradedWh)} kWh), yet the street saves ${euros(worse(continuous))} EUR less: energy goes to whoever was there, not to whom it is worth most.`,
          continuous.withBatteries.tradedWh > uniform.withBatteries.tradedWh && worse(continuous) > 0,
        ),
      ],
      [
        claim(
          `\`trade-reduction/1\`: a true limit is the best limit, and in a street of ten that is dear. The orders that set the prices drop out whole, so ${kWh(reduction.withBatteries.tradedWh)} kWh are traded instead of ${kWh(uniform.withBatteries.tradedWh)}.`,
          2 * reduction.withBatteries.tradedWh < uniform.withBatteries.tradedWh,
        ),
        claim(
          `Even with the ${euros(reduction.withBatteries.fundNano)} EUR of the fund handed back the street would save ${euros(worse(reduction) - reduction.withBatteries.fundNano)} EUR less.`,
          reduction.withBatteries.fundNano > 0 && worse(reduction) > reduction.withBatteries.fundNano,
        ),
      ],
      [
        claim(
          `\`zonal/1\`: a line of 2 kW to each feeder is full in ${grouped(zonal.fullIntervals)} of ${grouped(zonal.tradedIntervals)} quarter hours with trade, so little is lost: ${kWh(uniform.withBatteries.tradedWh - zonal.withBatteries.tradedWh)} kWh less traded.`,
          zonal.fullIntervals > 0 &&
            20 * zonal.fullIntervals < zonal.tradedIntervals &&
            zonal.withBatteries.tradedWh < uniform.withBatteries.tradedWh,
        ),
        claim(
          `It is the one rule here that charges for lines. Of the ${euros(worse(zonal))} EUR that the street pays more, ${euros(zonal.withBatteries.networkNano)} are fees to the network and ${euros(zonal.withBatteries.fundNano)} are rent of full lines, which the fund keeps for the community.`,
          worse(zonal) > zonal.withBatteries.networkNano + zonal.withBatteries.fundNano &&
            zonal.withBatteries.networkNano > 0 &&
            zonal.withBatteries.fundNano > 0,
        ),
      ],
      [
        claim(
          `\`allocation/1\`, static keys: a tenth of the surplus to each home. Only ${kWh(fixed.withBatteries.tradedWh)} kWh find a use, because what a home cannot use is not passed on.`,
          fixed.withBatteries.tradedWh < dynamic.withBatteries.tradedWh &&
            rows.every((row) => fixed.savedNano <= row.savedNano),
        ),
      ],
      [
        claim(
          `\`allocation/1\`, dynamic keys: all that one home has left while another needs it is shared, ${kWh(dynamic.withBatteries.tradedWh)} kWh. With batteries that is little, for these have filled up first: the auction, which gives batteries something to do, saves ${euros(worse(dynamic))} EUR more.`,
          worse(dynamic) > 0,
        ),
        claim(
          `**Without batteries it is the other way round:** dynamic keys save ${euros(dynamic.savedWithoutBatteriesNano)} EUR and the auction ${euros(uniform.savedWithoutBatteriesNano)} EUR, since orders bet on the next quarter hour and keys share what the meters have shown.`,
          rows.every((row) => row === dynamic || row.savedWithoutBatteriesNano < dynamic.savedWithoutBatteriesNano),
        ),
      ],
    ),
    claim(
      'Under every rule every home is better off than with the supplier alone.',
      rows.every((row) => spreadOf(row.savedByHome.values()).min > 0),
    ),
  ].join('\n\n');
}

function homes({ supplierOnly }: Comparison, rows: readonly Row[]): string {
  const names = Object.keys(supplierOnly.costNano);
  const heads = ['', ...rows.map((row) => short(row))];
  const of = (values: (row: Row) => ReadonlyMap<string, number>, write: (nano: number) => string) => [
    ...names.map((home) => [home, ...rows.map((row) => write(values(row).get(home)!))]),
    ...(['min', 'median', 'max'] as const).map((name) => [
      `**${name}**`,
      ...rows.map((row) => write(spreadOf(values(row).values())[name])),
    ]),
  ];
  const costs = names.map((home) => [
    home,
    euros(supplierOnly.costNano[home]!),
    ...rows.map((row) => euros(row.costNano[home]!)),
  ]);
  const gained = rows.slice(1);
  return `## The homes

All in EUR for the year, with batteries. What each home pays:

${table(['', 'supplier only', ...heads.slice(1)], costs)}

What each saves against the supplier alone:

${table(
  heads,
  of((row) => row.savedByHome, euros),
)}

Who gains (+) and who loses (-) against \`uniform-price/1\`:

${table(
  ['', ...gained.map(short)],
  [
    ...of((row) => row.gainByHome, change).map(([home, , ...rest]) => [home!, ...rest]),
    ['**homes that gain**', ...gained.map((row) => String(gainers(row)))],
  ],
)}`;
}

function limits({ supplierOnly }: Comparison, rows: readonly Row[]): string {
  const uniform = rows[0]!;
  const dynamic = rows.at(-1)!;
  return `## What these figures are not

- **Nobody learns.** All homes order by their last days and the state of their batteries ([strategies.md](strategies.md)), whatever
  the rule. Under \`pay-as-bid/1\` buyers would soon bid less.
- **Orders are a forecast**, made a quarter hour ahead; keys are told afterwards. ${claim(
    `Without batteries the homes trade ${kWh(uniform.withoutBatteries.tradedWh)} kWh under \`uniform-price/1\`, but have only ${kWh(dynamic.withoutBatteries.tradedWh)} kWh for each other; what was sold and not there is bought from the supplier again.`,
    uniform.withoutBatteries.tradedWh > dynamic.withoutBatteries.tradedWh,
  )}
  The measurements are hourly, spread evenly over the quarter hours, so forecasts are easier here than in a home.
- **One street.** Ten homes with similar roofs in the same sun have little to give each other; a bakery that works at night would change more.
- Under \`continuous/1\` the homes' orders come in an order drawn anew for every quarter hour. For \`zonal/1\` h01 to h05 and h06 to h10 hang on a feeder
  each, whose line to the street carries 500 Wh a quarter hour (2 kW) either way and costs 1 ct/kWh. Under \`allocation/1\` members pay each other
  19 ct/kWh, midway between the supplier's prices. Other capacities, fees and prices give other figures: the community stands in
  \`scripts/rules-table/ten-homes.json\`, and \`microgrid simulate\` takes it with any profile.
- All batteries begin empty. At the end of the year they hold at most ${kWh(supplierOnly.withBatteries.socEndWh)} kWh together, which no bill counts.
- The homes are in Fontana, California (profiles/README.md); the exact figures stand in \`docs/rules-compared.json\`.`;
}

/** A sentence, if the figures bear it. */
function claim(text: string, holds: boolean): string {
  if (!holds)
    throw new Error(`the figures no longer bear this sentence of docs/rules-compared.md; write it anew: ${text}`);
  return text;
}

function extremes(gains: ReadonlyMap<string, number>): [Home, Home] {
  const sorted = [...gains].map(([home, nano]) => ({ home, nano })).sort((a, b) => b.nano - a.nano);
  return [sorted[0]!, sorted.at(-1)!];
}
interface Home {
  readonly home: string;
  readonly nano: number;
}

const gainers = ({ gainByHome }: Row): number => [...gainByHome.values()].filter((nano) => nano > 0).length;
const losers = ({ gainByHome }: Row): number => [...gainByHome.values()].filter((nano) => nano < 0).length;
const share = (part: number, whole: number): string => perCent(Math.floor((1000 * part) / whole));
const code = ({ rule, keys }: Row): string => `\`${rule}\`${keys === undefined ? '' : `, ${keys} keys`}`;
const short = ({ rule, keys }: Row): string => keys ?? rule.replace('/1', '');
const paragraph = (...sentences: readonly string[]): string => sentences.join(' ');
const list = (...items: readonly (readonly string[])[]): string =>
  items.map((item) => `- ${item.join(' ')}`).join('\n');

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
