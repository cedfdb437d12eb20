// The worker of the page: the audit runs here, so that the page stays awake. It has no network and no disk, only the files that it is handed.
import '../standin/globals.ts';
import { Problem } from './problem.ts';
import type { Reply, Request } from './protocol.ts';
import { Session } from './session.ts';

/** Of a worker's global scope, what is used. */
interface Port {
  onmessage: ((event: { readonly data: Request }) => void) | null;
  postMessage(reply: Reply): void;
}

const PROGRESS_EVERY_MS = 100;
const port = globalThis as unknown as Port;
const session = new Session();

port.onmessage = ({ data }) => {
  answer(data).then(
    (reply) => port.postMessage(reply),
    (error: unknown) => port.postMessage({ type: 'problem', text: textOf(error) }),
  );
};

async function answer(request: Request): Promise<Reply> {
  if (request.type === 'block') return { type: 'block', block: await session.block(request.height, request.from) };
  if (request.type === 'record') return { type: 'record', record: await session.record(request.leaf) };
  let last = 0;
  const progress = (done: number, size: number) => {
    const now = performance.now();
    if (now - last < PROGRESS_EVERY_MS) return;
    last = now;
    port.postMessage({ type: 'progress', done, size });
  };
  return { type: 'answer', answer: await session.check(request.files, request.keys, progress) };
}

function textOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  return `The check failed: ${error instanceof Error ? error.message : String(error)}.`;
}
