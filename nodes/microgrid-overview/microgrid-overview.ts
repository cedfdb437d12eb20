// Folds what the nodes of a street say into one view for a dashboard: energy now, the day, the last auction, members,
// the honest question, the newest blocks. At most one message per period, however much arrives.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import {
  changedSections,
  emptyOverview,
  foldOverview,
  type OverviewState,
  type View,
  viewOf,
} from '../../src/overview/index.ts';
import type { Community } from '../microgrid-community/community.ts';
import { decimal, nodeId } from '../shared/config-fields.ts';
import { apiOf, defineNode } from '../shared/define-node.ts';
import { stateFile } from '../shared/state-file.ts';
import { idle, working } from '../shared/status.ts';

/** Real time between two saves: often enough for a person, seldom enough for an SD card. */
const SAVE_EVERY_MS = 60_000;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-overview',
    config: v.object({ community: nodeId(), everySeconds: decimal('the period (seconds)', 3, 100, 3_600_000) }),
    create({ config, directory, node, status, send, run }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      let state = emptyOverview();
      /** The last state that could be shown. */
      let sound = state;
      let shown: View | null = null;

      const fold = (payload: unknown) => {
        state = foldOverview(state, payload, community.clock.now());
      };
      // What was counted survives a restart; a new epoch begins at nothing.
      const memory = stateFile(
        directory,
        'overviews',
        [community.rules.origin, node.id],
        v.object({
          epoch: v.number(),
          state: v.custom<OverviewState>((value) => typeof value === 'object' && value !== null),
        }),
        (sentence) => node.warn(sentence),
      );
      let saved: OverviewState | null = null;
      let savedAt = Date.now();
      const save = () => {
        if (state === saved) return;
        memory.write({ epoch: community.epoch, state });
        saved = state;
        savedAt = Date.now();
      };

      /** A state that cannot be shown would fail at every turn, for ever. */
      const usable = (kept: OverviewState): OverviewState => {
        const whole = { ...emptyOverview(), ...kept };
        try {
          viewOf(whole, community.clock.now());
          return whole;
        } catch {
          node.warn('the saved overview cannot be read and is left aside; counting starts afresh');
          return emptyOverview();
        }
      };

      const begin = () => {
        const before = memory.read();
        state = before?.epoch === community.epoch ? usable(before.state) : emptyOverview();
        saved = state;
        shown = null;
        tellMembers();
        sound = state;
      };
      const tellMembers = () => {
        fold({
          type: 'community',
          currency: community.rules.currency,
          tariffs: community.rules.tariffs,
          members: [...community.members.values()].map(({ id, kind }) => ({ id, kind })),
        });
      };
      /** Energy beyond any sum would make every view fail, for ever: what came since the last view is dropped instead. */
      const soundView = (now: number): View => {
        try {
          const view = viewOf(state, now);
          sound = state;
          return view;
        } catch (problem) {
          state = sound;
          throw problem;
        }
      };
      const show = () => {
        const { clock, epoch, paused } = community;
        const now = clock.now();
        fold({ type: 'clock', now, speed: clock.speed, paused, epoch, simulated: clock.simulated });
        const view = soundView(now);
        send([changedSections(view, shown).map(({ topic, payload }) => ({ topic, payload }))]);
        shown = view;
        status(working(new Date(now).toISOString().slice(11, 16)));
        if (Date.now() - savedAt >= SAVE_EVERY_MS) save();
      };

      // Real time on purpose: browsers are to be spared whatever the community's clock does.
      const timer = setInterval(() => run(show), config.everySeconds);

      community.on('reset', begin);
      community.on('member', tellMembers);
      begin();
      status(idle('nothing to show yet'));

      return {
        input(message) {
          // A browser that has just opened the dashboard asks for everything.
          if (message.topic === 'show') shown = null;
          else fold(message.payload);
        },
        close: () => {
          clearInterval(timer);
          save();
          community.off('reset', begin);
          community.off('member', tellMembers);
        },
      };
    },
  });
}
