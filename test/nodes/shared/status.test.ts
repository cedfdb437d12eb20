// One vocabulary of statuses: each state has one colour and shape, and a text that fits under a node.
import assert from 'node:assert/strict';
import { degraded, failed, idle, working } from '../../../nodes/shared/status.ts';

describe('status', () => {
  it('has one look for each state', () => {
    assert.deepEqual(idle('a'), { fill: 'grey', shape: 'ring', text: 'a' });
    assert.deepEqual(working('a'), { fill: 'green', shape: 'dot', text: 'a' });
    assert.deepEqual(degraded('a'), { fill: 'yellow', shape: 'dot', text: 'a' });
    assert.deepEqual(failed('a'), { fill: 'red', shape: 'ring', text: 'a' });
  });

  it('is short', () => {
    assert.equal(failed('x'.repeat(32)).text, 'x'.repeat(32));
    assert.equal(failed('x'.repeat(33)).text, `${'x'.repeat(31)}…`);
  });
});
