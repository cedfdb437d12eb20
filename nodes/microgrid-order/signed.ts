// From bids to the messages that leave an order node: signed with the member's key, so that they can be recorded as they are.
import { randomBytes } from 'node:crypto';
import type { BodyFields } from '../../src/ledger/kinds.ts';
import { makeRecord } from '../../src/ledger/record.ts';
import type { Bid } from '../../src/market/bidding.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import type { Message } from '../shared/define-node.ts';
import type { Payload } from '../shared/messages.ts';
import type { Preferences } from './settings.ts';

export function orderMessage(
  member: Member,
  interval: string,
  { side, wh, limit, reason }: Bid,
  preferences: Preferences,
): Message & { payload: Payload<'order'> & { id: string } } {
  const record = sign(member, 'order', interval, { side, wh, limit });
  const { code, text, numbers = {} } = reason;
  return {
    topic: member.id,
    payload: {
      type: 'order',
      member: member.id,
      interval,
      side,
      wh,
      limit,
      id: record.id,
      reason: { code, text, numbers: { ...numbers } },
      ...preferences,
      record: { note: record.note, body: record.body },
    },
  };
}

export function cancelMessage(member: Member, interval: string, order: string): Message {
  const { note, body } = sign(member, 'cancel', interval, { order });
  const payload: Payload<'cancel'> = { type: 'cancel', member: member.id, interval, order, record: { note, body } };
  return { topic: member.id, payload };
}

function sign<Kind extends 'order' | 'cancel'>(
  { id, keys, community }: Member,
  kind: Kind,
  interval: string,
  fields: BodyFields<Kind>,
) {
  const time = new Date(community.clock.now()).toISOString();
  const head = { ledger: community.ledgerOrigin, member: id, kind, interval, time };
  return makeRecord(keys.record, head, fields, randomBytes);
}
