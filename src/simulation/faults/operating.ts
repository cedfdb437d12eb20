// Who runs the ledger: the operator starts from its disk; from one that may be old it first asks what others hold, and fetches what it lacks; a
// standby takes over; whoever learns of a later term steps down.
import { fenceFault, type SeenCheckpoint } from '../../ledger/seen-checkpoint.ts';
import { takeOver } from '../../ledger/takeover.ts';
import { openCheckpoint, readCheckpoint } from '../../log/checkpoint.ts';
import { MAX_COSIGNED_LINES } from '../../log/cosignature.ts';
import { FormatError } from '../../log/errors.ts';
import { verifierOf } from '../../log/note.ts';
import type { LogStore } from '../../log/store.ts';
import { Replica } from '../../replica/follow.ts';
import type { Message } from '../../replica/messages.ts';
import type { SeenState } from '../../replica/seen.ts';
import type { Host } from './host.ts';
import { MachineDisk } from './machine-disk.ts';
import type { Sent } from './network.ts';
import { Operator, openOperated } from './operator.ts';
import { ORIGIN, type World } from './world.ts';

/** The ledger goes on from its disk, which is not in doubt. */
export async function startOperator(world: World, host: Host, seen: readonly SeenCheckpoint[] = []): Promise<void> {
  const options = world.operatorOptions(host);
  const ledger = await openOperated(options, host.ledgerDisk!.log.open(), seen);
  host.operator = new Operator(options, ledger);
  host.asking = null;
  world.tell(`${host.id} operates the ledger in term ${ledger.state.term.term}, from ${ledger.size} leaves`);
}

/** Asks everybody what they hold, before anything is signed. */
export function beginToAsk(world: World, host: Host, takesOver: boolean): void {
  host.operator = null;
  host.asking = { since: world.now, takesOver, answers: new Map(), store: null, refill: null };
  world.tell(`${host.id} asks what others have seen`);
}

/** A checkpoint that came from somebody. */
export async function heardCheckpoint(world: World, host: Host, note: string, from: Host): Promise<void> {
  const seen = seenIn(world, note);
  if (!seen) return;
  if (host.asking) {
    const before = host.asking.answers.get(from.id);
    if (!before || before.size <= seen.size) host.asking.answers.set(from.id, seen);
  } else if (host.operator instanceof Operator && seen.term > host.operator.ledger.state.term.term) {
    if (host.operator.ledger.saw(seen) !== null) stepDown(world, host);
  }
}

/** Goes on where enough have answered. */
export async function tickOperating(world: World, host: Host): Promise<readonly Sent[]> {
  const { asking } = host;
  if (!asking) return host.operator?.news().filter(() => !host.isSilent) ?? [];
  const out: Message[] = [{ type: 'checkpoint-wanted', origin: ORIGIN, from: 0, member: host.id }];
  if (asking.refill) {
    out.push(...asking.refill.tick(world.clockOf(host)).send);
    await asking.refill.audit(world.clockOf(host));
  }
  const others = world.hosts.filter(({ full, id }) => full && id !== host.id);
  const answered = others.filter(({ id }) => asking.answers.has(id)).length;
  // Whoever has seen a witnessed checkpoint is among two thirds of all; a person waits for the others a while.
  if (answered < others.length && (3 * answered < 2 * others.length || world.now - asking.since < 20 * 60_000)) {
    return out.map((message) => ({ message }));
  }
  const seen = [...asking.answers.values()];
  if (asking.takesOver) await tryTakeover(world, host, seen);
  else await tryToGoOn(world, host, seen);
  return out.map((message) => ({ message }));
}

async function tryTakeover(world: World, host: Host, seen: readonly SeenCheckpoint[]): Promise<void> {
  const replica = host.follower?.replica;
  if (!replica || replica.audited < replica.size) return;
  const newest = readCheckpoint(replica.served?.store.checkpoint() ?? '');
  // Its own copy has to catch up first.
  if (seen.some(({ size }) => size > newest.size)) return;
  const disk = new MachineDisk();
  disk.log = host.disk.log.backup();
  const options = world.operatorOptions(host);
  const { now, site, member } = options;
  const ledger = await takeOver({
    path: '',
    store: disk.log.open(),
    origin: ORIGIN,
    operator: site.keysOf(member),
    now,
    random: site.random,
    seen,
  });
  host.ledgerDisk = disk;
  host.operator = new Operator(options, ledger);
  host.asking = null;
  world.count('takeovers');
  world.tell(`${host.id} takes over as term ${ledger.state.term.term}, from ${newest.size} leaves`);
}

async function tryToGoOn(world: World, host: Host, seen: readonly SeenCheckpoint[]): Promise<void> {
  const asking = host.asking!;
  asking.store ??= host.ledgerDisk!.log.open();
  const { store } = asking;
  const own = seenIn(world, store.checkpoint() ?? '');
  if (asking.refill?.cheated || seen.some(({ term }) => term > (own?.term ?? 0))) return stepDown(world, host);
  if (seen.some(({ size }) => size > store.size)) {
    asking.refill ??= refillOf(world, host, store);
    return;
  }
  if (fenceFault(ORIGIN, store, own?.term ?? 0, seen) !== null) return stepDown(world, host);
  if (asking.refill) world.count('refilled ledgers');
  await startOperator(world, host, seen);
}

function refillOf(world: World, host: Host, store: LogStore): Replica {
  world.tell(`${host.id} fetches what its ledger lacks`);
  return new Replica({
    origin: ORIGIN,
    member: host.id,
    signer: world.keysOf(host.id).record,
    operatorKey: null,
    store,
    saved: host.ledgerDisk!.saved<SeenState>('refill'),
    elapsed: () => 0,
  });
}

/** From now on a member like the others. */
export function stepDown(world: World, host: Host): void {
  world.tell(`${host.id} steps down`);
  world.count('stepped down');
  host.operator = null;
  host.asking = null;
  host.ledgerDisk = null;
  // What it sealed alone, its own nodes have followed, and nobody else has it. The copy is removed, as docs/simulated-faults.md tells.
  host.disk.removeCopy();
  world.startFollower(host);
}

function seenIn(world: World, note: string): SeenCheckpoint | null {
  for (const { term, vkey } of world.logKeys) {
    try {
      const { size, root } = openCheckpoint(note, [verifierOf(vkey)], MAX_COSIGNED_LINES);
      return { size, root, term };
    } catch (problem) {
      if (!(problem instanceof FormatError)) throw problem;
    }
  }
  return null;
}
