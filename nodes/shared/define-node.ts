// The one error boundary of all nodes, and their one way into Node-RED. A node gives its configuration schema, its
// migrations and a `create` function; everything thrown in it, or in a handler it returns, ends as `done(Error)` for
// Catch nodes and as red status. Nothing throws past a node: a rejected promise there would end the Node-RED process.
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow, NodeStatus } from 'node-red';
import * as v from 'valibot';
import { describe } from '../../src/units.ts';
import { degraded, failed } from './status.ts';

/** A message as nodes see it. Payloads are checked by schema (messages.ts) before use. */
export interface Message {
  topic?: unknown;
  payload?: unknown;
  [property: string]: unknown;
}

/** What a node sends: one entry per output, null for none, a list for several in a row. */
export type Outputs = readonly (Message | readonly Message[] | null | undefined)[];

export interface NodeContext<Config> {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly config: Config;
  /** What is kept apart from the flow, by name; '' where it is not given. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Node-RED's user directory: keys, ledgers and states live under `microgrid/` in it. */
  readonly directory: string;
  status(status: NodeStatus): void;
  /** Sends outside of an input handler. */
  send(outputs: Outputs): void;
  /** Reports an error that no message caused: Catch nodes and red status. */
  fail(error: unknown): void;
  /** Runs background work inside the boundary: what it throws is reported, never lost and never thrown on. */
  run(work: () => void | Promise<void>): void;
}

export interface Handlers {
  input?(message: Message, send: (outputs: Outputs) => void): void | Promise<void>;
  /** Ends everything this node started; awaited, at most 15 s. */
  close?(removed: boolean): void | Promise<void>;
  /** What a configuration node offers to the nodes that name it. */
  api?: object;
}

export interface Definition<Config> {
  readonly type: string;
  /** Checks and types the configuration as Node-RED stores it (text fields are strings). */
  readonly config: v.GenericSchema<unknown, Config>;
  /** Names of texts that are no part of the flow and leave it with no export: personal data. */
  readonly credentials?: readonly string[];
  /** migrations[i] turns a configuration of version i+1 into version i+2. */
  readonly migrations?: readonly ((config: Record<string, unknown>) => Record<string, unknown>)[];
  /** Index of the output that carries what was refused. */
  readonly refusedOutput?: number;
  create(context: NodeContext<Config>): Handlers;
}

/**
 * Something a person or a neighbour asked for that the rules do not allow: a stable code and a sentence. A calm one is nobody's
 * fault (the same record once more, what a reset overtook): it goes to the second output or the log, and no Catch node hears of it.
 */
export class Refusal extends Error {
  readonly code: string;
  readonly subject: unknown;
  /** What the status shows of a calm refusal, else null. */
  readonly calm: string | null;

  constructor(code: string, text: string, subject?: unknown, calm: string | null = null) {
    super(text);
    this.name = 'Refusal';
    this.code = code;
    this.subject = subject;
    this.calm = calm;
  }
}

/** What the second output carries. */
function refusalOf({ code, text }: { readonly code: string; readonly text: string }, refused: unknown) {
  return { type: 'refusal', code, text, refused };
}

const apis = new WeakMap<object, object>();
/** Why a configuration node could not start, for the nodes that name it. */
const problems = new WeakMap<object, Error>();
/** The nodes that use a configuration node, as ways to tell them of its problems: no Catch node hears of it itself. */
const users = new WeakMap<object, Set<(problem: Error) => void>>();
/** The node that is being created, on whose behalf `apiOf` is asked. */
let asking: { readonly tell: (problem: Error) => void; readonly used: Set<object> } | null = null;

/** A problem of a configuration node, as told by the nodes that use it. */
class ConfigurationProblem extends Error {}

/** The type of configuration node behind each name that `apiOf` is asked for. */
const TYPE_OF = {
  community: 'microgrid-community',
  member: 'microgrid-member',
  operator: 'microgrid-member',
  'Modbus host': 'microgrid-modbus',
  ledger: 'microgrid-ledger',
} as const;

export function defineNode<Config>(RED: NodeAPI, definition: Definition<Config>): void {
  function construct(this: Node, stored: NodeDef): void {
    RED.nodes.createNode(this, stored);
    start(RED, this, stored, definition);
  }
  const names = definition.credentials ?? [];
  if (names.length === 0) RED.nodes.registerType(definition.type, construct);
  else {
    const credentials = Object.fromEntries(names.map((name) => [name, { type: 'text' as const }]));
    RED.nodes.registerType(definition.type, construct, { credentials });
  }
}

/**
 * The interface of the configuration node that a property names.
 * @throws Error with a sentence when none is chosen, when it is something else, or when it failed to start
 */
export function apiOf<Api extends object>(RED: NodeAPI, id: unknown, what: keyof typeof TYPE_OF): Api {
  const node = typeof id === 'string' && id !== '' ? RED.nodes.getNode(id) : null;
  if (!node) throw new Error(`no ${what} is chosen, or it is disabled; open this node and choose one`);
  if (node.type !== TYPE_OF[what]) {
    throw new Error(`a ${node.type} stands where the ${what} should be; open this node and choose a ${what}`);
  }
  const api = apis.get(node);
  if (!api) {
    const problem = problems.get(node);
    // The one at the root is to be mended, not those between.
    if (problem instanceof ConfigurationProblem) throw new ConfigurationProblem(problem.message);
    const why = problem ? `: ${problem.message}` : '; open it and mend that first';
    throw new ConfigurationProblem(`the ${what} "${node.name || node.id}" has a problem of its own${why}`);
  }
  if (asking) {
    users.set(node, (users.get(node) ?? new Set()).add(asking.tell));
    asking.used.add(node);
  }
  return api as Api;
}

function start<Config>(RED: NodeAPI, node: Node, stored: NodeDef, definition: Definition<Config>): void {
  let handlers: Handlers = {};
  let broken: Error | null = null;
  let closing = false;
  let standing = false;
  setImmediate(() => {
    standing = true;
  });

  const told = new WeakSet<Error>();
  const fail = (problem: unknown) => {
    if (closing) return;
    const error = toError(problem);
    node.status(failed(error.message));
    // A node that waits for a configuration node may hear of its problem twice.
    if (told.has(error)) return;
    told.add(error);
    for (const tell of users.get(node) ?? []) tell(error);
    // Catch nodes hear of something only once the whole flow stands.
    if (standing) node.error(error, {} as NodeMessageInFlow);
    else setImmediate(() => closing || node.error(error, {} as NodeMessageInFlow));
  };

  const context = (config: Config): NodeContext<Config> => ({
    RED,
    node,
    config,
    credentials: readCredentials(definition, node),
    directory: String(RED.settings.userDir ?? '.'),
    status: (status) => {
      if (!closing) node.status(status);
    },
    send: (outputs) => {
      if (!closing) node.send(toSend(outputs));
    },
    fail,
    run: (work) => {
      // The extra turn also catches what `work` throws before its first await.
      Promise.resolve().then(work).catch(fail);
    },
  });

  const used = new Set<object>();
  // A configuration node's own problems have a name; of those that it only uses, the nodes in the flow tell.
  const tell = (problem: Error) => {
    if (!handlers.api) fail(problem);
  };
  asking = { tell, used };
  try {
    handlers = definition.create(context(readConfig(definition, stored)));
    if (handlers.api) apis.set(node, handlers.api);
  } catch (problem) {
    broken = toError(problem);
    problems.set(node, broken);
    fail(broken);
  } finally {
    asking = null;
  }

  node.on('input', (message, send, done) => {
    const out = (outputs: Outputs) => send(toSend(outputs));
    handle(message as Message, out).then(
      () => done(),
      (problem) => {
        // Work that a close cut short is no error, and its node has no status any more.
        if (closing) return done();
        const error = toError(problem);
        const calm = error instanceof Refusal ? error.calm : null;
        node.status(calm === null ? failed(error.message) : degraded(calm));
        if (error instanceof Refusal && definition.refusedOutput !== undefined) {
          const outputs = Array.from({ length: definition.refusedOutput + 1 }, (): Message | null => null);
          outputs[definition.refusedOutput] = {
            ...(message as Message),
            payload: refusalOf({ code: error.code, text: error.message }, error.subject ?? message.payload),
          };
          out(outputs);
        } else if (calm !== null) node.log(error.message);
        if (calm === null) done(error);
        else done();
      },
    );
  });

  async function handle(message: Message, send: (outputs: Outputs) => void): Promise<void> {
    if (broken) throw broken;
    if (!handlers.input) throw new Error(`${definition.type} takes no messages`);
    await handlers.input(message, send);
  }

  // Node-RED chooses close handlers by their argument count: only (removed, done) is awaited.
  node.on('close', (removed: boolean, done: () => void) => {
    closing = true;
    apis.delete(node);
    for (const one of used) users.get(one)?.delete(tell);
    Promise.resolve()
      .then(() => handlers.close?.(removed))
      .catch((problem) => node.warn(`while closing: ${toError(problem).message}`))
      .then(() => done());
  });
}

function readConfig<Config>(definition: Definition<Config>, stored: NodeDef): Config {
  const migrations = definition.migrations ?? [];
  let config: Record<string, unknown> = { ...stored };
  const version = Number(config['configVersion'] ?? 1);
  if (!Number.isInteger(version) || version < 1 || version > migrations.length + 1) {
    throw new Error(
      `this node was saved by another version of the package (configuration ${describe(config['configVersion'])}); update the package, or open and save the node`,
    );
  }
  for (const migrate of migrations.slice(version - 1)) config = migrate(config);
  const result = v.safeParse(definition.config, config);
  // The fields name themselves, in a person's words.
  if (!result.success) throw new Error(`${result.issues[0].message}; open this node and correct it`);
  return result.output;
}

function readCredentials<Config>({ credentials = [] }: Definition<Config>, node: Node): Record<string, string> {
  const given: Readonly<Record<string, unknown>> =
    (node as { credentials?: Record<string, unknown> }).credentials ?? {};
  return Object.fromEntries(credentials.map((name) => [name, typeof given[name] === 'string' ? given[name] : '']));
}

/** Whatever was thrown, as an Error with a sentence (Catch nodes show "[object Object]" for anything else). */
export function toError(problem: unknown): Error {
  if (problem instanceof Error) return problem;
  const text = typeof problem === 'object' && problem !== null && 'message' in problem ? problem.message : problem;
  return new Error(typeof text === 'string' ? text : `an unknown problem: ${describe(text)}`);
}

function toSend(outputs: Outputs): NodeMessageInFlow[] {
  return outputs.map((output) => output ?? null) as NodeMessageInFlow[];
}
