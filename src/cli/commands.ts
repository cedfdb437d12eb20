// The table of subcommands. Each is loaded when it is called, so that `--help` and the light ones stay fast.
import { quote } from '../units.ts';
import { type ExitCode, InputError, type Io, messageOf, type Subcommand } from './io.ts';
import { optionProblem } from './options.ts';

interface Entry {
  readonly summary: string;
  load(): Promise<Subcommand>;
}

export const COMMANDS: Readonly<Record<string, Entry>> = {
  clear: { summary: 'clear one auction', load: () => import('./clear.ts') },
  settle: { summary: 'settle one or more intervals', load: () => import('./settle.ts') },
  statement: { summary: 'statements of a month out of a ledger', load: () => import('./statement.ts') },
  simulate: { summary: 'run a whole community on a simulated clock', load: () => import('./simulate.ts') },
  verify: { summary: 'check a ledger or its export', load: () => import('./verify.ts') },
  evidence: { summary: 'prove to others what a ledger does not hold', load: () => import('./evidence.ts') },
  page: { summary: 'the page that checks a ledger in a browser', load: () => import('./page.ts') },
  read: { summary: 'take one reading from a device', load: () => import('./read.ts') },
  scan: { summary: 'show what a SunSpec device has', load: () => import('./scan.ts') },
  devices: { summary: 'list the devices of the catalogue', load: () => import('./devices.ts') },
  serve: { summary: 'be a virtual device on this machine', load: () => import('./serve.ts') },
};

const HELP = `microgrid: the market, the bills and the ledger of a local energy community

Use: microgrid COMMAND [options] [FILE]     FILE may be - for standard input

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`)
  .join('\n')}

Every command knows --help and --json. Exit code: 0 good, 1 the thing checked does not hold, 2 wrong use or input.
`;

/** Runs `microgrid` with its arguments; problems become one sentence on stderr. */
export async function runCommandLine(args: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(HELP);
    return 0;
  }
  try {
    if (name === undefined) throw new InputError('a command is missing; microgrid --help lists them');
    if (!Object.hasOwn(COMMANDS, name)) {
      throw new InputError(`there is no command ${quote(name)}; known are ${Object.keys(COMMANDS).join(', ')}`);
    }
    const command = await COMMANDS[name]!.load();
    if (asksForHelp(rest)) {
      io.stdout.write(command.help);
      return 0;
    }
    return await command.run(rest, io);
  } catch (error) {
    io.stderr.write(`microgrid: ${optionProblem(error, name ?? '') ?? messageOf(error)}\n`);
    return 2;
  }
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}
