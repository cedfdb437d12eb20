// An operator begins to lie, in one of the ways of plan.ts; those who collude cosign whatever it shows; and, in the end, who found out, with
// evidence that holds on a machine that has never seen the ledger.
import { checkEvidenceText } from '../../audit/evidence/check.ts';
import { parseNote } from '../../log/note.ts';
import type { LogStore } from '../../log/store.ts';
import { evidenceOf } from '../../replica/evidence.ts';
import { newestCheckpoint } from '../../replica/serve.ts';
import { forge, type Lie } from '../cheating-operator.ts';
import { STANDBY } from './community.ts';
import type { Host } from './host.ts';
import { Liar } from './liar.ts';
import type { Sent } from './network.ts';
import { Operator, openOperated } from './operator.ts';
import { Broken } from './oracle.ts';
import { ORIGIN, type World } from './world.ts';

export interface Told {
  /** Logs that were shown: the true one first. */
  readonly histories: readonly LogStore[];
  /** First leaf that is not the true one's; null where nothing is false, only old or nothing at all. */
  readonly leaf: number | null;
}

/**
 * The operator turns: from now on it lies, and some witnesses with it.
 * @returns null where there is nothing to lie about yet
 */
export async function beginToLie(world: World, host: Host): Promise<Told | null> {
  const { lie, colluding, isolated, homes } = world.plan;
  const { operator } = host;
  if (lie === null || !(operator instanceof Operator)) return null;
  const truth = operator.ledger.store;
  const options = world.operatorOptions(host);
  if (lie === 'silence') {
    host.isSilent = true;
    return told(world, lie, { histories: [truth], leaf: null });
  }
  const victims =
    world.plan.victims ?? world.dice.shuffled(world.members.slice(1).map(({ id }) => id)).slice(0, homes >> 1);
  const others = world.members.map(({ id }) => id).filter((id) => !victims.includes(id));
  if (lie === 'stale' || lie === 'two-histories') {
    const shadow = new Operator(options, await openOperated(options, host.ledgerDisk!.log.backup().open()));
    host.operator = new Liar(operator, shadow, victims, others, lie === 'stale');
    if (isolated) world.network.split(victims, host.id);
    if (lie === 'two-histories') collude(world, colluding, [...victims, STANDBY]);
    const leaf = lie === 'stale' ? null : truth.size;
    return told(world, lie, { histories: [truth, shadow.ledger.store], leaf });
  }
  let forged: LogStore;
  try {
    const { origin, random } = world;
    forged = forge({ store: truth, operator: world.keysOf(host.id), origin, random }, lie satisfies Lie);
  } catch (problem) {
    if (problem instanceof Error && problem.message.startsWith('nothing has been traded')) return null;
    throw problem;
  }
  host.operator = new Operator(options, await openOperated(options, forged));
  collude(world, colluding, []);
  return told(world, lie, { histories: [truth, forged], leaf: firstDifference(truth, forged) });
}

/** What those who collude add to what the operator shows: they cosign anything. */
export function cosignAnything(world: World, host: Host, sent: readonly Sent[]): void {
  for (const { message } of sent) {
    if (message.type !== 'checkpoint') continue;
    const { text } = parseNote(message.note, 1024);
    for (const { id, colludes } of world.hosts) {
      if (!colludes) continue;
      const line = world.keysOf(id).cosigner.cosign(text, Math.floor(world.now / 1000));
      const { size } = message;
      const cosignature = { type: 'cosignature', origin: ORIGIN, size, member: id, line } as const;
      world.after(1, () =>
        world.step(
          host,
          `cosignature ${size} ${id}`,
          async () => (await host.operator?.receive(cosignature, id)) ?? [],
        ),
      );
    }
  }
}

/** The newest checkpoints that a liar shows. */
export function shownNow(host: Host): Sent[] {
  const { operator } = host;
  const shown = operator instanceof Liar ? [operator.operator, operator.shadow] : operator ? [operator] : [];
  return shown.map(({ served }) => ({ message: newestCheckpoint(served) }));
}

/** Members that found out, each with evidence that holds. @throws Broken where the evidence does not */
export async function whoFoundOut(world: World): Promise<string[]> {
  const found: string[] = [];
  for (const { id, honestFollower } of world.hosts) {
    const { cheated, logKey, replica } = honestFollower ?? {};
    if (!cheated || !logKey) continue;
    const evidence = await evidenceOf(cheated, logKey, replica?.served?.store ?? null);
    if (!evidence) {
      throw new Broken('detection', `${id} says ${cheated.code}, and has no evidence: ${cheated.text}`);
    }
    const verdict = await checkEvidenceText(JSON.stringify(evidence), { keys: [logKey], now: () => 0 });
    if (!verdict?.ok || !verdict.trusted) {
      throw new Broken('detection', `the evidence of ${id} (${cheated.code}) does not hold: ${verdict?.evidence.text}`);
    }
    found.push(id);
  }
  return found;
}

function told(world: World, lie: string, what: Told): Told {
  if (what.leaf !== null) world.isHonest = false;
  world.count(`lies: ${lie}`);
  world.tell(`the operator begins to lie: ${lie}`);
  return what;
}

/** The operator, and as many homes as are to collude with it. */
function collude(world: World, colluding: number, without: readonly string[]): void {
  const candidates = world.hosts.slice(1).filter(({ id }) => !without.includes(id));
  // Full replicas last: those who look are the last whom it would ask.
  const sorted = [...candidates].sort((a, b) => Number(a.full) - Number(b.full));
  for (const host of [world.hosts[0]!, ...sorted.slice(0, Math.max(0, colluding - 1))]) host.colludes = true;
}

function firstDifference(a: LogStore, b: LogStore): number {
  let index = 0;
  while (index < a.size && index < b.size && a.leaf(index)!.note === b.leaf(index)!.note) index++;
  return index;
}
