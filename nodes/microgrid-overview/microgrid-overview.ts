// Folds what the nodes of a street say into one view for a dashboard: energy now, the day, the last auction, members,
// the honest question, the newest blocks. At most one message per period, however much arrives.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { changedSections, emptyOverview, foldOverview, type View, viewOf } from '../../src/overview/index.ts';
import type { Community } from '../microgrid-community/community.ts';
import { decimal, nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode } from '../shared/define-node.ts';
import { idle, working } from '../shared/status.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-overview',
    config: v.object({ community: nodeId(), everySeconds: decimal('the period (seconds)', 3, 100, 3_600_000) }),
    create({ config, status, send, run }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      let state = emptyOverview();
      let shown: View | null = null;

      const fold = (payload: unknown) => {
        state = foldOverview(state, payload, community.clock.now());
      };
      const begin = () => {
        state = emptyOverview();
        shown = null;
        fold({
          type: 'community',
          currency: community.rules.currency,
          tariffs: community.rules.tariffs,
          members: [...community.members.values()].map(({ id, kind }) => ({ id, kind })),
        });
      };
      const show = () => {
        const { clock, epoch, paused } = community;
        const now = clock.now();
        fold({ type: 'clock', now, speed: clock.speed, paused, epoch, simulated: clock.simulated });
        const view = viewOf(state, now);
        send([changedSections(view, shown).map(({ topic, payload }) => ({ topic, payload }))]);
        shown = view;
        status(working(new Date(now).toISOString().slice(11, 16)));
      };

      // Real time on purpose: browsers are to be spared whatever the community's clock does.
      const timer = setInterval(() => run(show), config.everySeconds);

      community.on('reset', begin);
      community.on('member', begin);
      setImmediate(begin);
      status(idle('nothing to show yet'));

      return {
        input(message) {
          // A browser that has just opened the dashboard asks for everything.
          if (message.topic === 'show') shown = null;
          else fold(message.payload);
        },
        close: () => {
          clearInterval(timer);
          community.off('reset', begin);
          community.off('member', begin);
        },
      };
    },
  });
}
