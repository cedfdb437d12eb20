// Work of a node on the ledger. Two things may happen to it that are nobody's fault: a reset begins a new epoch while records of
// the old one are still on their way, which is told calmly; and the disk refuses, which is told with what to do about it.
import type { Ledger } from '../../src/ledger/ledger.ts';
import { StoreError } from '../../src/log/errors.ts';
import type { Community } from '../microgrid-community/community.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { Refusal } from './define-node.ts';

/** What a message is about, and the record in it where it was signed before. */
interface Subject {
  readonly type: string;
  readonly record?: { readonly note: string } | undefined;
}

/**
 * Does the work on the open ledger.
 * @throws Refusal (calm) where the message, or the ledger under it, is of an epoch that was reset
 * @throws Error with what to do where the disk refused
 */
export async function onLedger<Result>(
  service: LedgerService,
  subject: Subject,
  work: (ledger: Ledger) => Result | Promise<Result>,
): Promise<Result> {
  const { community } = service;
  const { epoch } = community;
  if (isOfEarlierEpoch(community, subject)) throw leftOver(subject);
  try {
    return await work(await service.open());
  } catch (problem) {
    if (community.epoch !== epoch) throw leftOver(subject);
    if (problem instanceof StoreError && problem.code === 'failed') {
      const what = `${problem.message}; the ${subject.type} goes no further`;
      throw new Error(`${what}; make room on the disk, then send it again: the ledger opens again by itself`, {
        cause: problem,
      });
    }
    throw problem;
  }
}

function leftOver({ type }: Subject): Refusal {
  const text = `the ${type} is of an epoch that was reset meanwhile; it is left aside`;
  return new Refusal('wrong-ledger', text, undefined, 'left over from a reset');
}

/** Whether the record in a message names this community's ledger with a smaller number. */
function isOfEarlierEpoch({ rules, epoch }: Community, { record }: Subject): boolean {
  const [, origin, number] = /"ledger":"([^"]+)\/ledger\/(\d{1,9})"/.exec(record?.note ?? '') ?? [];
  return origin === rules.origin && Number(number) < epoch;
}
