// A street under faults, as one deterministic run: a seeded clock, network, disk and chance; real ledger, replicas, outboxes, witnesses, auction and
// bills. After each step the promises of the ledger are asked for (oracle.ts). The same seed is the same run; its trace has a hash.
import { INTERVAL_MS } from '../../time/interval.ts';
import { checkAudit, sealedSize, unfinished } from './checks.ts';
import { GATE_LEAD_MS } from './community.ts';
import { dice } from './dice.ts';
import { scheduleFaults, stopFaults } from './faults.ts';
import type { Host } from './host.ts';
import { Liar } from './liar.ts';
import { cosignAnything, type Told, whoFoundOut } from './lying.ts';
import { MachineDisk } from './machine-disk.ts';
import { CALM } from './network.ts';
import { beginToAsk, heardCheckpoint, startOperator, tickOperating } from './operating.ts';
import { Operator } from './operator.ts';
import { Broken } from './oracle.ts';
import { type Plan, type PlanOptions, planOf } from './plan.ts';
import { scheduleGate, scheduleInterval, scheduleLie } from './schedule.ts';
import { BEGIN, type Sabotage, World } from './world.ts';

export interface FaultReport {
  readonly plan: Plan;
  /** Of what happened and was said: the same for the same seed. */
  readonly trace: string;
  readonly steps: number;
  readonly leaves: number;
  readonly blocks: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Members whose machines found out that they are cheated, each with evidence that holds. */
  readonly foundOut: readonly string[];
  /** The ledger at the end, as the operator has it. */
  readonly world: World;
}

/** A promise of the ledger did not hold. The text says which, after what, and how to see it again. */
export class SimulationFailure extends Error {
  readonly broken: Broken;
  /** As it stood then. */
  readonly world: World;

  constructor(world: World, broken: Broken) {
    const { seed, ...plan } = world.plan;
    const events = world.lastEvents.map((line) => `  ${line}`).join('\n');
    const again = `run it again with: npm run bench -- simulate-faults --plan '${JSON.stringify({ seed, ...plan })}'`;
    super(`seed ${seed}, step ${world.steps}: ${broken.message}\n${again}\nthe last events:\n${events}`, {
      cause: broken,
    });
    this.broken = broken;
    this.world = world;
  }
}

const TICK_MS = 60_000;
/** How long everything has to heal in after the faults. */
const HEALING_MS = 6 * 3_600_000;

/** @throws SimulationFailure where a promise does not hold */
export async function simulateFaults(options: PlanOptions, sabotage: Sabotage = {}): Promise<FaultReport> {
  const plan = planOf(options);
  const world = new World(plan, sabotage);
  try {
    const foundOut = await run(world);
    const { trace, steps, counts } = world;
    const { leaves, blocks } = sizeOf(world);
    return { plan, trace, steps, leaves, blocks, counts: Object.fromEntries([...counts].sort()), foundOut, world };
  } catch (problem) {
    if (problem instanceof Broken) throw new SimulationFailure(world, problem);
    throw problem;
  }
}

async function run(world: World): Promise<string[]> {
  const { plan } = world;
  const operator = world.hosts[0]!;
  operator.ledgerDisk = new MachineDisk();
  connect(world);
  await startOperator(world, operator);
  for (const host of world.hosts) {
    world.startFollower(host);
    tick(world, host);
  }
  const market = dice(plan.seed, 'market');
  for (let number = 0; number < plan.intervals; number++)
    scheduleInterval(world, market, BEGIN + (number + 1) * INTERVAL_MS);
  const faultsEnd = BEGIN + plan.intervals * INTERVAL_MS;
  const end = faultsEnd + HEALING_MS;
  for (let start = BEGIN + INTERVAL_MS; start < end + INTERVAL_MS; start += INTERVAL_MS) scheduleGate(world, start);
  world.network.faults = plan.network;
  scheduleFaults(world, faultsEnd);
  let told: Told | null = null;
  if (plan.lie !== null) {
    // Half-way, a minute after a block, before anybody was told of it.
    const from = BEGIN + (Math.ceil(plan.intervals / 2) + 1) * INTERVAL_MS - GATE_LEAD_MS;
    scheduleLie(world, from, (what) => {
      told = what;
    });
  }
  await world.runUntil(faultsEnd);
  stopFaults(world);
  world.network.faults = CALM;
  await heal(world, end, () => told);
  return finish(world, told);
}

/** Runs on until all is well, a quarter of an hour at a time. */
async function heal(world: World, end: number, told: () => Told | null): Promise<void> {
  let missing: string | null = 'nothing has run yet';
  while (missing !== null && world.now < end) {
    await world.runUntil(world.now + INTERVAL_MS);
    missing = lied(told()) ? await undetected(world) : unfinishedWorld(world);
  }
  if (missing === null) return;
  throw new Broken(lied(told()) ? 'detection' : 'liveness', `six hours after the last fault: ${missing}`);
}

async function finish(world: World, told: Told | null): Promise<string[]> {
  const { oracle } = world;
  const operators = world.hosts.flatMap(({ operator }) =>
    operator instanceof Liar ? [operator.operator, operator.shadow] : operator ? [operator] : [],
  );
  const histories = [...new Set([...operators.map(({ ledger }) => ledger.store), ...(told?.histories ?? [])])];
  oracle.requireOneHistory(histories);
  if (!lied(told)) {
    for (const { ledger } of operators) await checkAudit(ledger.store, 'the ledger');
    for (const { id, follower } of world.hosts) {
      if (follower?.replica?.served) await checkAudit(follower.replica.served.store, `the copy of ${id}`);
    }
    oracle.requireKept(isKept(world));
  }
  return whoFoundOut(world);
}

/** Whether anything false was shown. */
function lied(told: Told | null): boolean {
  return told !== null && told.leaf !== null;
}

function unfinishedWorld(world: World): string | null {
  const running = world.hosts.flatMap(({ operator }) => (operator instanceof Operator ? [operator] : []));
  const [newest] = running.sort((a, b) => b.ledger.state.term.term - a.ledger.state.term.term);
  return newest ? unfinished(world, newest) : 'nobody operates the ledger';
}

async function undetected(world: World): Promise<string | null> {
  return (await whoFoundOut(world)).length > 0
    ? null
    : `nobody has found out that the operator lies (${world.plan.lie})`;
}

/** I2: in the log of whoever operates it, or in the outbox of its owner. */
export function isKept(world: World): (id: string, owner: string) => boolean {
  const logs = world.hosts.flatMap(({ operator }) =>
    operator instanceof Liar ? [operator.operator, operator.shadow] : operator ? [operator] : [],
  );
  return (id, owner) => {
    const host = world.host(owner);
    const outbox = host.disk.outbox(BEGIN);
    return outbox.get(id) !== null || logs.some(({ ledger }) => ledger.store.indexOf(id) !== undefined);
  };
}

/** What the machines do beside their members' nodes. */
function connect(world: World): void {
  world.onMessage = async (host, message, from) => {
    if (message.type === 'checkpoint') await heardCheckpoint(world, host, message.note, from);
    if (host.asking?.refill)
      return host.asking.refill.receive(message, world.clockOf(host)).send.map((each) => ({ message: each }));
    if (host.isSilent || !host.operator) return [];
    const sent = await host.operator.receive(message, from.id);
    if (host.colludes) cosignAnything(world, host, sent);
    return [...sent, ...host.operator.news()];
  };
  world.onStart = async (host) => {
    host.isUp = true;
    host.starts++;
    world.tell(`${host.id} starts`);
    await world.step(host, 'start', async () => {
      world.startFollower(host);
      if (host.ledgerDisk) {
        if (host.mustAsk) beginToAsk(world, host, false);
        else await startOperator(world, host);
        host.mustAsk = false;
      }
      return [];
    });
    if (host.operator) world.oracle.requireKept(isKept(world));
  };
}

function tick(world: World, host: Host): void {
  const again = () => world.after(TICK_MS - 2000 + world.dice.below(4000), () => tick(world, host));
  world.after(0, async () => {
    await world.step(host, 'tick', async () => {
      const own = (await host.honestFollower?.tick()) ?? [];
      return [...own.map((message) => ({ message })), ...(await tickOperating(world, host))];
    });
    again();
  });
}

function sizeOf(world: World): { leaves: number; blocks: number } {
  const [ledger] = world.hosts.flatMap(({ operator }) => (operator instanceof Operator ? [operator.ledger] : []));
  return ledger ? { leaves: sealedSize(ledger.store), blocks: ledger.state.height + 1 } : { leaves: 0, blocks: 0 };
}
