// Statements of members and of all other accounts, per month: when a month closes, and whenever one is asked for. With a ledger
// they are made from its records; without one from the messages that this node was given, which it keeps for two months.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { FILE_FORMATS } from '../../src/settlement/statement/files.ts';
import { readPaymentNote } from '../../src/settlement/statement/payment-note.ts';
import {
  isMonth,
  MOST_CLOSING_DAYS,
  monthAfter,
  monthAt,
  zoneOfTariff,
} from '../../src/settlement/statement/period.ts';
import { readIntervalName, readSettled } from '../../src/settlement/statement/read.ts';
import { isTimeZone } from '../../src/time/zone.ts';
import type { Community } from '../microgrid-community/community.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { choice, nodeId, optionalText, pattern, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, type Outputs } from '../shared/define-node.ts';
import { type Payload, readPayload, STATEMENT_FORMATS } from '../shared/messages.ts';
import { requireNotAhead } from '../shared/plausible.ts';
import { stateFile } from '../shared/state-file.ts';
import { idle, working } from '../shared/status.ts';
import { accountMessages, accountOf, type Format, messagesOf } from './answers.ts';
import { Journal } from './journal.ts';
import { Office, officeState } from './office.ts';

/** After a month could not be closed it is tried again. */
const AGAIN_MS = 3_600_000;
const RECORDS = [
  'meter',
  'correction',
  'battery',
  'energy',
  'order',
  'cancel',
  'clearing',
  'note',
  'statement-request',
] as const;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-statement',
    config: v.object({
      community: nodeId(),
      ledger: nodeId(),
      member: pattern('the member', /^$|^[a-z0-9][a-z0-9-]{0,62}$/, 'small letters, digits and hyphens, at most 63'),
      format: choice('the form', STATEMENT_FORMATS),
      timeZone: v.pipe(
        optionalText('the time zone'),
        v.check(
          (zone) => zone === '' || isTimeZone(zone),
          'the time zone must be that of a place, such as Europe/Paris',
        ),
      ),
      closingDays: whole('the days until a month closes', 1, MOST_CLOSING_DAYS),
    }),
    create({ config, directory, node, status, send, run, fail }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const ledger = config.ledger === '' ? null : apiOf<LedgerService>(RED, config.ledger, 'ledger');
      const { closingDays, member } = config;
      /** That of the dialog, else of the tariff, else of this machine; known once the nodes beside this one stand. */
      let timeZone = config.timeZone === '' ? machineZone() : config.timeZone;
      const { origin, currency } = community.rules;
      const folder = join(directory, 'microgrid', 'statements', `${origin}_${node.id}`);
      const memory = stateFile(directory, 'statements', [origin, node.id], officeState, (text) => node.warn(text));

      let journal = new Journal(join(folder, String(community.epoch)));
      let office = new Office({ community, ledger, journal, timeZone, closingDays });
      /** The newest month whose statements went out. */
      let closed = '';
      let cancel = () => {};
      let generation = 0;
      let begun: Promise<void> = Promise.resolve();

      const begin = () => {
        cancel();
        generation += 1;
        begun = open(generation);
        run(() => begun);
      };

      const open = async (current: number) => {
        // Only then the clock of a simulation stands where its ledger ended.
        await community.ready();
        await ledger?.open();
        if (current !== generation) return;
        const { epoch, billing } = community;
        if (config.timeZone === '') timeZone = zoneOfTariff(billing.tariff) ?? machineZone();
        forgetOtherEpochs(folder, epoch);
        journal = new Journal(join(folder, String(epoch)));
        const newest = journal.newest();
        const startsOver = newest !== null && !community.continues(newest);
        if (startsOver) journal.clear();
        const kept = startsOver ? null : memory.read();
        const same = kept?.epoch === epoch && kept.timeZone === timeZone && kept.closingDays === closingDays;
        office = new Office({ community, ledger, journal, timeZone, closingDays }, same ? kept.openings : {});
        closed = kept?.epoch === epoch ? kept.closed : monthAfter(firstToClose(), -1);
        save();
        status(idle(`collecting ${monthAt(community.clock.now(), timeZone)}`));
        arm(current);
      };

      /** The month that closes next. */
      const firstToClose = (): string => {
        const now = community.clock.now();
        const running = monthAt(now, timeZone);
        const before = monthAfter(running, -1);
        return office.period(before).closes > now ? before : running;
      };

      const save = () => {
        const { epoch } = community;
        memory.write({ epoch, timeZone, closingDays, closed, openings: office.openings });
      };

      const arm = (current: number, notBefore = 0) => {
        const month = monthAfter(closed);
        cancel = community.clock.at(Math.max(office.period(month).closes, notBefore), () => {
          run(async () => {
            try {
              await close(month, current);
              if (current === generation) arm(current);
            } catch (problem) {
              if (current !== generation) return;
              fail(problem);
              arm(current, community.clock.now() + AGAIN_MS);
            }
          });
        });
      };

      const close = async (month: string, current: number) => {
        const accounts = await makeAll(month, config.format, (outputs) => {
          if (current === generation) send(outputs);
        });
        if (current !== generation) return;
        office.close(month, accounts);
        closed = month;
        save();
        journal.forget(office.period(month).start);
      };

      /** Statements of all accounts that this node is for, then all accounts side by side. */
      const makeAll = async (month: string, format: Format, out: (outputs: Outputs) => void) => {
        let count = 0;
        const mine = (account: string) => member === '' || account === `member/${member}`;
        const accounts = await office.make(
          month,
          (known) => known.filter(mine),
          async (statement) => {
            count += 1;
            await each(messagesOf(statement, format), (message) => out([message]));
          },
        );
        await each(accountMessages(accounts, format), (message) => out([null, message]));
        status(working(`${count} statements, ${month}`));
        return accounts;
      };

      const answer = async (asked: Payload<'statement-request'>, message: Message, out: (outputs: Outputs) => void) => {
        const month = asked.month ?? monthAt(community.clock.now(), timeZone);
        if (!isMonth(month)) throw new Error(`there is no month ${month}; write it as 2026-05`);
        const format = asked.format ?? config.format;
        const account = accountOf(asked, member);
        const answers = 'res' in message;
        if (answers && (account === null || format === 'files')) {
          const missing = account === null ? 'member, such as home-03' : `one format of ${FILE_FORMATS.join(', ')}`;
          throw new Error(`a web page shows one statement; ask for a month and a ${missing}`);
        }
        if (account === null) {
          await makeAll(month, format, (outputs) => out(outputs.map((one) => one && { ...message, ...one })));
          return;
        }
        await office.make(
          month,
          (known) => chosen(known, account, month),
          (statement) => each(messagesOf(statement, format), (made) => out([{ ...message, ...made }])),
        );
        status(working(`${account.replace('member/', '')}, ${month}`));
      };

      /** Of whom there may be nothing yet, and whom nobody knows. */
      const chosen = (known: readonly string[], account: string, month: string): string[] => {
        const id = account.startsWith('member/') ? account.slice('member/'.length) : null;
        if (known.includes(account) || (id !== null && community.members.has(id))) return [account];
        const all = known.map((each) => each.replace('member/', '')).join(', ');
        throw new Error(`${id ?? account} has nothing in ${month}; there are statements of ${all || 'nobody'}`);
      };

      const take = (payload: Payload<Exclude<(typeof RECORDS)[number], 'statement-request'>>) => {
        if (payload.type === 'energy') {
          const { interval, member: whose, generationWh, quality } = payload;
          requireNotAhead(community, interval, 'energy');
          journal.add(['roof', interval, whose, quality === 'missing' ? null : generationWh]);
        }
        // All else stands in the ledger, where there is one.
        if (ledger) return;
        const leaf = 'receipt' in payload ? (payload.receipt?.index ?? null) : null;
        if (payload.type === 'meter' || payload.type === 'correction') {
          const { interval, member: whose, reason } = payload;
          journal.add(['meter', interval, whose, leaf, reason?.code ?? null]);
        } else if (payload.type === 'battery') {
          const { interval, member: whose, chargeWh, dischargeWh } = payload;
          journal.add(['battery', interval, whose, chargeWh, dischargeWh]);
        } else if (payload.type === 'order' && leaf !== null) {
          journal.add(['order', payload.interval, payload.member, leaf]);
        } else if (payload.type === 'clearing' && leaf !== null) {
          journal.add(['clearing', payload.interval, leaf]);
        } else if (payload.type === 'note' && payload.member === undefined) {
          const payment = readPaymentNote(payload.text, currency, community.clock.now(), leaf);
          if (payment) journal.pay(payment);
        }
      };

      /** Read by its own reader: tariffs and corrections go on as they are. */
      const takeSettlement = (payload: Readonly<Record<string, unknown>>) => {
        if (ledger) return;
        const interval = readIntervalName(payload['interval']);
        requireNotAhead(community, interval, 'settlement');
        const receipt = payload['receipt'] as { readonly index?: unknown } | undefined;
        const leaf = Number.isSafeInteger(receipt?.index) ? (receipt?.index as number) : null;
        journal.add(['settled', interval, readSettled(payload, community.clock.now(), leaf)]);
        status(idle(`collecting ${monthAt(community.clock.now(), timeZone)}`));
      };

      community.on('reset', begin);
      begin();

      return {
        async input(message, out) {
          // What kept it from beginning, such as a full disk, may be over.
          await begun.catch(() => {
            begin();
            return begun;
          });
          const payload = isPlain(message.payload) ? message.payload : {};
          const { type } = payload;
          if (type === 'settlement') return takeSettlement(payload);
          // A form of a web page has no type, and an inject's time stamp asks for the running month.
          const asked = type === undefined ? { ...payload, type: 'statement-request' } : payload;
          const read = readPayload(asked, ...RECORDS);
          if (read.type === 'statement-request') await answer(read, message, out);
          else take(read);
        },
        close: () => {
          generation += 1;
          cancel();
          community.off('reset', begin);
          journal.flush();
        },
      };
    },
  });
}

/** One after the other, with room for all else that waits between two: a statement may have megabytes. */
async function each(messages: Iterable<Message>, send: (message: Message) => void): Promise<void> {
  for (const message of messages) {
    send(message);
    await turn();
  }
}

function forgetOtherEpochs(folder: string, epoch: number): void {
  let found: string[];
  try {
    found = readdirSync(folder);
  } catch {
    // Nothing was kept yet.
    return;
  }
  for (const name of found) if (name !== String(epoch)) rmSync(join(folder, name), { recursive: true, force: true });
}

const machineZone = (): string => new Intl.DateTimeFormat('en-US').resolvedOptions().timeZone;

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
