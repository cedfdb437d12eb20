// A Modbus TCP server in front of a line, for other programs where a device takes one client: their requests stand in the
// same queue as ours. Functions 3 and 4, and 6 and 16 where the owner allows writes. Answers of the device pass through,
// its exceptions too; 11 says that it did not answer, 10 that there is no connection to it.
import { createServer, type Server, type Socket } from 'node:net';
import { isWrite, type Request } from './link.ts';
import { encodeTcpFrame, type TcpFrame, TcpFrames } from './mbap.ts';
import { decodeRequest, encodeAnswer, encodeException } from './pdu.ts';
import { ModbusError, type ModbusPort } from './port.ts';

export interface ProxyOptions {
  readonly line: ModbusPort;
  /** Address to listen at; default 127.0.0.1, so that only programs on this machine get in. */
  readonly host?: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** Whether others may write; default no: exception 1. */
  readonly writes?: boolean;
}

export interface ModbusProxy {
  readonly host: string;
  readonly port: number;
  /** Programs that are connected now. */
  readonly clients: number;
  /** Requests that came in so far. */
  readonly requests: number;
  /** Ends all clients and frees the port. */
  close(): Promise<void>;
}

const MOST_CLIENTS = 16;
/** Requests of one client in the queue; while it has so many, it is not read from. */
const MOST_PENDING = 8;
/** A client that does not take its answers is ended. */
const MOST_UNREAD_BYTES = 65_536;

/** @throws Error with a sentence when it cannot listen there */
export async function openProxy(options: ProxyOptions): Promise<ModbusProxy> {
  const { line, host = '127.0.0.1', port, writes = false } = options;
  const clients = new Set<Client>();
  let requests = 0;
  const answer = (request: Request, signal: AbortSignal) => {
    requests++;
    return isWrite(request) && !writes ? Promise.reject(new ProxyException(1)) : ask(line, request, signal);
  };
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 }, (socket) => {
    if (clients.size >= MOST_CLIENTS) {
      socket.destroy();
      return;
    }
    const client = new Client(socket, answer, () => clients.delete(client));
    clients.add(client);
  });
  await listen(server, host, port);
  const address = server.address();
  return {
    host,
    port: typeof address === 'object' && address ? address.port : port,
    get clients() {
      return clients.size;
    },
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.end();
      }),
  };
}

class ProxyException extends Error {
  readonly exception: number;

  constructor(exception: number) {
    super(`exception ${exception}`);
    this.exception = exception;
  }
}

type Answer = (request: Request, signal: AbortSignal) => Promise<number[]>;

class Client {
  readonly #socket: Socket;
  readonly #answer: Answer;
  readonly #gone = new AbortController();
  readonly #frames = new TcpFrames();
  readonly #waiting: TcpFrame[] = [];
  #pending = 0;

  constructor(socket: Socket, answer: Answer, gone: () => void) {
    this.#socket = socket;
    this.#answer = answer;
    socket.on('error', () => {});
    socket.on('data', (piece: Buffer) => this.#receive(piece));
    socket.once('close', () => {
      this.#gone.abort();
      gone();
    });
  }

  end(): void {
    this.#socket.destroy();
  }

  #receive(piece: Buffer): void {
    try {
      this.#waiting.push(...this.#frames.push(piece));
    } catch {
      // There is no way back into step with someone who sent no Modbus.
      this.end();
      return;
    }
    this.#serve();
  }

  #serve(): void {
    while (this.#pending < MOST_PENDING) {
      const frame = this.#waiting.shift();
      if (!frame) break;
      this.#pending++;
      void this.#reply(frame).then(() => {
        this.#pending--;
        this.#serve();
      });
    }
    if (this.#waiting.length > 0) this.#socket.pause();
    else this.#socket.resume();
  }

  async #reply({ transaction, unit, pdu }: TcpFrame): Promise<void> {
    const asked = decodeRequest(unit, pdu);
    let reply: Buffer;
    try {
      if ('exception' in asked) throw new ProxyException(asked.exception);
      reply = encodeAnswer(asked.request, await this.#answer(asked.request, this.#gone.signal));
    } catch (error) {
      reply = encodeException(pdu[0] ?? 0, exceptionOf(error));
    }
    if (this.#socket.destroyed) return;
    this.#socket.write(encodeTcpFrame(transaction, unit, reply));
    if (this.#socket.writableLength > MOST_UNREAD_BYTES) this.end();
  }
}

async function ask(line: ModbusPort, request: Request, signal: AbortSignal): Promise<number[]> {
  const { kind, unit, address, count, values } = request;
  if (kind === 'holding') return line.readHolding(unit, address, count, signal);
  if (kind === 'input') return line.readInput(unit, address, count, signal);
  if (kind === 'write') await line.writeRegisters(unit, address, values, signal);
  else await line.writeRegister(unit, address, values[0] ?? 0, signal);
  return [];
}

/** The exception that tells a client what happened, section 7 of the specification. */
function exceptionOf(error: unknown): number {
  if (error instanceof ProxyException) return error.exception;
  if (!(error instanceof ModbusError)) return 10;
  const own = /^exception-(\d+)$/.exec(error.code);
  if (own) return Number(own[1]);
  return error.code === 'refused' || error.code === 'closed' ? 10 : 11;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = `${host}:${port}`;
      const reasons: Record<string, string> = {
        EADDRINUSE: `${place} is already in use; choose another port for the proxy`,
        EACCES: `ports below 1024 are reserved on this machine; choose a higher one than ${port} for the proxy`,
        EADDRNOTAVAIL: `${host} is no address of this machine; choose another for the proxy`,
      };
      reject(new Error(reasons[error.code ?? ''] ?? `the proxy cannot listen at ${place}: ${error.message}`));
    });
    server.listen(port, host, resolve);
  });
}
