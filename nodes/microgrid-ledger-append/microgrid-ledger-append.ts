// Appends records to the ledger and answers with the index once the record is durable. What comes unsigned is signed with
// the key of the member chosen in the dialog. A clearing closes its block: header and checkpoint follow at once.
import { randomBytes } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { REFUSAL_CODES } from '../../src/ledger/judge.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { makeRecord, readRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { FormatError } from '../../src/log/errors.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, type Outputs, Refusal } from '../shared/define-node.ts';
import { type Payload, readPayload } from '../shared/messages.ts';
import { onLedger } from '../shared/on-ledger.ts';
import { requireGateDue, requireNotAhead } from '../shared/plausible.ts';
import { contradiction, draftOf, type RecordablePayload, type RulesVersion } from '../shared/records.ts';
import { degraded, idle, working } from '../shared/status.ts';
import { clearingFault, settlementFault } from './recompute.ts';

/** Labels of a block's records that a message carries at most. */
const LABELS = 200;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-ledger-append',
    config: v.object({ ledger: nodeId(), member: nodeId() }),
    refusedOutput: 1,
    create({ node, config, status, run }) {
      const service = apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const member = config.member === '' ? null : apiOf<Member>(RED, config.member, 'member');
      const { community } = service;
      status(idle('nothing recorded yet'));
      // A ledger that does not open is said here at once, not with the first record.
      run(() => service.open().then(() => {}));

      const signed = (payload: RecordablePayload, rules: RulesVersion): SignedRecord => {
        if (payload.record) {
          const fault = faultOf(payload, payload.record, rules);
          if (fault) throw new Refusal(fault.code, fault.text, payload);
          return payload.record;
        }
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
        // Energy of an epoch that was reset would take the place of what is measured later.
        if (payload.type === 'meter' || payload.type === 'correction' || payload.type === 'battery') {
          requireNotAhead(community, payload.interval, payload.type);
        }
        const { kind, interval, fields } = draftOf(payload, rules);
        const time = new Date(community.clock.now()).toISOString();
        const head = { ledger: community.ledgerOrigin, member: member.id, kind, interval, time };
        return makeRecord(member.keys.record, head, fields, randomBytes);
      };

      const append = async (
        ledger: Ledger,
        payload: RecordablePayload,
        record: SignedRecord,
        message: Message,
        send: (outputs: Outputs) => void,
      ) => {
        const result =
          payload.type === 'settlement'
            ? await ledger.appendChecked(record, 'wrong-settlement', () => settlementFault(ledger, payload))
            : (await ledger.append([record]))[0];
        if (!result) throw new Error('the ledger gave no answer; look at its log');
        if (!result.ok) {
          const { code, text } = result.refusal;
          // After a restart a meter tells its last intervals again, in case they were lost. What is recorded stays.
          throw new Refusal(code, text, payload, code === 'already-recorded' ? `${payload.type} known already` : null);
        }
        const receipt = { id: result.id, index: result.index, duplicate: result.duplicate };
        status(working(`record ${result.index}`));
        send([{ ...message, payload: { ...payload, record: bytesOf(record), receipt } }]);
      };

      /** Prices of the exchange, each a record of its interval. What is recorded stays: the first price of an interval counts. */
      const appendPrices = async (
        ledger: Ledger,
        { intervals }: Payload<'prices'>,
        message: Message,
        send: (outputs: Outputs) => void,
      ) => {
        const open = intervals.filter(
          ({ interval }) => ledger.records({ kind: 'price', interval, limit: 1 }).length === 0,
        );
        const { version } = ledger.state.rules;
        const records = open.map(({ interval, price }) => signed({ type: 'price', interval, price }, version));
        const results = await ledger.append(records);
        // Another message may have brought the same prices meanwhile.
        const refused = results.find((result) => !result.ok && result.refusal.code !== 'already-recorded');
        if (refused?.ok === false) throw new Refusal(refused.refusal.code, refused.refusal.text, message.payload);
        status(working(open.length === 0 ? 'prices known already' : `${open.length} prices`));
        send([{ ...message }]);
      };

      /** Clearing, header and checkpoint are one transaction: after a crash there is the whole block or none of it. */
      const seal = async (
        ledger: Ledger,
        payload: Payload<'clearing'>,
        record: SignedRecord,
        message: Message,
        send: (outputs: Outputs) => void,
      ) => {
        requireGateDue(community, payload.interval);
        const { id } = readRecord(record);
        const before = ledger.store.indexOf(id);
        if (before !== undefined) {
          // The same clearing once more: it is under a header already, and an empty block would say nothing.
          const receipt = { id, index: before, duplicate: true };
          status(degraded('clearing known already'));
          send([{ ...message, payload: { ...payload, record: bytesOf(record), receipt } }]);
          return;
        }
        const { cleared } = ledger.state;
        // What is cleared already, the ledger itself refuses as late.
        if (cleared === null || cleared < payload.interval) {
          const fault = clearingFault(ledger, await ledger.closeGate(payload.interval), payload);
          if (fault) throw new Refusal('wrong-clearing', fault, payload);
        }
        const block = await ledger.seal({ interval: payload.interval, records: [record] }).catch((problem) => {
          throw problem instanceof FormatError ? new Refusal(problem.code, problem.message, payload) : problem;
        });
        status(working(`block ${block.height}, ${block.count} rec.`));
        const receipt = { id, index: block.first + block.count - 1, duplicate: false };
        const records = ledger
          .records({ from: block.first, limit: Math.min(block.count, LABELS) })
          .map(({ head }) => (head.member === service.operator.id ? head.kind : `${head.kind} ${head.member}`));
        if (ledger.exportFault)
          node.warn(`block ${block.height} is sealed, but its export failed: ${ledger.exportFault}`);
        send([
          { ...message, payload: { ...payload, record: bytesOf(record), receipt, block } },
          null,
          { ...message, payload: { type: 'block', state: 'sealed', ...block, records } },
        ]);
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
            'correction',
            'price',
            'prices',
            'note',
            'cancel',
          );
          if (payload.type === 'prices') {
            return onLedger(service, { type: 'price' }, (ledger) => appendPrices(ledger, payload, message, send));
          }
          return onLedger(service, payload, (ledger) => {
            const record = signed(payload, ledger.state.rules.version);
            if (payload.type === 'clearing') return seal(ledger, payload, record, message, send);
            return append(ledger, payload, record, message, send);
          });
        },
      };
    },
  });
}

/** What is wrong with a record that came signed, or between it and the message that carries it. */
function faultOf(
  payload: RecordablePayload,
  record: SignedRecord,
  rules: RulesVersion,
): { code: string; text: string } | null {
  try {
    const text = contradiction(payload, readRecord(record), rules);
    return text === null ? null : { code: 'contradiction', text: `${text}; sign again what has changed` };
  } catch (problem) {
    if (!(problem instanceof FormatError)) throw problem;
    const code = REFUSAL_CODES.find((known) => known === problem.code) ?? 'malformed';
    return { code, text: problem.message };
  }
}

function bytesOf({ note, body }: SignedRecord): SignedRecord {
  return { note, body };
}
