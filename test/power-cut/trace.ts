// Runs a writer under strace and turns the trace into the list of what it did to the files below one directory, in order, with
// what it said on standard output in between. A system call that could change a file in a way that is not understood here
// ends the test: nothing is passed over in silence.
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Operation } from './disk.ts';

/** Every system call of Linux by which a program changes files or directories, and those that tell which file is meant. */
const CALLS = [
  'open,openat,openat2,creat,close,dup,dup2,dup3,lseek,mmap,msync',
  'write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync,syncfs,sync_file_range,ftruncate,truncate,fallocate',
  'rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat',
  'copy_file_range,sendfile,splice,io_uring_setup',
].join();
/** Longer than any write of a test; what is longer ends it. */
const LONGEST = 1 << 20;

/** Runs `node script directory ...` under strace. @returns what it did below the directory, and said */
export async function traced(script: string, directory: string, args: readonly string[]): Promise<Operation[]> {
  const trace = `${directory}.trace`;
  const command = ['-f', '--seccomp-bpf', '-xx', '-s', String(LONGEST), '-o', trace, '-e', `trace=${CALLS}`];
  const child = spawn('strace', [...command, process.execPath, '--no-warnings', script, directory, ...args], {
    // Files are to be written by system calls that strace sees.
    env: { ...process.env, UV_USE_IO_URING: '0', NODE_COMPILE_CACHE: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  child.stdout.resume();
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the writer ${script} ended with ${code}: ${complaint}`);
  const reader = new TraceReader(directory);
  for await (const line of createInterface({ input: createReadStream(trace, 'latin1') })) reader.line(line);
  return reader.operations();
}

/** An open file or directory of the writer. */
interface Handle {
  readonly path: string;
  readonly file: number | null;
  at: number;
  readonly appends: boolean;
}

interface Call {
  readonly name: string;
  readonly args: string;
  /** operations seen when it began: a sync promises nothing about later ones */
  readonly began: number;
}

/** Understands the lines of `strace -f -xx`. */
export class TraceReader {
  readonly #root: string;
  readonly #operations: Operation[] = [];
  readonly #handles = new Map<number, Handle>();
  /** file by path, as the writer sees it */
  readonly #files = new Map<string, number>();
  readonly #begun = new Map<string, Call>();
  #count = 0;

  constructor(root: string) {
    this.#root = root;
  }

  operations(): Operation[] {
    return this.#operations;
  }

  line(line: string): void {
    const [, pid = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. (\w+) resumed>(.*)\) += (-?\d+|0x[\da-f]+|\?)/.exec(text);
    if (resumed) {
      const call = this.#begun.get(pid);
      if (!call || call.name !== resumed[1]) throw new Error(`strace resumes what never began: ${text}`);
      this.#begun.delete(pid);
      if (call.name !== 'close') this.#ended({ ...call, args: call.args + resumed[2] }, resumed[3]!);
      return;
    }
    const begun = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(text);
    if (begun) {
      // Another thread may get the same number before it has returned.
      if (begun[1] === 'close') this.#handles.delete(Number(begun[2]));
      this.#begun.set(pid, { name: begun[1]!, args: begun[2]!, began: this.#operations.length });
      return;
    }
    const whole = /^(\w+)\((.*)\) += (-?\d+|0x[\da-f]+|\?)/.exec(text);
    if (whole) this.#ended({ name: whole[1]!, args: whole[2]!, began: this.#operations.length }, whole[3]!);
    else if (/^\w+\(/.test(text)) throw new Error(`a line of strace that is not understood: ${text.slice(0, 200)}`);
  }

  #ended({ name, args, began }: Call, result: string): void {
    if (result.startsWith('-') || result === '?') return;
    const value = Number(result);
    const strings = [...args.matchAll(/"((?:\\x[\da-f]{2})*)"(\.\.\.)?/g)];
    const numbers = args.replaceAll(/"[^"]*"(\.\.\.)?/g, '""').split(', ');
    const handle = this.#handles.get(Number(numbers[0]));
    switch (name) {
      case 'open':
      case 'openat':
      case 'creat':
        this.#opened(this.#path(numbers, strings, 0), name === 'creat' ? 'O_CREAT|O_TRUNC' : args, value);
        break;
      case 'close':
        this.#handles.delete(Number(numbers[0]));
        break;
      case 'write':
      case 'pwrite64': {
        const said = numbers[0] === '1' && name === 'write';
        if (!handle && !said) return;
        const [, hex = '', more] = strings[0] ?? [];
        if (more !== undefined) throw new Error(`a write is longer than ${LONGEST} bytes`);
        const bytes = Buffer.from(hex.replaceAll('\\x', ''), 'hex').subarray(0, value);
        if (said) this.#operations.push({ kind: 'said', text: bytes.toString() });
        else this.#written(handle!, bytes, name === 'write' ? null : Number(numbers[3]));
        break;
      }
      case 'fsync':
      case 'fdatasync':
        if (handle === undefined) return;
        if (handle.file === null) this.#operations.push({ kind: 'sync-directory', path: handle.path, began });
        else this.#operations.push({ kind: 'sync-file', file: handle.file, began });
        break;
      case 'ftruncate':
        if (handle) this.#truncated(handle.file, Number(numbers[1]));
        break;
      case 'rename':
        this.#renamed(decoded(strings[0]), decoded(strings[1]));
        break;
      case 'link':
        this.#linked(decoded(strings[0]), decoded(strings[1]));
        break;
      case 'unlink':
      case 'rmdir':
      case 'unlinkat':
        this.#removed(this.#path(numbers, strings, 0));
        break;
      case 'mkdir':
      case 'mkdirat': {
        const path = this.#path(numbers, strings, 0);
        if (this.#below(path)) this.#operations.push({ kind: 'directory', path });
        break;
      }
      case 'lseek':
        if (handle) handle.at = value;
        break;
      case 'mmap':
        this.#mapped(args);
        break;
      case 'io_uring_setup':
        // The other kind only waits for events.
        if (args.includes('IORING_SETUP_SQPOLL'))
          throw new Error('the writer wrote through io_uring, unseen by strace');
        break;
      default:
        this.#foreign(name, numbers, strings);
    }
  }

  #opened(path: string, flags: string, handle: number): void {
    this.#handles.delete(handle);
    if (path !== this.#root && !this.#below(path)) return;
    if (flags.includes('O_TMPFILE')) throw new Error(`a file without a name in ${path}`);
    let file = this.#files.get(path) ?? null;
    if (file === null && flags.includes('O_CREAT')) {
      file = this.#count++;
      this.#files.set(path, file);
      this.#operations.push({ kind: 'create', path, file });
    } else if (flags.includes('O_TRUNC')) this.#truncated(file, 0);
    this.#handles.set(handle, { path, file, at: 0, appends: flags.includes('O_APPEND') });
  }

  #written(handle: Handle, bytes: Buffer, offset: number | null): void {
    if (handle.file === null) throw new Error(`a write to ${handle.path}, which is no file`);
    if (handle.appends) throw new Error(`${handle.path} is open for appending, which is not understood here`);
    this.#operations.push({ kind: 'write', file: handle.file, offset: offset ?? handle.at, bytes });
    if (offset === null) handle.at += bytes.length;
  }

  #truncated(file: number | null, length: number): void {
    if (file !== null) this.#operations.push({ kind: 'truncate', file, length });
  }

  #renamed(from: string, to: string): void {
    if (!this.#below(from) && !this.#below(to)) return;
    const file = this.#files.get(from);
    if (file === undefined || dirname(from) !== dirname(to)) throw new Error(`${from} becomes ${to}: not understood`);
    this.#files.delete(from);
    this.#files.set(to, file);
    this.#operations.push({ kind: 'rename', from, to, file });
  }

  #linked(from: string, to: string): void {
    if (!this.#below(from) && !this.#below(to)) return;
    const file = this.#files.get(from);
    if (file === undefined) throw new Error(`${to} becomes a name of ${from}: not understood`);
    this.#files.set(to, file);
    this.#operations.push({ kind: 'link', path: to, file });
  }

  #removed(path: string): void {
    if (!this.#below(path)) return;
    this.#files.delete(path);
    this.#operations.push({ kind: 'remove', path });
  }

  /** Only the index of SQLite's write-ahead file, which is memory, may be written to without a system call. */
  #mapped(args: string): void {
    const [, , access = '', flags = '', file = ''] = args.split(', ');
    const handle = this.#handles.get(Number(file));
    if (!handle || !access.includes('PROT_WRITE') || !flags.includes('MAP_SHARED') || handle.path.endsWith('-shm'))
      return;
    throw new Error(`${handle.path} is written to through memory`);
  }

  #foreign(name: string, numbers: readonly string[], strings: readonly RegExpExecArray[]): void {
    const ours =
      numbers.some((number) => this.#handles.has(Number.parseInt(number, 10))) ||
      strings.some((string) => this.#below(decoded(string)));
    if (ours) throw new Error(`the writer used ${name}, which is not understood here`);
  }

  #path(numbers: readonly string[], strings: readonly RegExpExecArray[], which: number): string {
    const path = decoded(strings[which]);
    if (path.startsWith('/')) return path;
    const folder = this.#handles.get(Number(numbers[0]));
    return folder ? `${folder.path}/${path}` : path;
  }

  #below(path: string): boolean {
    return path.startsWith(`${this.#root}/`);
  }
}

const decoded = (string: readonly (string | undefined)[] | undefined): string =>
  Buffer.from((string?.[1] ?? '').replaceAll('\\x', ''), 'hex').toString();
