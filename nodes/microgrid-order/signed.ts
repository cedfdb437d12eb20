// From bids to the messages that leave an order node: signed with the member's key, so that they can be recorded as they are.
import { randomBytes } from 'node:crypto';
import { makeRecord } from '../../src/ledger/record.ts';
import type { Bid } from '../../src/market/bidding.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import type { Message } from '../shared/define-node.ts';
import type { Payload } from '../shared/messages.ts';
import { draftOf } from '../shared/records.ts';
import type { Preferences } from './settings.ts';

export function orderMessage(
  member: Member,
  interval: string,
  { side, wh, limit, reason }: Bid,
  preferences: Preferences,
): Message & { payload: Payload<'order'> & { id: string } } {
  const order = { type: 'order' as const, member: member.id, interval, side, wh, limit, ...preferences };
  const { id, note, body } = sign(member, order);
  const { code, text, numbers = {} } = reason;
  return {
    topic: member.id,
    payload: { ...order, id, reason: { code, text, numbers: { ...numbers } }, record: { note, body } },
  };
}

export function cancelMessage(member: Member, interval: string, order: string): Message {
  const cancel = { type: 'cancel' as const, member: member.id, interval, order };
  const { note, body } = sign(member, cancel);
  return { topic: member.id, payload: { ...cancel, record: { note, body } } };
}

function sign({ id, keys, community }: Member, payload: Payload<'order'> | Payload<'cancel'>) {
  // The ledger's rules have a say in clearings only.
  const { kind, interval, fields } = draftOf(payload, 'rules/1');
  const time = new Date(community.clock.now()).toISOString();
  return makeRecord(
    keys.record,
    { ledger: community.ledgerOrigin, member: id, kind, interval, time },
    fields,
    randomBytes,
  );
}
