// What node:util parseArgs complains about, in one sentence each.

/** What is wrong with the options, in one sentence; null for an error that does not come from parseArgs. */
export function optionProblem(error: unknown, command: string): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const [, named = ''] = /'(-[^'\s]+|[^']*)/.exec(error.message) ?? [];
  const help = `see microgrid ${command} --help`;
  switch (error.code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `there is no option ${named}; ${help}`;
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `"${named}" is one argument too many; ${help}`;
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      if (error.message.includes('does not take')) return `${named} takes no value; ${help}`;
      return `${named} needs a value (one that begins with a hyphen is written ${named}=-...); ${help}`;
    default:
      return null;
  }
}
