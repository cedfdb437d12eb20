import { strict as assert } from 'node:assert';
import { WorkQueue } from '../../src/ledger/work-queue.ts';

/** A queue that answers each number with its position, and remembers what happened when. */
function numbered(delays: readonly number[] = []) {
  const events: string[] = [];
  let position = 0;
  let prepared = 0;
  const queue = new WorkQueue<number, number, readonly number[]>(
    async (records) => {
      const turn = prepared++;
      events.push(`prepare ${turn}`);
      await new Promise((resolve) => setTimeout(resolve, delays[turn] ?? 0));
      if (records.includes(-1)) throw new Error('cannot be prepared');
      return records;
    },
    (records) => {
      if (records.includes(-2)) throw new Error('the disk is full');
      events.push(`commit ${records.length}`);
      return records.map(() => position++);
    },
  );
  return { queue, events };
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('ledger/work-queue', () => {
  it('commits together what arrives in one turn, and answers each in its order', async () => {
    const { queue, events } = numbered();
    const answers = await Promise.all([queue.add([1, 2]), queue.add([]), queue.add([3])]);
    assert.deepEqual(answers, [[0, 1], [], [2]]);
    assert.deepEqual(events, ['prepare 0', 'commit 3']);
  });

  it('cuts a large batch into commits, and prepares one while the one before is committed', async () => {
    const { queue, events } = numbered();
    const [many, one] = await Promise.all([queue.add(numbers(600)), queue.add([7])]);
    assert.deepEqual(many, numbers(600));
    assert.deepEqual(one, [600]);
    assert.deepEqual(events, ['prepare 0', 'prepare 1', 'commit 256', 'prepare 2', 'commit 256', 'commit 89']);
  });

  it('keeps the order, however long preparing takes, and a task its place', async () => {
    const { queue, events } = numbered([20, 0, 0]);
    const first = queue.add([1]);
    const task = queue.run(() => events.push('task'));
    const second = queue.add([2]);
    assert.deepEqual(await Promise.all([first, second]), [[0], [1]]);
    await task;
    assert.deepEqual(events, ['prepare 0', 'commit 1', 'task', 'prepare 1', 'commit 1']);
  });

  it('tells a task its own failure and goes on', async () => {
    const { queue } = numbered();
    await assert.rejects(
      queue.run(() => {
        throw new Error('not today');
      }),
      /not today/,
    );
    assert.deepEqual(await queue.add([1]), [0]);
  });

  for (const [what, bad, reason] of [
    ['preparing', -1, /cannot be prepared/],
    ['a commit', -2, /the disk is full/],
  ] as const) {
    it(`is over for all that waits and comes after ${what} failed`, async () => {
      const { queue } = numbered();
      const waiting = [queue.add([...numbers(300), bad]), queue.add([1]), queue.run(() => 1)];
      for (const outcome of await Promise.allSettled(waiting)) {
        assert.equal(outcome.status, 'rejected');
        assert.match(String(outcome.reason), reason);
      }
      await assert.rejects(queue.add([1]), reason);
    });
  }

  it('finishes what was added when it is closed, and takes nothing more', async () => {
    const { queue, events } = numbered();
    const added = queue.add([1]);
    await queue.close(() => {
      events.push('last');
    });
    assert.deepEqual(await added, [0]);
    assert.equal(events.at(-1), 'last');
    await assert.rejects(queue.add([1]), /the ledger is closed/);
  });
});
