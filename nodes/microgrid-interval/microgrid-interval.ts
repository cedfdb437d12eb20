// Emits the moments of the community's day: interval start, gate closure, delivery end. As the face of the clock it
// also takes commands for a simulated one: pause, resume, speed, reset.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { intervalAt } from '../../src/time/interval.ts';
import { biddingInterval, type IntervalEvent, nextEvents } from '../../src/time/schedule.ts';
import { describe } from '../../src/units.ts';
import type { Community } from '../microgrid-community/community.ts';
import { nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message } from '../shared/define-node.ts';
import { idle, working } from '../shared/status.ts';

const OUTPUT = { start: 0, gate: 1, end: 2, clock: 3 } as const;
/** After a longer gap (a machine that slept) the gates of the gap are not made up for. */
const LONGEST_CATCH_UP_MS = 86_400_000;

const command = v.union(
  [
    v.object({ command: v.picklist(['pause', 'resume', 'reset']) }),
    v.object({ command: v.literal('speed'), speed: v.number() }),
  ],
  (issue) =>
    `msg.payload must be {"command": ...} with pause, resume, reset, or speed and a number as "speed", but is ${describe(issue.input)}`,
);

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-interval',
    config: v.object({ community: nodeId() }),
    create({ config, status, send, fail, run }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const leadMs = community.rules.gateLeadSeconds * 1000;
      let cancel = () => {};
      let generation = 0;

      const emit = (event: IntervalEvent) => {
        const message: Message = {
          topic: event.interval,
          payload: {
            type: 'interval',
            event: event.event,
            interval: event.interval,
            time: new Date(event.time).toISOString(),
            bidding: biddingInterval(event.time, leadMs),
          },
        };
        send(Array.from({ length: 4 }, (_, output) => (output === OUTPUT[event.event] ? message : null)));
        if (event.event === 'start') showStatus();
      };

      const showStatus = () => {
        const time = `${new Date(community.clock.now()).toISOString().slice(11, 16)}Z`;
        status(
          community.paused
            ? idle(`${time} paused`)
            : working(community.clock.simulated ? `${time} x${community.clock.speed}` : time),
        );
      };

      const sendClock = () => {
        showStatus();
        const payload = {
          type: 'clock',
          now: community.clock.now(),
          speed: community.clock.speed,
          paused: community.paused,
          epoch: community.epoch,
          simulated: community.clock.simulated,
        };
        send([null, null, null, { topic: 'clock', payload }]);
      };

      const waitFor = (after: number) => {
        const events = nextEvents(after, leadMs);
        const moment = events[0]?.time ?? after;
        cancel = community.clock.at(moment, () => run(() => pass(moment, events)));
      };

      const pass = (moment: number, events: readonly IntervalEvent[]) => {
        const late = community.clock.now() - moment;
        if (late > LONGEST_CATCH_UP_MS) {
          const hours = Math.round(late / 3_600_000);
          fail(new Error(`the clock jumped ahead by ${hours} hours; the gates between were skipped`));
          waitFor(community.clock.now());
          return;
        }
        for (const event of events) emit(event);
        waitFor(moment);
      };

      const begin = () => {
        cancel();
        generation += 1;
        const current = generation;
        run(async () => {
          status(idle('waiting for the ledger'));
          await community.ready();
          if (current !== generation) return;
          sendClock();
          const now = community.clock.now();
          emit({ event: 'start', interval: intervalAt(now), time: now });
          waitFor(now);
        });
      };

      community.on('reset', begin);
      community.on('clock', sendClock);
      begin();

      return {
        input(message) {
          const order = v.parse(command, message.payload);
          if (order.command === 'speed') community.setSpeed(order.speed);
          else community[order.command]();
        },
        close() {
          generation += 1;
          cancel();
          community.off('reset', begin);
          community.off('clock', sendClock);
        },
      };
    },
  });
}
