// A small community with its market and ledger inside a real Node-RED runtime, on a clock that only moves when a test says
// so. `give` hands a node one message and comes back once the node is done with it, with all that it sent.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { inspect } from 'node:util';
import helper from 'node-red-node-test-helper';
import allocation from '../../nodes/microgrid-allocation/microgrid-allocation.ts';
import balance from '../../nodes/microgrid-balance/microgrid-balance.ts';
import cheat from '../../nodes/microgrid-cheat/microgrid-cheat.ts';
import type { Community } from '../../nodes/microgrid-community/community.ts';
import type { LedgerService } from '../../nodes/microgrid-ledger/ledger-service.ts';
import ledger from '../../nodes/microgrid-ledger/microgrid-ledger.ts';
import append from '../../nodes/microgrid-ledger-append/microgrid-ledger-append.ts';
import read from '../../nodes/microgrid-ledger-read/microgrid-ledger-read.ts';
import share from '../../nodes/microgrid-ledger-share/microgrid-ledger-share.ts';
import verify from '../../nodes/microgrid-ledger-verify/microgrid-ledger-verify.ts';
import market from '../../nodes/microgrid-market/microgrid-market.ts';
import type { Member } from '../../nodes/microgrid-member/microgrid-member.ts';
import order from '../../nodes/microgrid-order/microgrid-order.ts';
import outbox from '../../nodes/microgrid-outbox/microgrid-outbox.ts';
import overview from '../../nodes/microgrid-overview/microgrid-overview.ts';
import replica from '../../nodes/microgrid-replica/microgrid-replica.ts';
import settle from '../../nodes/microgrid-settle/microgrid-settle.ts';
import statement from '../../nodes/microgrid-statement/microgrid-statement.ts';
import tariff from '../../nodes/microgrid-tariff/microgrid-tariff.ts';
import witness from '../../nodes/microgrid-witness/microgrid-witness.ts';
import type { BodyFields, RecordKind } from '../../src/ledger/kinds.ts';
import { makeRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { communityNode, type FlowItem, type Payload, type RunningFlow, startFlow, type Version } from './flow.ts';
import { FIRST, gateOf, HOMES, LEDGER, nodeOf, ORIGIN, orderOf, START } from './market-nodes.ts';

export interface StreetOptions {
  readonly userDir?: string;
  readonly version?: Version;
  readonly community?: object;
  /** What Node-RED keeps apart from the flow, by node. */
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Ids of the homes; an operator is added where there is a ledger. */
  readonly homes?: readonly string[];
  /** Area of the feeder tree, by home. */
  readonly feeders?: Readonly<Record<string, string>>;
  /** False: no ledger, no operator. An object: fields of the ledger's node. */
  readonly ledger?: boolean | object;
}

/** What a node did with one message. */
export interface Given {
  /** What `done` was called with. */
  readonly error: Error | null;
  /** Payloads by output. */
  readonly out: readonly (readonly Payload[])[];
}

/** Deploys the given nodes with a community, its members and its ledger. */
export async function startStreet(items: readonly FlowItem[], options: StreetOptions = {}): Promise<StreetFlow> {
  const { homes = HOMES, ledger: kept = true, version = '5', userDir, credentials = {} } = options;
  const all = [
    communityNode(options.community),
    ...homes.map((id) => memberItem(id, 'home', options.feeders?.[id])),
    ...(kept === false ? [] : [memberItem('operator', 'operator'), ledgerItem(kept === true ? {} : kept)]),
    ...items.map((item) => ({ name: '', configVersion: 1, ...item })),
  ];
  const more = [
    ledger,
    append,
    read,
    verify,
    market,
    order,
    overview,
    settle,
    allocation,
    balance,
    statement,
    tariff,
    share,
    cheat,
    replica,
    outbox,
    witness,
  ];
  const flow = await startFlow(all, { version, more, credentials, ...(userDir === undefined ? {} : { userDir }) });
  const street = new StreetFlow(flow, items, version);
  try {
    // Without a ledger this waits for nothing.
    await street.community.ready();
    return street;
  } catch (problem) {
    const said = flow.log.split('\n').filter((line) => line.includes('"level":20'));
    // Else every test after this one would fail too.
    await street.stop();
    throw new Error(`the street does not start: ${said.join('; ')}`, { cause: problem });
  }
}

const memberItem = (id: string, kind: string, feeder = ''): FlowItem => ({
  id: nodeOf(id),
  type: 'microgrid-member',
  name: '',
  configVersion: 1,
  community: 'community',
  memberId: id,
  kind,
  feeder,
});

const ledgerItem = (more: object): FlowItem => ({
  id: 'ledger',
  type: 'microgrid-ledger',
  name: '',
  configVersion: 1,
  community: 'community',
  operator: nodeOf('operator'),
  folder: '',
  ...more,
});

interface CompleteEvent {
  readonly msg: { readonly _msgid?: string };
  readonly node: { readonly id: string };
  readonly error?: Error;
}

interface Hooks {
  add(name: string, listener: (event: CompleteEvent) => void): void;
  remove(name: string): void;
}

export class StreetFlow {
  readonly flow: RunningFlow;
  readonly #outputs: ReadonlyMap<string, number>;
  readonly #hooks: Hooks;
  readonly #waiting = new Map<string, (error: Error | null) => void>();
  #messages = 0;
  #stopped = false;

  constructor(flow: RunningFlow, items: readonly FlowItem[], version: Version) {
    this.flow = flow;
    this.#outputs = new Map(items.map(({ id, outputs = 0 }) => [id, outputs]));
    const main = createRequire(import.meta.url).resolve(version === '5' ? 'node-red' : 'node-red-4');
    const util = createRequire(join(dirname(main), 'x.js'))('@node-red/util') as { hooks: Hooks };
    this.#hooks = util.hooks;
    this.#hooks.add('onComplete.street', ({ msg, error }) => {
      const id = msg._msgid ?? '';
      const done = this.#waiting.get(id);
      this.#waiting.delete(id);
      done?.(error ?? null);
    });
  }

  get community(): Community {
    return this.flow.community;
  }

  get ledger(): LedgerService {
    return this.flow.api<LedgerService>('ledger', 'ledger');
  }

  member(id: string): Member {
    return this.flow.api<Member>(nodeOf(id), 'member');
  }

  get userDir(): string {
    return this.flow.userDir;
  }

  /** Directory of the first epoch's ledger. */
  get ledgerPath(): string {
    return join(this.userDir, 'microgrid/ledgers', ORIGIN, '1');
  }

  /** Sets the community's clock. */
  at(time: string | number): void {
    this.community.resumeAt(typeof time === 'number' ? time : Date.parse(time));
  }

  /** Begins a new epoch, and waits until its ledger is open: that sets the clock. */
  async reset(): Promise<void> {
    this.community.reset();
    await this.community.ready();
  }

  /** Hands a node a message, waits until it is done, and tells what it sent meanwhile. */
  async give(id: string, payload: unknown, more: object = {}): Promise<Given> {
    const outputs = this.#outputs.get(id) ?? 0;
    const before = Array.from({ length: outputs }, (_, output) => this.flow.messages(id, output).length);
    const _msgid = `test-${++this.#messages}`;
    const error = await new Promise<Error | null>((resolve) => {
      this.#waiting.set(_msgid, resolve);
      helper.getNode(id).receive({ _msgid, payload, ...more } as never);
    });
    // What was sent is under way to the recorders.
    for (let i = 0; i < 4; i++) await turn();
    return { error, out: before.map((from, output) => this.flow.payloads(id, output).slice(from)) };
  }

  /** As `give`, where no error is expected. @returns payloads by output */
  async ok(id: string, payload: unknown, more: object = {}): Promise<Given['out']> {
    const { error, out } = await this.give(id, payload, more);
    if (error) throw new Error(`${id} refused: ${error.message}`, { cause: error });
    return out;
  }

  /** An order that is signed by its member and recorded. */
  async recordOrder(
    member: string,
    side: 'buy' | 'sell',
    wh: number,
    limit: number,
    interval = FIRST,
  ): Promise<Payload> {
    return this.first(`append ${member}`, orderOf(member, side, wh, limit, { interval }));
  }

  /** Closes the gate on the community's clock: the clearing is recorded and its block sealed. */
  async gate(interval = FIRST): Promise<Payload> {
    const due = Date.parse(interval) - 300_000;
    if (this.community.clock.now() < due) this.at(due);
    return this.first('append operator', await this.first('market', gateOf(interval)));
  }

  /** The first payload of the first output. */
  async first(id: string, payload: unknown): Promise<Payload> {
    const sent = (await this.ok(id, payload))[0]?.[0];
    if (!sent) throw new Error(`${id} sent nothing`);
    return sent;
  }

  /** A message that must be refused with a code: on the second output, for Catch nodes, and in red. */
  async refuses(id: string, payload: unknown, code: string): Promise<string> {
    const { error, out } = await this.give(id, payload);
    const [refusal, ...others] = out[1] ?? [];
    const { fill, shape } = this.flow.status(id) ?? {};
    const heard = this.flow.caught.at(-1)?.error.message;
    const said = { type: refusal?.type, code: refusal?.['code'], others, fill, shape, sent: out[0], heard };
    assert.deepEqual(said, {
      type: 'refusal',
      code,
      others: [],
      fill: 'red',
      shape: 'ring',
      sent: [],
      heard: `Refusal: ${error?.message}`,
    });
    const text = String(refusal?.['text']);
    assert.equal(text, error?.message);
    assert.ok(refusal?.['refused'], 'the refusal carries what was refused');
    return sentence(text);
  }

  /** A message that must end as an error, with nothing sent. @returns its sentence */
  async fails(id: string, payload: unknown): Promise<string> {
    const { error, out } = await this.give(id, payload);
    assert.ok(error instanceof Error, `${id} took ${inspect(payload)}: ${JSON.stringify(out)}`);
    assert.deepEqual(out[0] ?? [], []);
    assert.equal(this.flow.status(id)?.fill, 'red');
    assert.equal(this.flow.caught.at(-1)?.error.message, String(error));
    return sentence(error.message);
  }

  sign<Kind extends RecordKind>(
    member: string,
    kind: Kind,
    interval: string | null,
    fields: BodyFields<Kind>,
    { ledger = LEDGER, as = member }: { ledger?: string; as?: string } = {},
  ): SignedRecord {
    const head = { ledger, member: as, kind, interval, time: new Date(START).toISOString() };
    const { note, body } = makeRecord(this.member(member).keys.record, head, fields, nonce);
    return { note, body };
  }

  /** Ends the flow; once is enough, again does nothing. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#hooks.remove('*.street');
    await this.flow.stop();
  }
}

/** Something a person can read: not empty, not an object's name, not of any length. */
function sentence(text: string): string {
  assert.match(text, /^[^\n]{12,600}$/);
  assert.doesNotMatch(text, /\[object|undefined is not|of undefined|of null|is not a function|NaN is/);
  return text;
}

let nonces = 0;

/** A nonce that no other record of this process has. */
function nonce(bytes: number): Uint8Array {
  const result = new Uint8Array(bytes);
  new DataView(result.buffer).setUint32(0, ++nonces);
  return result;
}
