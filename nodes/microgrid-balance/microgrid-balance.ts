// Who owes whom: books settlements, turns the balances into the fewest payments, writes the files for the banks, and makes a
// record of each payment that is confirmed. What is owed and what is open survives a restart. Bank accounts are kept with the
// credentials and leave this node in bank files only.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { parseBankAccounts } from '../../src/settlement/payments/bank-accounts.ts';
import { type Closing, type Due, EXTERNALS, PaymentBook } from '../../src/settlement/payments/book.ts';
import { centsText } from '../../src/settlement/payments/cents.ts';
import { holdsIban } from '../../src/settlement/payments/iban.ts';
import type { Community } from '../microgrid-community/community.ts';
import { choice, nodeId, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, Refusal } from '../shared/define-node.ts';
import { integer, interval, type Payload, readPayload } from '../shared/messages.ts';
import { requireNotAhead } from '../shared/plausible.ts';
import { stateFile } from '../shared/state-file.ts';
import { degraded, idle, working } from '../shared/status.ts';
import { bankFiles } from './bank-files.ts';

const DAY_MS = 86_400_000;

const config = v.object({
  community: nodeId(),
  externals: choice('the other accounts', EXTERNALS),
  executionDays: whole('the days until payments are due', 0, 365),
});

const nano = v.pipe(v.string(), v.regex(/^-?\d{1,40}$/));
const ranges = v.array(v.tuple([interval, interval]));
const payment = { id: v.string(), from: v.string(), to: v.string(), cents: integer('cents', 1) };
const stateSchema = v.object({
  epoch: v.number(),
  at: v.number(),
  balances: v.record(v.string(), nano),
  booked: ranges,
  since: ranges,
  corrections: v.optional(v.record(v.string(), integer('corrections', 1)), {}),
  closings: integer('closings', 0),
  open: v.array(v.object(payment)),
  settled: v.array(v.object({ ...payment, on: v.string() })),
});

/** Communities whose accounts are kept: two nodes would overwrite each other's. */
const kept = new Set<string>();

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-balance',
    config,
    credentials: ['accounts'],
    refusedOutput: 1,
    create({ config: { community: id, externals, executionDays }, credentials, directory, node, status }) {
      const community = apiOf<Community>(RED, id, 'community');
      const { origin, currency } = community.rules;
      const accounts = parseBankAccounts(credentials['accounts'] ?? '');
      if (kept.has(origin)) {
        throw new Error(
          `another balance node keeps the accounts of ${origin} already; wire its settlements to that one`,
        );
      }
      const memory = stateFile(directory, 'balances', [origin], stateSchema, (sentence) => node.warn(sentence));
      const remembered = () => {
        const last = memory.read();
        if (last?.epoch !== community.epoch || !community.continues(last.at)) return new PaymentBook();
        const { epoch: _epoch, at: _at, ...state } = last;
        return new PaymentBook(state);
      };
      let book = remembered();
      const save = () => memory.write({ epoch: community.epoch, at: community.clock.now(), ...jsonOf(book) });
      const reset = () => {
        book = new PaymentBook();
        status(idle('nothing booked yet'));
      };
      community.on('reset', reset);
      status(book.open.length > 0 ? working(`${book.open.length} payments open`) : idle('nothing booked yet'));
      kept.add(origin);

      const today = (days = 0) => new Date(community.clock.now() + days * DAY_MS).toISOString().slice(0, 10);

      /** Works on a copy: what cannot be saved has not happened. */
      const change = <Result>(work: (copy: PaymentBook) => Result): Result => {
        const before = book;
        const copy = new PaymentBook(book.state);
        const result = work(copy);
        book = copy;
        try {
          save();
        } catch (problem) {
          book = before;
          throw problem;
        }
        return result;
      };

      const take = ({ interval, lines, number = 0 }: Payload<'settlement'>) => {
        requireNotAhead(community, interval, 'settlement');
        if (!refusing('malformed', () => change((copy) => copy.book(interval, lines, number)))) {
          const text = `the settlement of ${interval} is in the balances already; it is booked once`;
          throw new Refusal('already-recorded', text, undefined, `${interval.slice(11)} booked before`);
        }
        status(working(`${interval.slice(11)} booked`));
      };

      const settleUp = ({ preview = false, executionDate = today(executionDays) }: Payload<'settle-up'>) => {
        if (preview) {
          const due = book.due(externals);
          status(working(`${due.transfers.length} payments due`));
          return [{ payload: dueMessage(due, currency, null) }];
        }
        // 15 + 1 + 8 characters, so that with their numbers ids stay within the 35 of a bank.
        const name = `${(origin.split('.')[0] ?? '').slice(0, 15).replace(/-+$/, '')}-${today().replaceAll('-', '')}`;
        const closing = change((copy) => copy.close(externals, name));
        const orders = { accounts, currency, executionDate, origin, createdAt: community.clock.now() };
        const { files, problems } = bankFiles(closing, orders);
        const count = `${closing.payments.length} payments`;
        status(problems.length > 0 ? degraded(`${count}, ${problems.length} not ordered`) : working(count));
        const payload = { ...dueMessage(closing, currency, closing), notOrdered: problems };
        return [
          { topic: closing.id, payload },
          null,
          files.map((file) => ({ topic: file.name, filename: file.name, payload: { type: 'file', ...file } })),
        ];
      };

      const confirm = ({ id, on = today(), reference = '' }: Payload<'payment-confirmed'>) => {
        // The note is for all members: an account number has no place in it.
        if (holdsIban(reference)) {
          throw new Refusal(
            'malformed',
            `the reference of payment ${id} holds an IBAN; leave it out, all members read it`,
          );
        }
        const settled = refusing('unknown-payment', () => change((copy) => copy.confirm(id, on)));
        if (!settled) {
          throw new Refusal('already-recorded', `payment ${id} was confirmed before`, undefined, 'confirmed before');
        }
        status(working(`${book.open.length} payments open`));
        const amount = `${centsText(settled.cents)} ${currency}`;
        const text = `Payment ${id} of ${amount} from ${named(settled.from)} to ${named(settled.to)} was made on ${on}.`;
        const note: Payload<'note'> = {
          type: 'note',
          text: reference === '' ? text : `${text} Reference: ${reference}`,
        };
        return [null, null, null, { topic: id, payload: note }];
      };

      return {
        input(message, send) {
          const payload = readPayload(
            message.payload,
            ...([
              'settlement',
              'settle-up',
              'payment-confirmed',
              'meter',
              'clearing',
              'battery',
              'order',
              'note',
            ] as const),
          );
          if (payload.type === 'settlement') return take(payload);
          if (payload.type === 'settle-up') return send(settleUp(payload));
          if (payload.type === 'payment-confirmed') return send(confirm(payload));
        },
        close: () => {
          kept.delete(origin);
          community.off('reset', reset);
        },
      };
    },
  });
}

/** What the book says no to is refused, not broken. */
function refusing<Result>(code: string, work: () => Result): Result {
  try {
    return work();
  } catch (problem) {
    throw problem instanceof RangeError ? new Refusal(code, problem.message) : problem;
  }
}

/** The state as JSON takes it: lists that nobody else holds. */
function jsonOf(book: PaymentBook): Omit<v.InferOutput<typeof stateSchema>, 'epoch' | 'at'> {
  const { booked, since, open, settled, corrections, ...rest } = book.state;
  return {
    ...rest,
    balances: { ...rest.balances },
    booked: booked.map(([first, last]) => [first, last]),
    since: since.map(([first, last]) => [first, last]),
    open: [...open],
    settled: [...settled],
    corrections: { ...corrections },
  };
}

function dueMessage(due: Due, currency: string, closing: Closing | null) {
  const first = due.since[0]?.[0] ?? null;
  const last = due.since.at(-1)?.[1] ?? null;
  return {
    type: 'payments',
    closing: closing?.id ?? null,
    currency,
    first,
    last,
    exact: due.exact,
    positions: due.positions.map(({ account, balance, cents, carried }) => ({
      account,
      balance: String(balance),
      cents,
      carried: Number(carried),
    })),
    payments: closing?.payments ?? due.transfers,
    notOrdered: [] as readonly string[],
  };
}

/** An account as people call it. */
function named(account: string): string {
  return account.startsWith('member/') ? account.slice('member/'.length) : `the ${account}`;
}
