// Faults as the plan throws them: power, disks, clocks, the network; and what happens to the operator's machine.
import { OPERATOR, STANDBY } from './community.ts';
import type { Host } from './host.ts';
import { MachineDisk } from './machine-disk.ts';
import { beginToAsk } from './operating.ts';
import { BEGIN, type World } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How wrong a clock is: an hour back, a day ahead, 1970. */
const CLOCKS = [-HOUR, 24 * HOUR, -BEGIN] as const;

/** @param until no fault begins later */
export function scheduleFaults(world: World, until: number): void {
  const { crashes, diskFaults, clockJumps, splits } = world.plan;
  for (const host of world.hosts) {
    every(world, until, crashes, () => {
      if (host.isUp && canFail(world, host)) count(world, 'power cuts', () => world.crash(host, shortly(world)));
    });
    every(world, until, diskFaults, () => {
      if (!host.isUp || !canFail(world, host)) return;
      world.count('disk faults');
      const disk = host.ledgerDisk && world.dice.perMille(700) ? host.ledgerDisk : host.disk;
      disk.fault = world.dice.pick(['lost', 'kept']);
    });
    every(world, until, clockJumps, () => {
      world.count('clock jumps');
      host.clockOff = world.dice.pick(CLOCKS);
      world.tell(`the clock of ${host.id} is off by ${host.clockOff / MINUTE} minutes`);
      world.after(world.dice.between(5, 60) * MINUTE, () => {
        host.clockOff = 0;
      });
    });
    // A disk that lied: what a replica had acknowledged to itself is gone after the power cut.
    if (host.full && host.id !== OPERATOR) {
      every(world, until, Math.ceil(crashes / 3), () => {
        if (!host.isUp || host.asking || host.operator) return;
        world.count('lying disks');
        world.crash(host, shortly(world));
        host.disk.log.lose(world.dice.between(1, 3));
      });
    }
  }
  every(world, until, splits, () => {
    if (world.plan.isolated || world.apartForLong.length > 0) return;
    const { hosts } = world;
    const apart = world.dice.shuffled(hosts.map(({ id }) => id)).slice(0, world.dice.between(1, hosts.length - 1));
    world.count('splits');
    world.tell(`the network splits: ${apart.join(' ')} are apart`);
    world.network.split(apart);
    world.after(world.dice.between(5, 60) * MINUTE, () => world.network.split(world.apartForLong));
  });
  operatorFault(world, until);
}

/** Everything works again: machines are on, clocks are right, the network is whole. */
export function stopFaults(world: World): void {
  if (!world.plan.isolated) world.network.split([]);
  for (const host of world.hosts) {
    host.clockOff = 0;
    host.disk.fault = null;
    if (host.ledgerDisk) host.ledgerDisk.fault = null;
  }
}

function operatorFault(world: World, until: number): void {
  const { operatorFault: fault } = world.plan;
  if (fault === null) return;
  const host = world.host(OPERATOR);
  const length = until - BEGIN;
  if (fault === 'old-backup') {
    let backup = host.ledgerDisk!.log.backup();
    world.events.at(BEGIN + Math.floor(length * 0.4), () => {
      backup = host.ledgerDisk!.log.backup();
    });
    world.events.at(BEGIN + Math.floor(length * 0.6), () => {
      // Records that were acknowledged and not sealed are lost with it: whoever holds a receipt may say so, and is right.
      world.isHonest = false;
      world.count('old backups');
      world.tell('the operator comes back with an old backup');
      world.crash(host, shortly(world));
      host.ledgerDisk = new MachineDisk();
      host.ledgerDisk.log = backup;
      host.mustAsk = true;
    });
    return;
  }
  const from = BEGIN + Math.floor(length * 0.3);
  const back = BEGIN + Math.floor(length * 0.8);
  world.events.at(from, () => {
    world.count(`operator ${fault}`);
    if (fault === 'gone') {
      host.mustAsk = true;
      world.crash(host, back - from);
    } else {
      world.apartForLong = [OPERATOR];
      world.network.split(world.apartForLong);
      world.tell('the operator is cut off');
      world.events.at(back, () => {
        world.apartForLong = [];
        world.network.split([]);
      });
    }
  });
  const tryLater = () => {
    const standby = world.host(STANDBY);
    if (standby.isUp && !standby.operator && !standby.asking) beginToAsk(world, standby, true);
    if (!standby.ledgerDisk && world.now < back - HOUR) world.after(10 * MINUTE, tryLater);
  };
  world.events.at(from + 35 * MINUTE, tryLater);
}

/** While it lies, or asks, its machine is left alone: what then breaks is not what is looked for. */
function canFail(world: World, host: Host): boolean {
  return !host.colludes && !host.asking && !(host.id === OPERATOR && (world.plan.lie !== null || !host.operator));
}

function shortly(world: World): number {
  return world.dice.perMille(800) ? world.dice.between(5, 120) * 1000 : world.dice.between(5, 90) * MINUTE;
}

function count(world: World, what: string, action: () => void): void {
  world.count(what);
  action();
}

/** @param perMille how often in a thousand minutes */
function every(world: World, until: number, perMille: number, action: () => void): void {
  if (perMille === 0) return;
  const next = () => world.now + world.dice.between(1, Math.floor((2 * 1000) / perMille)) * MINUTE;
  const plan = (at: number) => {
    if (at >= until) return;
    world.events.at(at, () => {
      action();
      plan(next());
    });
  };
  plan(next());
}
