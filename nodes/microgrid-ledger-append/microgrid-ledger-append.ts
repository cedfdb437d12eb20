// Appends records to the ledger and answers with the index once the record is durable. What comes unsigned is signed with
// the key of the member chosen in the dialog. A clearing closes its block: header and checkpoint follow at once.
import { randomBytes } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { makeRecord, type SignedRecord } from '../../src/ledger/record.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, Refusal } from '../shared/define-node.ts';
import { readPayload } from '../shared/messages.ts';
import { draftOf, type RecordablePayload } from '../shared/records.ts';
import { idle, working } from '../shared/status.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-ledger-append',
    config: v.object({ ledger: nodeId(), member: nodeId() }),
    refusedOutput: 1,
    create({ config, status }) {
      const service = apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const member = config.member === '' ? null : apiOf<Member>(RED, config.member, 'member');
      const { community } = service;
      status(idle('nothing recorded yet'));

      const signed = (payload: RecordablePayload): SignedRecord => {
        if (payload.record) return payload.record;
        if (!member) {
          throw new Refusal(
            'unsigned',
            `the ${payload.type} is not signed; choose in this node whose key shall sign it`,
            payload,
          );
        }
        const author = 'member' in payload ? payload.member : undefined;
        if (author !== undefined && author !== member.id) {
          const text = `the ${payload.type} is of ${author}, but this node signs for ${member.id}`;
          throw new Refusal('wrong-member', text, payload);
        }
        const { kind, interval, fields } = draftOf(payload);
        const time = new Date(community.clock.now()).toISOString();
        const head = { ledger: community.ledgerOrigin, member: member.id, kind, interval, time };
        return makeRecord(member.keys.record, head, fields, randomBytes);
      };

      return {
        async input(message, send) {
          const payload = readPayload(
            message.payload,
            'order',
            'meter',
            'battery',
            'clearing',
            'settlement',
            'note',
            'cancel',
          );
          const ledger = await service.open();
          const record = signed(payload);
          const result = (await ledger.append([record]))[0];
          if (!result) throw new Error('the ledger gave no answer; look at its log');
          if (!result.ok) throw new Refusal(result.refusal.code, result.refusal.text, payload);
          const receipt = { id: result.id, index: result.index, duplicate: result.duplicate };
          const recorded = { ...payload, record: { note: record.note, body: record.body }, receipt };
          if (payload.type !== 'clearing') {
            status(working(`record ${result.index}`));
            send([{ ...message, payload: recorded }]);
            return;
          }
          const block = await ledger.seal({ interval: payload.interval });
          status(working(`block ${block.height}, ${block.count} rec.`));
          const sealed: Message = { ...message, payload: { type: 'block', state: 'sealed', ...block } };
          send([{ ...message, payload: { ...recorded, block } }, null, sealed]);
        },
      };
    },
  });
}
