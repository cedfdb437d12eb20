// What happens by the clock: homes order and meter, gates close, and at some moment the operator begins to lie.
import { INTERVAL_MS, intervalAt } from '../../time/interval.ts';
import { checkBlock } from './checks.ts';
import { GATE_LEAD_MS, meterOf, OPERATOR, orderOf } from './community.ts';
import type { Dice } from './dice.ts';
import type { Host } from './host.ts';
import { Liar } from './liar.ts';
import { beginToLie, cosignAnything, shownNow, type Told } from './lying.ts';
import { Operator } from './operator.ts';
import type { World } from './world.ts';

const AGAIN_MS = 60_000;

/** What homes order before an interval, and meter after it. */
export function scheduleInterval(world: World, market: Dice, start: number): void {
  const interval = intervalAt(start);
  for (const host of world.hosts.slice(1)) {
    const add = (at: number, make: (time: number) => ReturnType<typeof orderOf>) =>
      world.events.at(at, () => {
        if (host.colludes) return undefined;
        return world.step(host, `record for ${interval}`, async () => {
          const sent = host.follower?.add(make(world.clockOf(host))) ?? [];
          world.count('records made');
          return sent.map((message) => ({ message }));
        });
      });
    const ordered = market.between(0, 600_000);
    add(start - INTERVAL_MS + ordered, (time) => orderOf(world, market, host.id, interval, time));
    const metered = market.between(1000, 60_000);
    meterAfter(world, host, start + INTERVAL_MS + metered, (time) => meterOf(world, market, host.id, interval, time));
  }
}

/** A meter value is made once, and is not forgotten while the machine is off. */
function meterAfter(world: World, host: Host, at: number, make: (time: number) => ReturnType<typeof meterOf>): void {
  world.events.at(at, async () => {
    if (host.colludes) return;
    if (!host.isUp) return meterAfter(world, host, world.now + AGAIN_MS, make);
    await world.step(host, 'meter', async () => {
      const sent = host.follower!.add(make(world.clockOf(host)));
      world.count('records made');
      return sent.map((message) => ({ message }));
    });
  });
}

export function scheduleGate(world: World, start: number): void {
  const interval = intervalAt(start);
  world.events.at(start - GATE_LEAD_MS, async () => {
    for (const host of world.hosts) {
      const { operator } = host;
      if (!operator) continue;
      world.count('gates');
      world.tell(`${host.id} closes the gate of ${interval}`);
      await world.step(host, `gate of ${interval}`, async () => {
        await operator.gate(interval);
        if (operator instanceof Operator) checkBlock(operator);
        const news = host.isSilent || host.holdsBack ? [] : operator.news();
        if (host.colludes) cosignAnything(world, host, shownNow(host));
        return news;
      });
    }
  });
}

export function scheduleLie(world: World, at: number, onTold: (told: Told) => void): void {
  const host = world.host(OPERATOR);
  const late = world.plan.lie === 'rewrite-block' ? 5 * 60_000 : 1;
  world.events.at(at - 1, () => {
    host.holdsBack = late === 1;
  });
  world.events.at(at + late, async () => {
    await world.step(host, 'lie', async () => {
      const told = await beginToLie(world, host);
      if (told) onTold(told);
      else scheduleLie(world, at + INTERVAL_MS, onTold);
      host.holdsBack = false;
      const shown = host.operator && !host.isSilent ? host.operator.news() : [];
      if (host.colludes) cosignAnything(world, host, shownNow(host));
      return shown;
    });
    if (!host.isUp) scheduleLie(world, at + INTERVAL_MS, onTold);
    if (world.plan.lie === 'silence' || world.plan.lie === 'stale') {
      world.after(3 * 3_600_000, () => {
        host.isSilent = false;
        if (host.operator instanceof Liar) host.operator = host.operator.operator;
      });
    }
  });
}
