// Configuration node: where the community's ledger lives and which member operates it.
import { isAbsolute, join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import type { Community } from '../microgrid-community/community.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { nodeId, optionalText } from '../shared/config-fields.ts';
import { apiOf, defineNode } from '../shared/define-node.ts';
import { LedgerService } from './ledger-service.ts';

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-ledger',
    config: v.object({ community: nodeId(), operator: nodeId(), folder: optionalText('the folder') }),
    create({ node, config, directory, fail }) {
      const community = apiOf<Community>(RED, config.community, 'community');
      const operator = apiOf<Member>(RED, config.operator, 'operator');
      const folder = config.folder === '' ? join('microgrid', 'ledgers', community.rules.origin) : config.folder;
      const service = new LedgerService(community, operator, isAbsolute(folder) ? folder : join(directory, folder), {
        onState: ({ text }) => node.log(`ledger ${community.ledgerOrigin} open, ${text}`),
        onProblem: fail,
      });
      return { api: service, close: () => service.close() };
    },
  });
}
