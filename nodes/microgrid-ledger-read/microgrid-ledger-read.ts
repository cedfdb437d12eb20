// Reads the ledger: records by member, kind or interval, blocks, or the proof that one record is under a signed checkpoint.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { RECORD_KINDS, type RecordKind } from '../../src/ledger/kinds.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { RecordQuery } from '../../src/ledger/views.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { choice, nodeId, optionalText, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode } from '../shared/define-node.ts';
import { integer, interval, memberId, sentenceOf } from '../shared/messages.ts';
import { idle, working } from '../shared/status.ts';

const MOST = 1000;
const WHAT = ['records', 'blocks', 'proof'] as const;

const kind = v.picklist(
  RECORD_KINDS as readonly [RecordKind, ...RecordKind[]],
  `kind must be one of ${RECORD_KINDS.join(', ')}`,
);

const question = v.object({
  what: v.optional(v.picklist(WHAT, `what must be one of ${WHAT.join(', ')}`)),
  member: v.optional(memberId),
  kind: v.optional(kind),
  interval: v.optional(interval),
  limit: v.optional(v.pipe(integer('limit', 1), v.maxValue(MOST, `limit must be at most ${MOST}`))),
  /** For records: first index; for blocks: first height. Without it, the newest come first. */
  from: v.optional(integer('from', 0)),
  /** For a proof: the leaf, by index. */
  leaf: v.optional(integer('leaf', 0)),
});

type Question = v.InferOutput<typeof question>;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-ledger-read',
    config: v.object({
      ledger: nodeId(),
      what: choice('what to read', WHAT),
      member: optionalText('the member'),
      kind: optionalText('the kind'),
      interval: optionalText('the interval'),
      limit: whole('the limit', 1, MOST),
    }),
    create({ config, status, run }) {
      const service = apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const fixed = Object.fromEntries(
        (['member', 'kind', 'interval'] as const)
          .filter((name) => config[name] !== '')
          .map((name) => [name, config[name]]),
      );
      const standing = ask({ what: config.what, limit: config.limit, ...fixed });
      status(idle('nothing read yet'));
      // A ledger that does not open is said here at once, not with the first question.
      run(() => service.open().then(() => {}));

      return {
        async input(message, send) {
          const asked = { ...standing, ...(isPlain(message.payload) ? ask(message.payload) : {}) };
          const ledger = await service.open();
          const payload = answer(ledger, asked);
          status(
            working(
              'records' in payload
                ? `${payload.records.length} records`
                : 'blocks' in payload
                  ? `${payload.blocks.length} blocks`
                  : `leaf ${payload.leaf}`,
            ),
          );
          send([{ ...message, payload }]);
        },
      };
    },
  });
}

function answer(ledger: Ledger, asked: Question) {
  const { what = 'records', limit = 20, from, leaf } = asked;
  const page = { limit, newestFirst: from === undefined, ...(from === undefined ? {} : { from }) };
  if (what === 'blocks') return { type: 'blocks', blocks: ledger.blocks(page) };
  if (what === 'records') return { type: 'records', records: ledger.records({ ...page, ...filter(asked) }) };
  const index = leaf ?? newestSealed(ledger, asked);
  const stored = index === undefined ? undefined : ledger.leaf(index);
  if (index === undefined || !stored) {
    const what = leaf === undefined ? 'no sealed record that fits' : `no leaf ${leaf}`;
    throw new Error(`the ledger has ${what}; it has ${ledger.size} leaves, counted from 0`);
  }
  const proof = ledger.proof(index);
  return {
    type: 'proof',
    leaf: index,
    size: proof.size,
    root: Buffer.from(proof.root, 'hex').toString('base64'),
    path: proof.hashes.map((hash) => Buffer.from(hash, 'hex').toString('base64')),
    checkpoint: proof.checkpoint,
    record: { note: stored.note, body: stored.body },
  };
}

/** The newest record that fits and lies under a checkpoint: for a later one there is no proof yet. */
function newestSealed(ledger: Ledger, asked: Question): number | undefined {
  const sealed = ledger.blocks({ limit: 1 })[0]?.size ?? 0;
  return ledger.records({ ...filter(asked), from: sealed - 1, limit: 1, newestFirst: true })[0]?.index;
}

function filter({ member, kind, interval }: Question): Pick<RecordQuery, 'member' | 'kind' | 'interval'> {
  return {
    ...(member === undefined ? {} : { member }),
    ...(kind === undefined ? {} : { kind }),
    ...(interval === undefined ? {} : { interval }),
  };
}

function ask(value: unknown): Question {
  const result = v.safeParse(question, value);
  if (!result.success) throw new Error(`the question to the ledger is malformed: ${sentenceOf(result.issues)}`);
  return result.output;
}

/** An inject's time stamp or any other value that is no question asks what the dialog says. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
