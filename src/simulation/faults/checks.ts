// What is looked at now and then, and at the end: does everybody hold the same, is nothing left waiting, does an audit from scratch agree.
import { verifyStore } from '../../audit/verify.ts';
import type { Body } from '../../ledger/kinds.ts';
import { headerOf } from '../../ledger/views.ts';
import { sha256Hex, toBase64 } from '../../log/bytes.ts';
import { readCheckpoint } from '../../log/checkpoint.ts';
import type { LogStore } from '../../log/store.ts';
import type { Host } from './host.ts';
import type { Operator } from './operator.ts';
import { Broken } from './oracle.ts';
import type { World } from './world.ts';

/** I3 and I4 of the newest block. */
export function checkBlock({ ledger }: Operator): void {
  const { store, state } = ledger;
  const size = sealedSize(store);
  const header = headerOf(store.leaf(size - 1)!);
  if (size === store.size && sha256Hex(state.text()) !== header.state) {
    throw new Broken('I3', `the state after block ${header.height} is not the one in its header`);
  }
  for (const { tags, body } of store.leaves(header.first, header.count)) {
    if (tags.kind !== 'settlement' || body === null) continue;
    const sum = sumOf(JSON.parse(body) as Body<'settlement'>);
    if (sum !== null) throw new Broken('I4', `the settlement of ${tags.interval}: ${sum}`);
  }
}

/** What members pay and get by the statements is what the lines move; and lines move, they make nothing. */
function sumOf({ lines, statements }: Body<'settlement'>): string | null {
  const balances = new Map<string, bigint>();
  const add = (account: string, amount: bigint) => balances.set(account, (balances.get(account) ?? 0n) + amount);
  for (const { account, counterAccount, amount } of lines) {
    add(account, BigInt(amount));
    add(counterAccount, -BigInt(amount));
  }
  const sum = [...balances.values()].reduce((all, each) => all + each, 0n);
  if (sum !== 0n) return `its lines sum to ${sum}`;
  for (const { member, amount } of statements) {
    // A line moves its amount from its account; a statement says what its member pays.
    const moved = balances.get(`member/${member}`) ?? 0n;
    if (moved !== BigInt(amount)) return `${member} is billed ${amount}, its lines move ${moved}`;
  }
  return null;
}

/** I5: an audit from scratch. @param lie first leaf that is false, or null */
export async function checkAudit(store: LogStore, what: string): Promise<void> {
  const { errors } = await verifyStore(store, { now: () => 0 });
  // Whether a takeover is witnessed, the operator knows; the log alone does not.
  const error = errors.find(({ code }) => code !== 'unwitnessed-term');
  if (error) throw new Broken('I5', `${what} does not verify: leaf ${error.leaf}, ${error.code}: ${error.text}`);
}

/** What keeps a follower from being done; null when it holds all that the operator sealed, witnessed, and has nothing to send. */
export function unfinished(world: World, operator: Operator): string | null {
  const { store } = operator.ledger;
  const size = sealedSize(store);
  const root = toBase64(store.rootAt(size));
  const witnessed = operator.ledger.witnessed()?.size ?? 0;
  if (witnessed !== size) return `of ${size} leaves ${witnessed} are witnessed`;
  for (const host of world.hosts) {
    const text = unfinishedFollower(world, host, size, root);
    if (text !== null) return `${host.id} ${text}`;
  }
  return null;
}

function unfinishedFollower(world: World, host: Host, size: number, root: string): string | null {
  const follower = host.honestFollower;
  if (!follower) return 'is off';
  // Whoever holds a receipt for what an old backup lost may accuse, and then follows no more.
  if (follower.cheated) return null;
  if (follower.size !== size) return `knows ${follower.size} of ${size} leaves`;
  const { replica, outbox } = follower;
  if (replica && toBase64(replica.served!.store.rootAt(size)) !== root) return 'holds another history';
  // What a former operator acknowledged and nobody has any more stays in the outbox when it is too late to record it again.
  const lost = world.plan.operatorFault !== null && isLate(host);
  if (outbox.count > 0 && !lost) return `has ${outbox.count} records in its outbox`;
  return null;
}

/** Whether all that waits in an outbox are orders that were acknowledged. */
function isLate({ disk }: Host): boolean {
  const outbox = disk.outbox(0);
  return (
    outbox.waiting(false, 1).length === 0 && outbox.waiting(true, 1000).every(({ body }) => body.includes('"order/'))
  );
}

export function sealedSize(store: LogStore): number {
  const note = store.checkpoint();
  return note === null ? 0 : readCheckpoint(note).size;
}
