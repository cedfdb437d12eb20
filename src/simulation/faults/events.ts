// What is going to happen, in the order of time: a binary heap. What is due at the same moment happens in the order in which it was planned.

export interface Due {
  /** Unix ms of the world's clock. */
  readonly time: number;
  readonly run: () => void | Promise<void>;
}

interface Planned extends Due {
  readonly number: number;
}

export class Events {
  readonly #heap: Planned[] = [];
  #planned = 0;

  get length(): number {
    return this.#heap.length;
  }

  at(time: number, run: Due['run']): void {
    const heap = this.#heap;
    let at = heap.push({ time, run, number: this.#planned++ }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  /** Takes the next one out. */
  next(): Due | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
      }
      if (least === at) return first;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.time < b.time || (a.time === b.time && a.number < b.number);
}
