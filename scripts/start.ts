// `npm start`: opens the demo street in the project's own Node-RED, on loopback only. The user directory is
// demo/user-dir; the flow is copied there once and again whenever the shipped one changed and nobody edited the copy.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIRST_PORT = 1880;
const root = fileURLToPath(new URL('..', import.meta.url));
const userDir = process.env['MICROGRID_USER_DIR'] ?? join(root, 'demo/user-dir');
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

/** A port is free when this process can listen on it. */
async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + 100; port++) {
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
    console.log(`Port ${port} is busy, trying ${port + 1}.`);
  }
  throw new Error(`no free port from ${first} to ${first + 99}; end a program that uses one of them`);
}

function placeFlow(): void {
  const shipped = readFileSync(join(root, 'demo/flows.json'), 'utf8');
  const target = join(userDir, 'flows.json');
  const marker = join(userDir, '.flows.shipped');
  const present = existsSync(target) ? readFileSync(target, 'utf8') : null;
  const lastShipped = existsSync(marker) ? readFileSync(marker, 'utf8') : null;
  if (present !== null && hash(present) !== lastShipped) {
    if (hash(shipped) !== lastShipped)
      console.log('Your edited flow is kept; delete demo/user-dir/flows.json for the new one.');
    return;
  }
  writeFileSync(target, shipped);
  writeFileSync(marker, hash(shipped));
}

/** Makes this checkout look like an installed package of the user directory. */
function linkPackage(): void {
  const scope = join(userDir, 'node_modules/@commongrid');
  const link = join(scope, 'node-red-microgrid');
  mkdirSync(scope, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(root, link, 'junction');
}

async function start(): Promise<ChildProcess> {
  mkdirSync(userDir, { recursive: true });
  placeFlow();
  linkPackage();
  const port = await freePort(Number(process.env['PORT'] ?? FIRST_PORT));
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/node-red/red.js'),
      '-s',
      join(root, 'demo/settings.cjs'),
      '-u',
      userDir,
      '-p',
      String(port),
    ],
    { stdio: 'inherit' },
  );
  console.log(`\n  Dashboard  http://127.0.0.1:${port}/dashboard\n  Editor     http://127.0.0.1:${port}/\n`);
  return child;
}

const child = await start();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 0 : (code ?? 1)));
