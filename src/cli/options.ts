// What node:util parseArgs complains about, in one sentence each.
import { quote } from '../units.ts';

/** What is wrong with the options, in one sentence; null for an error that does not come from parseArgs. */
export function optionProblem(error: unknown, command: string): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const { message } = error;
  const help = `see microgrid ${command} --help`;
  switch (error.code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `there is no option ${named(/'(.*?)'(?:\. To specify|$)/s, message)}; ${help}`;
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `${named(/'(.*)'\. This command/s, message)} is one argument too many; ${help}`;
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE': {
      const option = /--[a-z-]+/.exec(message)?.[0] ?? 'an option';
      if (message.includes('does not take')) return `${option} takes no value; ${help}`;
      return `${option} needs a value (one that begins with a hyphen is written ${option}=-...); ${help}`;
    }
    default:
      return null;
  }
}

function named(pattern: RegExp, message: string): string {
  return quote(pattern.exec(message)?.[1] ?? message);
}
