// `microgrid devices` (cli.md): the catalogue, with where its figures come from.
import { parseArgs } from 'node:util';
import { catalogue } from '../devices/catalogue-store.ts';
import { type ExitCode, type Io, printJson } from './io.ts';

export const name = 'devices';
export const summary = 'list the devices of the catalogue';
export const help = `Use: microgrid devices [--json]

Lists the devices that can be read, and whether a battery of that kind can be controlled.

  --json        one JSON document: a list of id, vendor, model, kind, transports, control (the battery can be told what to
                do), keepsOrder (true: nothing takes a command back when its sender dies), confirmed (two sources made
                apart from each other agree), sources, remarks
`;

export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  const rows = catalogue().map(
    ({ id, vendor, model, kind, transports, control, confirmed, sources, remarks = [] }) => ({
      id,
      vendor,
      model,
      kind,
      transports,
      control: control?.confirmed ?? false,
      keepsOrder: control?.fallback.by === 'nothing',
      confirmed,
      sources,
      remarks,
    }),
  );
  if (values.json) printJson(io, rows);
  else {
    const width = Math.max(...rows.map(({ id }) => id.length));
    for (const { id, vendor, model, control, keepsOrder, confirmed } of rows) {
      const kept = keepsOrder ? ' (keeps its last order when this computer dies)' : '';
      const marks = `${control ? `, control${kept}` : ''}${confirmed ? '' : ', unconfirmed'}`;
      io.stdout.write(`  ${id.padEnd(width)}  ${vendor} ${model}${marks}\n`);
    }
  }
  return 0;
}
