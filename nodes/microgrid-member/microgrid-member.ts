// Configuration node: one member of the community. Its key is made and kept by the runtime, in a file of its own and
// never in the flow; the dialog shows the public part, which the roster of the ledger names.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { openMemberKeys } from '../../src/ledger/key-store.ts';
import type { MemberKeys } from '../../src/ledger/keys.ts';
import type { Community } from '../microgrid-community/community.ts';
import { choice, nodeId, pattern } from '../shared/config-fields.ts';
import { apiOf, defineNode } from '../shared/define-node.ts';
import { type KeyPlace, serveKeys } from './key-routes.ts';

/** What a member offers to the nodes that act for it. */
export interface Member {
  readonly id: string;
  readonly kind: 'home' | 'business' | 'storage' | 'operator';
  readonly community: Community;
  readonly keys: MemberKeys;
  /** Area of the feeder tree on which it hangs, or null. */
  readonly feeder: string | null;
}

const places = new Map<string, KeyPlace>();

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-member',
    config: v.object({
      community: nodeId(),
      memberId: pattern('the id', /^[a-z0-9][a-z0-9-]{0,62}$/, 'small letters, digits and hyphens, at most 63'),
      kind: choice('the kind', ['home', 'business', 'storage', 'operator']),
      feeder: pattern('the feeder', /^$|^[a-z][a-z0-9-]{0,63}$/, 'the id of an area of the market, in small letters'),
    }),
    create({ node, config, directory }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const place = {
        directory: join(directory, 'microgrid', 'keys'),
        community: community.rules.origin,
        member: config.memberId,
      };
      const keys = openMemberKeys(place.directory, place.community, place.member, randomBytes);
      const feeder = config.feeder === '' ? null : config.feeder;
      const member: Member = { id: config.memberId, kind: config.kind, community, keys, feeder };
      const leave = community.join(member);
      places.set(node.id, { ...place, vkey: keys.record.vkey });
      return {
        api: member,
        close() {
          leave();
          places.delete(node.id);
        },
      };
    },
  });

  serveKeys(RED, places);
}
