// What the tabs of several examples have in common: a community with its members and market, buttons, debug nodes.
import type { FlowBuilder } from './builder.ts';

const SPEED = '180';
const START = '2017-07-10T06:00Z';

interface ExampleCommunity {
  readonly origin: string;
  readonly start?: string;
  readonly clock?: 'simulated' | 'real';
}

export function community(flow: FlowBuilder, { origin, start = START, clock = 'simulated' }: ExampleCommunity): void {
  flow.config('community', 'microgrid-community', {
    name: '',
    origin,
    currency: 'EUR',
    importTariff: '30',
    feedInTariff: '8',
    gateLeadMinutes: '5',
    maxOrderKWh: '100',
    ordersPerMember: '10',
    clock,
    start,
    speed: SPEED,
  });
}

export function member(flow: FlowBuilder, id: string, kind: string, port?: number): void {
  flow.config(id, 'microgrid-member', { name: '', community: flow.id('community'), memberId: id, kind });
  if (port === undefined) return;
  flow.config(`${id}-modbus`, 'microgrid-modbus', {
    name: '',
    host: '127.0.0.1',
    port: String(port),
    timeoutSeconds: '3',
    gapMs: '0',
  });
}

/** The ledger of the community, operated by its member `operator`; its id. */
export function operatedLedger(flow: FlowBuilder): string {
  return flow.config('ledger', 'microgrid-ledger', {
    name: '',
    community: flow.id('community'),
    operator: flow.id('operator'),
    folder: '',
  });
}

export function interval(flow: FlowBuilder, x: number, y: number, wires: readonly (readonly string[])[]): void {
  flow.node('interval', 'microgrid-interval', x, y, { name: '', community: flow.id('community') }, wires);
}

export function debug(flow: FlowBuilder, name: string, x: number, y: number): void {
  const shown = {
    active: true,
    tosidebar: true,
    console: false,
    tostatus: false,
    complete: 'payload',
    targetType: 'msg',
  };
  flow.node(name, 'debug', x, y, { name, ...shown }, []);
}

export function inject(
  flow: FlowBuilder,
  name: string,
  x: number,
  y: number,
  payload: object,
  to: readonly string[],
): void {
  const message = { props: [{ p: 'payload' }], payload: JSON.stringify(payload), payloadType: 'json', topic: '' };
  flow.node(name, 'inject', x, y, { name, ...message, repeat: '', crontab: '', once: false, onceDelay: 0.1 }, [to]);
}

export function errors(flow: FlowBuilder, y: number): void {
  flow.node('catch', 'catch', 130, y, { name: 'any error', scope: null, uncaught: false }, [['errors']]);
  flow.node(
    'errors',
    'debug',
    330,
    y,
    { name: 'errors', active: true, tosidebar: true, complete: 'error', targetType: 'msg' },
    [],
  );
}

export function market(
  flow: FlowBuilder,
  x: number,
  y: number,
  ledger: string,
  wires: readonly (readonly string[])[],
): void {
  const settings = { name: '', community: flow.id('community'), ledger, rule: 'uniform-price/1' };
  flow.node('market', 'microgrid-market', x, y, settings, wires);
}

/** Passes on only what one kind of node reads. */
export function only(flow: FlowBuilder, name: string, type: string, x: number, y: number, to: readonly string[]): void {
  const rules = [{ t: 'eq', v: type, vt: 'str' }];
  const how = { property: 'payload.type', propertyType: 'msg', checkall: 'true', repair: false, outputs: 1 };
  flow.node(name, 'switch', x, y, { name: `only ${type}s`, rules, ...how }, [to]);
}
