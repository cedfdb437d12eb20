// Speaks with the worker that checks: one at a time, made anew for each check, ended to cancel.
import type { Answer, BlockView, DroppedFile, RecordView, Reply, Request } from '../worker/protocol.ts';

export interface Watcher {
  progress(done: number, size: number): void;
}

export class Checker {
  readonly #source: Blob;
  #worker: Worker | null = null;
  /** Answers come in the order of the questions. */
  #waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void }[] = [];
  #watcher: Watcher | null = null;

  /** @param source of the worker */
  constructor(source: string) {
    this.#source = new Blob([source], { type: 'text/javascript' });
  }

  /** @throws Error with one sentence where it cannot be checked */
  async check(files: readonly DroppedFile[], keys: string, watcher: Watcher): Promise<Answer> {
    this.cancel();
    const url = URL.createObjectURL(this.#source);
    const worker = new Worker(url);
    this.#worker = worker;
    this.#watcher = watcher;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#hear(data);
    worker.onerror = (event) => this.#fail(`The check failed: ${event.message}.`);
    try {
      const reply = await this.#ask({ type: 'check', files, keys });
      if (reply.type !== 'answer') throw new Error('The check gave no answer.');
      return reply.answer;
    } finally {
      URL.revokeObjectURL(url);
    }
  }

  async block(height: number, from = 0): Promise<BlockView> {
    const reply = await this.#ask({ type: 'block', height, from });
    if (reply.type !== 'block') throw new Error('The block cannot be opened.');
    return reply.block;
  }

  async record(leaf: number): Promise<RecordView> {
    const reply = await this.#ask({ type: 'record', leaf });
    if (reply.type !== 'record') throw new Error('The record cannot be opened.');
    return reply.record;
  }

  /** Ends what is under way, and forgets the ledger. */
  cancel(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#fail('Cancelled.');
  }

  #ask(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker?.postMessage(request);
    });
  }

  #hear(reply: Reply): void {
    if (reply.type === 'progress') {
      this.#watcher?.progress(reply.done, reply.size);
      return;
    }
    const waiting = this.#waiting.shift();
    if (reply.type === 'problem') waiting?.reject(new Error(reply.text));
    else waiting?.resolve(reply);
  }

  #fail(text: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(text));
  }
}
