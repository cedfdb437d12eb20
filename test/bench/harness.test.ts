import assert from 'node:assert/strict';
import { measure, reaches, spread } from '../../bench/harness.ts';

describe('bench harness', () => {
  it('takes medians', () => {
    assert.deepEqual(spread([5, 1, 3]), { median: 3, min: 1, max: 5 });
    assert.deepEqual(spread([4, 1, 3, 9]), { median: 3.5, min: 1, max: 9 });
  });

  it('runs ours and the peer in turn, and counts only after warming up', async () => {
    const calls: string[] = [];
    const value = (name: string, list: number[]) => () => {
      calls.push(name);
      return list.shift();
    };
    const figure = await measure({
      name: 'f',
      unit: 'ms',
      runs: 5,
      warmUp: 1,
      ours: value('o', [99, 2, 2, 4, 2, 1]),
      against: { name: 'p', run: value('p', [99, 8, 8, 4, 8, 9]) },
      aim: { atMost: 0.25 },
    });
    assert.equal(calls.join(' '), 'p o o p p o o p p o o p');
    assert.deepEqual(figure, {
      name: 'f',
      unit: 'ms',
      median: 2,
      min: 1,
      max: 4,
      runs: 5,
      against: { name: 'p', median: 8, min: 4, max: 9 },
      ratio: 0.25,
      aim: { atMost: 0.25 },
    });
    assert.equal(reaches(figure), true);
    assert.equal(reaches({ ...figure, aim: { atLeast: 0.5 } }), false);
    assert.equal(reaches({ ...figure, aim: null }), null);
  });

  it('refuses fewer than five runs', async () => {
    await assert.rejects(measure({ name: 'f', unit: 'ms', runs: 4, ours: () => 1 }), /at least 5 runs/);
  });
});
