#!/usr/bin/env node
// The `microgrid` command (cli.md). The subcommands stand in commands.ts; this file only ties them to the process.
import { runCommandLine } from './commands.ts';
import { processIo } from './process-port.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(`microgrid: needs Node 22.13 or newer, but this is ${process.version}\n`);
  process.exit(2);
}

// Not process.exit(): what was written to a pipe must still get out. One promise without await, as everywhere.
runCommandLine(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});
