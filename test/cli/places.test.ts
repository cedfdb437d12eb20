import assert from 'node:assert/strict';
import { placesByMember } from '../../src/cli/places.ts';

describe('places of members', () => {
  const row = { member: 'a', feeder: 'f', substation: 's' };

  it('stand by member', () => assert.deepEqual([...placesByMember([row])], [['a', { feeder: 'f', substation: 's' }]]));

  it('no member twice', () => {
    assert.throws(() => placesByMember([row, row]), {
      name: 'InputError',
      message: 'places[1].member "a" stands twice',
    });
  });
});
