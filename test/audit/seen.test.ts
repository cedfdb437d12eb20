import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { SeenBits } from '../../src/audit/seen.ts';
import { INTERVAL_MS, intervalAt } from '../../src/time/interval.ts';

describe('records seen', () => {
  it('are what was added, like in a set', () => {
    const entry = fc.record({
      kind: fc.constantFrom('meter', 'battery', 'settlement'),
      member: fc.constantFrom('', 'home-1', 'home-2'),
      number: fc.oneof(fc.integer({ min: 0, max: 3_000_000 }), fc.integer({ min: 1_700_000, max: 1_702_100 })),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 60 }), (entries) => {
        const bits = new SeenBits();
        const set = new Set<string>();
        for (const { kind, member, number } of entries) {
          const interval = intervalAt(number * INTERVAL_MS);
          const key = `${kind} ${member} ${interval}`;
          assert.equal(bits.has(kind, member, interval), set.has(key));
          bits.add(kind, member, interval);
          set.add(key);
          assert.ok(bits.has(kind, member, interval));
        }
      }),
    );
  });
});
