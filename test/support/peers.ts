// Real Modbus peers for tests and benches: servers made of libmodbus (C) and pymodbus (Python) that serve given register
// images, pairs of pseudo-terminals from socat, the client mbpoll. Everything listens on loopback and ends with its starter.
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'mocha';

/** Registers of one unit by first address, such as `{"unit": 1, "holding": {"40000": [21365, 28243]}}`. */
export interface RegisterImage {
  /** Default 1. */
  readonly unit?: number;
  readonly holding?: Readonly<Record<string, readonly number[]>>;
  readonly input?: Readonly<Record<string, readonly number[]>>;
}
export type Images = RegisterImage | readonly RegisterImage[];

export interface TcpPeer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The server's process, for those who measure it. */
  readonly pid: number;
  close(): Promise<void>;
}

export interface RtuPeer {
  /** The free end of a pair of pseudo-terminals; the server sits at the other one. */
  readonly path: string;
  close(): Promise<void>;
}

export type Program = 'libmodbus' | 'pymodbus' | 'socat' | 'mbpoll' | 'xmllint' | 'python3' | 'strace' | 'go' | 'cc';

const here = join(import.meta.dirname, 'peers');
/** Debian's Python: another one on the PATH does not see Debian's packages. */
const PYTHON = '/usr/bin/python3';
const found: Record<Program, () => boolean> = {
  libmodbus: () => onPath('cc') && existsSync('/usr/include/modbus/modbus.h'),
  pymodbus: () => existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import pymodbus']).status === 0,
  socat: () => onPath('socat'),
  mbpoll: () => onPath('mbpoll'),
  xmllint: () => onPath('xmllint'),
  python3: () => spawnSync('python3', ['-c', 'import zoneinfo; zoneinfo.ZoneInfo("Europe/Paris")']).status === 0,
  strace: () => onPath('strace'),
  go: () => onPath('go') && existsSync('/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog'),
  cc: () => onPath('cc'),
};

const PACKAGES =
  'mbpoll socat libmodbus-dev gcc libc6-dev python3-pymodbus libxml2-utils python3 tzdata strace golang-go golang-golang-x-mod-dev';

/** Without these programs a suite is skipped with a loud word; in CI that is a failure. */
export function needPrograms(test: Context, ...programs: Program[]): void {
  const missing = programs.filter((program) => !found[program]());
  if (missing.length === 0) return;
  const advice = `Debian: apt-get install ${PACKAGES}`;
  if (process.env['CI'] === 'true') throw new Error(`not found: ${missing.join(', ')} (${advice})`);
  console.warn(`\n  !! NO ${missing.join(', ').toUpperCase()}: tests that need them are skipped; ${advice}\n`);
  test.skip();
}

/** A libmodbus server with many units and many clients on a free port. */
export async function libmodbusTcp(images: Images): Promise<TcpPeer> {
  return tcp(await started(spawn(libmodbusServer(), ['tcp']), blocks(images)));
}

/** A libmodbus server with one unit (libmodbus knows no more on a line) behind a pseudo-terminal, 8N1. */
export async function libmodbusRtu(image: RegisterImage, { baud = 9600 } = {}): Promise<RtuPeer> {
  const pair = await ptyPair();
  const server = await started(spawn(libmodbusServer(), ['rtu', pair.b, String(baud)]), blocks(image));
  return { path: pair.a, close: () => endAll(server.end, pair.close) };
}

/** A pymodbus server with many units on a free port: Modbus TCP, or RTU frames on the socket. */
export async function pymodbusTcp(images: Images, framing: 'tcp' | 'rtu' = 'tcp'): Promise<TcpPeer> {
  const child = spawn(PYTHON, [join(here, 'pymodbus-server.py'), framing]);
  return tcp(await started(child, `${JSON.stringify(listed(images))}\n`));
}

/** A pymodbus server with many units behind a pseudo-terminal. */
export async function pymodbusRtu(images: Images): Promise<RtuPeer> {
  const server = await pymodbusTcp(images, 'rtu');
  const folder = newFolder();
  const path = join(folder, 'line');
  const bridge = spawn('socat', [`pty,raw,echo=0,link=${path}`, `tcp:127.0.0.1:${server.port}`], { stdio: 'ignore' });
  await linked(bridge, [path]);
  return { path, close: () => endAll(() => ended(bridge, folder), server.close) };
}

/** Two pseudo-terminals that are one line: what is written at one end is read at the other. */
export async function ptyPair(): Promise<{ readonly a: string; readonly b: string; close(): Promise<void> }> {
  const folder = newFolder();
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  const socat = spawn('socat', [`pty,raw,echo=0,link=${a}`, `pty,raw,echo=0,link=${b}`], { stdio: 'ignore' });
  await linked(socat, [a, b]);
  return { a, b, close: () => ended(socat, folder) };
}

export interface PluggedDevice {
  /** Where the adapter appears when it is plugged in. */
  readonly path: string;
  plug(): Promise<void>;
  unplug(): Promise<void>;
  close(): Promise<void>;
}

/** A serial adapter that can be pulled out: unit 1 answers a read of one holding register with 513. */
export async function pluggedDevice(): Promise<PluggedDevice> {
  const folder = newFolder();
  const path = join(folder, 'adapter');
  const child = spawn(PYTHON, [join(here, 'plugged-device.py'), path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const tell = (command: string) =>
    new Promise<void>((resolve) => {
      lines.once('line', () => resolve());
      child.stdin.write(`${command}\n`);
    });
  return {
    path,
    plug: () => tell('plug'),
    unplug: () => tell('unplug'),
    close: () => ended(child, folder),
  };
}

/** Runs mbpoll once (`-1` is added) and returns the values it prints by register as it numbers them, from 1. */
export function mbpoll(...args: readonly string[]): Promise<Map<number, string>> {
  return new Promise((resolve, reject) => {
    execFile('mbpoll', ['-1', ...args], { timeout: 15_000 }, (error, stdout, stderr) => {
      if (error) return reject(new Error(`mbpoll ${args.join(' ')}: ${stderr || stdout || error.message}`));
      const values = stdout.matchAll(/^\[(\d+)\]:\s*(.+?)\s*$/gm);
      resolve(new Map([...values].map(([, register = '', value = '']) => [Number(register), value])));
    });
  });
}

const folders = new Set<string>();
let server: string | null = null;

/** The C program, compiled once per process. */
function libmodbusServer(): string {
  if (server) return server;
  const binary = join(newFolder(), 'libmodbus-server');
  const { status, stderr } = spawnSync('cc', ['-O2', '-o', binary, join(here, 'libmodbus-server.c'), '-lmodbus'], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`cc cannot compile libmodbus-server.c: ${stderr}`);
  server = binary;
  return binary;
}

interface Server {
  readonly port: number;
  readonly pid: number;
  end(): Promise<void>;
}

/** Hands the image to a server, and waits until it says on which port it is ready. */
async function started(child: ChildProcess, image: string): Promise<Server> {
  let complaint = '';
  child.stderr?.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString()).slice(-2000);
  });
  child.stdin?.on('error', () => {});
  child.stdin?.write(image);
  const lines = createInterface({ input: child.stdout! });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${child.spawnfile} ended early: ${complaint}`)));
    lines.on('line', (line) => {
      const ready = /^ready (\d+)$/.exec(line);
      if (ready) resolve(Number(ready[1]));
    });
  });
  return { port, pid: child.pid ?? 0, end: () => ended(child) };
}

function tcp({ port, pid, end }: Server): TcpPeer {
  return { host: '127.0.0.1', port, pid, close: end };
}

const listed = (images: Images): readonly RegisterImage[] => ('length' in images ? images : [images]);

function blocks(images: Images): string {
  const lines = listed(images).flatMap(({ unit = 1, holding = {}, input = {} }) =>
    Object.entries({ h: holding, i: input }).flatMap(([table, image]) =>
      Object.entries(image).map(([address, words]) => `${unit} ${table} ${address} ${words.length} ${words.join(' ')}`),
    ),
  );
  return `${lines.join('\n')}\ngo\n`;
}

async function linked(socat: ChildProcess, paths: readonly string[]): Promise<void> {
  for (let turn = 0; !paths.every((path) => existsSync(path)); turn++) {
    if (turn > 500 || socat.exitCode !== null) throw new Error('socat made no pseudo-terminals');
    await sleep(10);
  }
}

async function ended(child: ChildProcess, folder?: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exit;
  }
  if (folder) rmSync(folder, { recursive: true, force: true });
}

async function endAll(...ends: readonly (() => Promise<void>)[]): Promise<void> {
  for (const end of ends) await end();
}

function newFolder(): string {
  if (folders.size === 0) {
    process.once('exit', () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'microgrid-peers-'));
  folders.add(folder);
  return folder;
}

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
