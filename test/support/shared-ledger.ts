// A street in one Node-RED whose ledger is shared: the operator's share node, replicas and outboxes of members, all wired to each
// other as a broker would join them. The test itself is the members' witnesses.
import { parseNote } from '../../src/log/note.ts';
import type { FlowItem, Payload, Version } from './flow.ts';
import { type StreetFlow, type StreetOptions, startStreet } from './market-flow.ts';
import { appendNode, marketNode, nodeOf } from './market-nodes.ts';

export interface SharedOptions extends StreetOptions {
  /** Members with a full copy, with a light one, with an outbox. */
  readonly full?: readonly string[];
  readonly light?: readonly string[];
  readonly outboxes?: readonly string[];
  readonly operatorKey?: string;
  readonly version?: Version;
}

export async function startShared(options: SharedOptions): Promise<StreetFlow> {
  const { full = [], light = [], outboxes = [], operatorKey = '' } = options;
  const members = [
    ...full.map(
      (id): FlowItem => ({ id: `replica ${id}`, type: 'microgrid-replica', mode: 'full', member: nodeOf(id) }),
    ),
    ...light.map(
      (id): FlowItem => ({ id: `light ${id}`, type: 'microgrid-replica', mode: 'light', member: nodeOf(id) }),
    ),
    ...outboxes.map((id): FlowItem => ({ id: `outbox ${id}`, type: 'microgrid-outbox', member: nodeOf(id) })),
  ].map((item) => ({ ...item, operatorKey, outputs: 3 }));
  const all: FlowItem[] = [...members, { id: 'share', type: 'microgrid-ledger-share', ledger: 'ledger', outputs: 2 }];
  const wired = all.map((item) => {
    const others = all.map(({ id }) => id).filter((id) => id !== item.id);
    const wires = Array.from({ length: item.outputs ?? 0 }, (_, i) => [
      `${item.id} out ${i}`,
      ...(i === 0 ? others : []),
    ]);
    return { ...item, wires };
  });
  return startStreet([...wired, appendNode('operator'), marketNode()], options);
}

/** All members' witnesses cosign the newest checkpoint that was shared. */
export async function cosign(street: StreetFlow, members: readonly string[]): Promise<void> {
  const { store } = await street.ledger.open();
  const checkpoint = store.checkpoint() ?? '';
  const { text } = parseNote(checkpoint);
  const size = Number(text.split('\n')[1]);
  for (const id of members) {
    const { keys } = street.member(id);
    const line = keys.cosigner.cosign(text, Math.floor(street.community.clock.now() / 1000));
    await street.ok('share', { type: 'cosignature', origin: text.split('\n')[0], size, member: id, line });
  }
}

/** Waits for a result of a replica. */
export const result = (street: StreetFlow, id: string, fits: (payload: Payload) => boolean, ms = 15_000) =>
  street.flow.next(id, 2, fits, { ms });
