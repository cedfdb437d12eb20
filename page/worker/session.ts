// One check and what can be asked about it afterwards. Knows nothing of workers: it is given what was dropped, and answers.
import { parseRosterFile } from '../../src/audit/trust.ts';
import { FormatError } from '../../src/log/errors.ts';
import { checkEvidence } from './check-evidence.ts';
import { checkLedger, ledgerAnswer, type Progress } from './check-ledger.ts';
import { statementAnswer, statementOfLedger } from './check-statement.ts';
import { readDropped } from './dropped.ts';
import { Explorer } from './explorer.ts';
import { exportedLog, type Log } from './log.ts';
import { Problem } from './problem.ts';
import type { Answer, BlockView, DroppedFile, RecordView } from './protocol.ts';
import { readStatement } from './statement-form.ts';

export class Session {
  #explorer: Explorer | null = null;

  /** @throws Problem where what was dropped cannot be checked */
  async check(dropped: readonly DroppedFile[], keyText: string, progress: Progress): Promise<Answer> {
    const given = parseKeys(keyText);
    const { files, statement, evidence, keys: found } = await readDropped(dropped);
    const keys = [...given, ...found];
    if (evidence !== null) {
      const { answer, log, index, errors } = await checkEvidence(evidence, keys, progress);
      this.#explorer = log && new Explorer(log, index, errors);
      return answer;
    }
    if (files === null) {
      if (statement === null)
        throw new Problem('These are keys; drop the ledger, statement or evidence that they belong to as well.');
      return statementAnswer(readStatement(statement), keys);
    }
    const form = statement && readStatement(statement);
    const checked = await checkLedger(files, keys, progress);
    const log = await readableLog(files);
    this.#explorer = log && new Explorer(log, checked.index, checked.result.errors);
    return form ? statementOfLedger(form, files, log, checked, keys) : ledgerAnswer(checked, keys.length > 0);
  }

  block(height: number, from: number): Promise<BlockView> {
    return this.#known().block(height, from);
  }

  record(leaf: number): Promise<RecordView> {
    return this.#known().record(leaf);
  }

  #known(): Explorer {
    if (this.#explorer === null) throw new Problem('There is no ledger to look at.');
    return this.#explorer;
  }
}

/** Null where not even the checkpoint can be read, as the check has said by then. */
async function readableLog(files: Parameters<typeof exportedLog>[0]): Promise<Log | null> {
  try {
    return await exportedLog(files);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function parseKeys(text: string): string[] {
  try {
    return parseRosterFile(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace('of the roster file', 'of the keys') : String(error);
    throw new Problem(`The keys that you entered cannot be read: ${why}.`);
  }
}
