#!/usr/bin/env node
// The `microgrid` command (cli.md). The subcommands stand in commands.ts; this file only ties them to the process.
import { runCommandLine } from './commands.ts';
import { processIo } from './process-port.ts';

// Not process.exit(): what was written to a pipe must still get out. One promise without await, as everywhere.
runCommandLine(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});
