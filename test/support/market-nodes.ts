// The market and ledger nodes of a test street as their dialogs store them, payloads to hand to them, and values that no node
// should take.
import type { FlowItem, Payload } from './flow.ts';

export const ORIGIN = 'sunny-street.example';
export const LEDGER = `${ORIGIN}/ledger/1`;
/** The community's clock at the first deploy: 06:00, the gate of 06:15 closes at 06:10. */
export const START = Date.parse('2017-07-10T06:00Z');
export const FIRST = '2017-07-10T06:15Z';
export const SECOND = '2017-07-10T06:30Z';
export const HOMES = ['home-1', 'home-2', 'home-3'] as const;

/** Id of a member's node: in Node-RED no id may equal the value of a property, such as the member's own id. */
export const nodeOf = (member: string): string => (member === '' ? '' : `the ${member}`);

export const appendNode = (member: string, more: object = {}): FlowItem => ({
  id: `append ${member}`,
  type: 'microgrid-ledger-append',
  ledger: 'ledger',
  member: nodeOf(member),
  outputs: 3,
  ...more,
});

export const readNode = (more: object = {}): FlowItem => ({
  id: 'read',
  type: 'microgrid-ledger-read',
  ledger: 'ledger',
  what: 'records',
  member: '',
  kind: '',
  interval: '',
  limit: '20',
  outputs: 1,
  ...more,
});

export const verifyNode = (more: object = {}): FlowItem => ({
  id: 'verify',
  type: 'microgrid-ledger-verify',
  ledger: 'ledger',
  folder: '',
  outputs: 2,
  ...more,
});

export const witnessNode = (member: string, more: object = {}): FlowItem => ({
  id: `witness ${member}`,
  type: 'microgrid-witness',
  member: nodeOf(member),
  keys: '',
  outputs: 2,
  ...more,
});

export const marketNode = (more: object = {}): FlowItem => ({
  id: 'market',
  type: 'microgrid-market',
  community: 'community',
  ledger: 'ledger',
  rule: 'uniform-price/1',
  outputs: 3,
  ...more,
});

export const settleNode = (more: object = {}): FlowItem => ({
  id: 'settle',
  type: 'microgrid-settle',
  community: 'community',
  ledger: 'ledger',
  outputs: 3,
  ...more,
});

export const allocationNode = (more: object = {}): FlowItem => ({
  id: 'allocation',
  type: 'microgrid-allocation',
  community: 'community',
  kind: 'dynamic',
  keys: '',
  price: '15',
  timeZone: 'Europe/Vienna',
  unit: 'kWh',
  stamp: 'start',
  toleranceWh: '1',
  outputs: 4,
  ...more,
});

export const balanceNode = (more: object = {}): FlowItem => ({
  id: 'balance',
  type: 'microgrid-balance',
  community: 'community',
  externals: 'community',
  executionDays: '3',
  outputs: 4,
  ...more,
});

export const statementNode = (more: object = {}): FlowItem => ({
  id: 'statement',
  type: 'microgrid-statement',
  community: 'community',
  ledger: 'ledger',
  member: '',
  format: 'object',
  timeZone: 'Europe/Berlin',
  closingDays: '3',
  outputs: 2,
  ...more,
});

export const orderNode = (more: object = {}): FlowItem => ({
  id: 'order',
  type: 'microgrid-order',
  member: nodeOf('home-1'),
  batteryKWh: '0',
  batteryKW: '5',
  efficiency: '90',
  minSoc: '10',
  maxSoc: '100',
  outputs: 1,
  ...more,
});

export const overviewNode = (more: object = {}): FlowItem => ({
  id: 'overview',
  type: 'microgrid-overview',
  community: 'community',
  everySeconds: '0.1',
  outputs: 1,
  ...more,
});

export const gateOf = (interval: string) => ({ type: 'interval', event: 'gate', interval });

export const orderOf = (
  member: string,
  side: 'buy' | 'sell',
  wh: number,
  limit: number,
  more: object = {},
): Payload => ({ type: 'order', member, interval: FIRST, side, wh, limit, ...more });

export const meterOf = (
  member: string,
  importWh: number | null,
  exportWh: number | null,
  interval = FIRST,
): Payload => ({
  type: 'meter',
  member,
  interval,
  importWh,
  exportWh,
  importCounterWh: null,
  exportCounterWh: null,
  quality: importWh === null || exportWh === null ? 'missing' : 'measured',
  reason: null,
});

/** What a node must never be given, and sometimes is. */
export const garbage: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  12.5,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  '12',
  'x'.repeat(100_000),
  '\ud800',
  [],
  [[[]]],
  [1, 'a', null],
  {},
  { type: null },
  { type: 12 },
  { type: '__proto__' },
  { type: 'constructor' },
  { type: 'nonsense', interval: FIRST },
  JSON.parse('{"__proto__":{"type":"order"}}'),
  Buffer.from('meter'),
  new Date(0),
  () => {},
];

/** Values that no number of a payload may have. */
export const notIntegers: readonly unknown[] = [
  undefined,
  null,
  '12',
  12.5,
  -0,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  [],
  {},
  true,
];
