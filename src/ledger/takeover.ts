// A standby goes on with a ledger whose operator is gone. It writes one block: the record of its term, sealed by its own log key. The
// term holds once the witnesses have cosigned a checkpoint with it; until then it is a claim, and the old operator may still be ahead.
import { openCosignatures } from '../log/cosignature-store.ts';
import { openDirectory } from './directory-store.ts';
import { fold, judgeAuthor, judgeContent } from './judge.ts';
import { Ledger, type LedgerOptions } from './ledger.ts';
import { type OpenContext, readLedger } from './open.ts';
import { makeRecord, readRecord } from './record.ts';
import { leafOf, sealBlock } from './seal.ts';
import { fenceFault } from './seen-checkpoint.ts';

export type TakeoverOptions = Omit<LedgerOptions, 'genesis'>;

/**
 * Continues a copy of a ledger as its next term.
 * @param options `operator` is the standby; `path` or `store` the copy, which must end with a checkpoint; `seen` what others hold
 * @throws Error with a sentence when it is no standby, the copy is behind what others have seen, or ends without a checkpoint
 */
export async function takeOver(options: TakeoverOptions): Promise<Ledger> {
  const { origin, operator, now, random } = options;
  const { store, cosignatures, exporter } = options.store
    ? { store: options.store, cosignatures: openCosignatures(null), exporter: null }
    : openDirectory(options.path, options.durability);
  try {
    if (store.size === 0) throw new Error(`there is no copy of ${origin} to go on with`);
    const context = readLedger(store, origin);
    const { state } = context;
    const fault = fenceFault(origin, store, state.term.term, options.seen ?? []) ?? tailFault(context);
    if (fault) throw new Error(fault);
    const term = state.term.term + 1;
    const logKey = operator.log(origin, term);
    const signed = makeRecord(
      operator.record,
      {
        ledger: origin,
        member: operator.member,
        kind: 'term',
        interval: null,
        time: new Date(now()).toISOString(),
      },
      { term, operator: operator.member, key: logKey.vkey },
      random,
    );
    const record = readRecord(signed);
    const refusal = judgeAuthor(state, record, record.body) ?? judgeContent(context, record, record.body);
    if (refusal) throw new Error(`${operator.member} cannot take over ${origin}: ${refusal.text}`);
    fold(context, store.size, record, record.body);
    sealBlock(store, state, logKey, now(), [leafOf(signed, record)]);
    const ledger = new Ledger({ store, cosignatures, context, options, exporter });
    await ledger.export();
    return ledger;
  } catch (error) {
    cosignatures.close();
    store.close();
    throw error;
  }
}

function tailFault({ state: { open, origin } }: OpenContext): string | null {
  if (open.count === 0) return null;
  return `this copy of ${origin} ends with ${open.count} leaves that no checkpoint covers; go on from a copy that ends with one`;
}
