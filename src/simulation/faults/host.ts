// A machine of the simulation as its owner sees it: on or off, with a clock that may be wrong, running a member's nodes and, on one or two
// of them, the ledger itself.

import type { SeenCheckpoint } from '../../ledger/seen-checkpoint.ts';
import type { LogStore } from '../../log/store.ts';
import type { Replica } from '../../replica/follow.ts';
import type { Message } from '../../replica/messages.ts';
import type { Membership } from './community.ts';
import type { Follower } from './follower.ts';
import type { Liar } from './liar.ts';
import { MachineDisk } from './machine-disk.ts';
import type { Operator } from './operator.ts';

/** Before an operator goes on from a disk that may be old, or a standby takes over: what do the others hold? */
export interface Asking {
  readonly since: number;
  readonly takesOver: boolean;
  readonly answers: Map<string, SeenCheckpoint>;
  /** The own copy. */
  store: LogStore | null;
  /** Fetches what it lacks. */
  refill: Replica | null;
}

export class Host {
  readonly id: string;
  readonly membership: Membership;
  readonly full: boolean;
  /** Of the member's own nodes. */
  readonly disk = new MachineDisk();
  /** Of the ledger; made by whoever begins it or takes it over. */
  ledgerDisk: MachineDisk | null = null;
  follower: Follower | null = null;
  operator: Operator | Liar | null = null;
  asking: Asking | null = null;
  isUp = true;
  /** Cosigns anything, and no longer takes part. */
  colludes = false;
  /** Whether it is silent on purpose. */
  isSilent = false;
  /** Whether it says nothing of its newest block yet. */
  holdsBack = false;
  /** Whether its ledger may be an old one: it asks the others before it goes on. */
  mustAsk = false;
  /** Milliseconds by which its clock is wrong. */
  clockOff = 0;
  /** Counts starts: what was on its way through a machine that was switched off is gone. */
  starts = 0;

  constructor(membership: Membership, full: boolean) {
    this.id = membership.id;
    this.membership = membership;
    this.full = full;
  }

  get honestFollower(): Follower | null {
    return this.colludes ? null : this.follower;
  }

  concernedBy(message: Message): boolean {
    return !('to' in message) || message.to === undefined || message.to === this.id;
  }

  /** The power goes. What the disk holds stays. */
  cut(): void {
    this.isUp = false;
    this.follower = null;
    this.operator = null;
    this.asking = null;
    this.disk.fault = null;
    if (this.ledgerDisk) this.ledgerDisk.fault = null;
  }
}
