// The demo: "A street shares its sun". Eight homes with the batteries of the study, a bakery and an office. Tabs by home
// group, one for the operator; the dashboard's tab is in street-dashboard.ts.
import type { FlowBuilder } from './builder.ts';

export interface StreetOptions {
  readonly origin: string;
  readonly firstPort: number;
  readonly speed: number;
  readonly ledgerFolder?: string;
}

interface StreetMember {
  readonly id: string;
  readonly name: string;
  readonly kind: 'home' | 'business';
  readonly pv: boolean;
  readonly batteryKWh: string;
}

const HOMES: readonly StreetMember[] = Array.from({ length: 8 }, (_, i) => ({
  id: `home-0${i + 1}`,
  name: `Home ${i + 1}`,
  kind: 'home' as const,
  pv: true,
  batteryKWh: '6.4',
}));

const BUSINESSES: readonly StreetMember[] = [
  { id: 'bakery', name: 'Bakery', kind: 'business', pv: false, batteryKWh: '0' },
  { id: 'office', name: 'Office', kind: 'business', pv: true, batteryKWh: '0' },
];

export const STREET: readonly StreetMember[] = [...HOMES, ...BUSINESSES];

const GROUPS = [
  { name: 'homes-1', label: 'Homes 1 to 4', members: HOMES.slice(0, 4) },
  { name: 'homes-2', label: 'Homes 5 to 8', members: HOMES.slice(4) },
  { name: 'businesses', label: 'Bakery and office', members: BUSINESSES },
] as const;

/** Height of a member's group with the space below it. */
const ROW = 290;

/** All nodes of the street but the dashboard. Messages for the dashboard arrive at the link-in node `to-overview`. */
export function buildStreet(flow: FlowBuilder, options: StreetOptions, toOverview: readonly string[]): void {
  buildConfiguration(flow, options);
  buildOperator(flow, toOverview);
  for (const group of GROUPS) buildGroup(flow, group, toOverview);
}

function buildConfiguration(flow: FlowBuilder, options: StreetOptions): void {
  flow.config('community', 'microgrid-community', {
    name: 'Sunny Street',
    origin: options.origin,
    currency: 'EUR',
    importTariff: '30',
    feedInTariff: '8',
    gateLeadMinutes: '5',
    maxOrderKWh: '100',
    ordersPerMember: '10',
    clock: 'simulated',
    start: '2017-07-10T06:00Z',
    speed: String(options.speed),
  });
  flow.config('operator', 'microgrid-member', {
    name: 'Operator',
    community: flow.id('community'),
    memberId: 'operator',
    kind: 'operator',
  });
  flow.config('ledger', 'microgrid-ledger', {
    name: 'Ledger of Sunny Street',
    community: flow.id('community'),
    operator: flow.id('operator'),
    folder: options.ledgerFolder ?? '',
  });
  STREET.forEach((member, index) => {
    flow.config(member.id, 'microgrid-member', {
      name: member.name,
      community: flow.id('community'),
      memberId: member.id,
      kind: member.kind,
    });
    flow.config(`${member.id}-modbus`, 'microgrid-modbus', {
      name: `${member.name} devices`,
      host: '127.0.0.1',
      port: String(options.firstPort + index),
      timeoutSeconds: '3',
      gapMs: '0',
    });
  });
}

function buildOperator(flow: FlowBuilder, toOverview: readonly string[]): void {
  flow.tab(
    'operator-tab',
    'Operator',
    'The operator only orders and copies: it keeps the book, runs the auction and writes the ledger. Every member can recompute all of it.',
  );
  const community = flow.id('community');
  const ledger = flow.id('ledger');
  const all = STREET.map(({ id }) => id);
  const batteries = STREET.filter(({ batteryKWh }) => batteryKWh !== '0').map(({ id }) => id);
  const sign = { ledger, member: flow.id('operator') };

  flow.comment('o-c1', 'The day: an interval starts, a gate closes, an interval ends', 260, 40);
  flow.linkIn('clock-commands', 'pause, speed, reset', 95, 100, ['interval']);
  flow.node('interval', 'microgrid-interval', 260, 100, { name: 'Quarter hours', community }, [
    ['start-out'],
    ['market'],
    ['end-out'],
    [],
  ]);
  flow.linkOut(
    'start-out',
    'interval starts',
    455,
    80,
    all.map((id) => `${id}-start`),
  );
  flow.linkOut(
    'end-out',
    'interval ends',
    455,
    120,
    all.map((id) => `${id}-end`),
  );

  flow.comment(
    'o-c2',
    'Orders become records first, then they stand in the book; the clearing is recorded and closes a block',
    400,
    180,
  );
  flow.linkIn('orders-in', 'orders of all members', 95, 240, ['append-orders']);
  flow.node('append-orders', 'microgrid-ledger-append', 260, 240, { name: 'Record orders', ledger, member: '' }, [
    ['market'],
    ['refused'],
    [],
  ]);
  flow.node('market', 'microgrid-market', 460, 240, { name: 'Auction', community, ledger, rule: 'uniform-price/1' }, [
    ['append-clearing'],
    ['refused'],
    [],
  ]);
  flow.node('append-clearing', 'microgrid-ledger-append', 710, 240, { name: 'Record clearing, seal block', ...sign }, [
    ['sealed-out'],
    ['refused'],
    ['block-out'],
  ]);
  flow.linkOut('sealed-out', 'sealed clearing', 915, 220, [
    ...batteries.map((id) => `${id}-clearing`),
    'sealed-in',
    ...toOverview,
  ]);
  flow.linkOut('block-out', 'block, to the dashboard', 915, 260, toOverview);
  debug(flow, 'refused', 'refused', 710, 320);

  flow.comment(
    'o-c3',
    'When every meter of a cleared interval is recorded, it is settled: lines that sum to 0',
    330,
    380,
  );
  flow.linkIn('recorded-in', 'what members recorded', 95, 420, ['settle']);
  flow.linkIn('sealed-in', 'sealed clearing', 95, 460, ['settle']);
  flow.node('settle', 'microgrid-settle', 240, 440, { name: 'Settle', community, ledger }, [
    ['append-settlement'],
    ['open'],
    [],
  ]);
  flow.node('append-settlement', 'microgrid-ledger-append', 470, 440, { name: 'Record settlement', ...sign }, [
    ['settlement-out'],
    ['open'],
    [],
  ]);
  flow.linkOut('settlement-out', 'settlement, to the dashboard', 915, 420, toOverview);
  debug(flow, 'open', 'open or refused', 720, 500);

  flow.comment('o-c4', 'Anyone can check the whole ledger, and read any record with its proof', 290, 560);
  flow.linkIn('verify-in', 'verify', 95, 600, ['verify']);
  flow.node('verify-inject', 'inject', 140, 660, { ...INJECT, name: 'verify now' }, [['verify']]);
  flow.node('verify', 'microgrid-ledger-verify', 310, 620, { name: 'Verify', ledger, folder: '' }, [
    ['verification-out', 'verification'],
    ['verification-out'],
  ]);
  flow.linkOut('verification-out', 'to the dashboard', 915, 600, toOverview);
  debug(flow, 'verification', 'verification', 710, 660);
  flow.linkIn('proof-in', 'proof of a record', 95, 720, ['read-proof']);
  flow.node(
    'read-proof',
    'microgrid-ledger-read',
    310,
    720,
    { name: 'Proof', ledger, what: 'proof', member: '', kind: '', interval: '', limit: '20' },
    [['answer-out']],
  );
  flow.linkOut('answer-out', 'to the dashboard', 915, 720, toOverview);

  flow.comment('o-c5', 'What went wrong anywhere in this flow', 190, 800);
  flow.node('catch', 'catch', 160, 840, { name: 'any error on this tab', scope: null, uncaught: false }, [
    ['problems'],
  ]);
  flow.linkIn('problems-in', 'errors of the other tabs', 95, 900, ['problems']);
  debug(flow, 'problems', 'problems', 430, 840, 'error');
}

function debug(flow: FlowBuilder, id: string, name: string, x: number, y: number, complete = 'payload'): void {
  const shown = { active: true, tosidebar: true, console: false, tostatus: false, complete, targetType: 'msg' };
  flow.node(id, 'debug', x, y, { name, ...shown }, []);
}

function buildGroup(flow: FlowBuilder, group: (typeof GROUPS)[number], toOverview: readonly string[]): void {
  const { name, label, members } = group;
  flow.tab(
    `${name}-tab`,
    label,
    'Each member: its virtual site (replace it by real devices), its meters, its battery, its orders, and its own key that signs what it reports.',
  );
  flow.comment(
    `${name}-c`,
    "One group per member: meters are read over Modbus, the battery follows its position, the member's own key signs",
    430,
    40,
  );
  members.forEach((member, row) => {
    buildMember(flow, member, 80 + row * ROW, toOverview);
  });
  const bottom = 120 + members.length * ROW;
  flow.node(`${name}-catch`, 'catch', 150, bottom, { name: 'any error on this tab', scope: null, uncaught: false }, [
    [`${name}-problems`],
  ]);
  flow.linkOut(`${name}-problems`, 'problems', 315, bottom, ['problems-in']);
}

function buildMember(flow: FlowBuilder, member: StreetMember, y: number, toOverview: readonly string[]): void {
  const { id, name } = member;
  const hasBattery = member.batteryKWh !== '0';
  const own = { member: flow.id(id) };
  const modbus = flow.id(`${id}-modbus`);
  const polled = { ...own, modbus, pollSeconds: '120', connectionKW: '50' };
  const battery = hasBattery ? [`${id}-battery`] : [];
  const roof = member.pv ? [`${id}-roof`] : [];
  const overview = `${id}-overview`;

  flow.node(
    `${id}-site`,
    'microgrid-virtual-site',
    270,
    y + 40,
    {
      name: `${name}: house and devices`,
      ...own,
      profile: 'street',
      column: '',
      csv: '',
      port: String(portOf(flow, id)),
      batteryKWh: member.batteryKWh,
      batteryKW: '5',
      efficiency: '90',
      startSoc: '50',
    },
    [[`${id}-order`]],
  );
  flow.linkIn(`${id}-start`, 'interval starts', 595, y + 75, [`${id}-order`]);
  flow.linkIn(`${id}-end`, 'interval ends', 115, y + 145, [`${id}-meter`, ...roof, ...battery]);
  flow.node(
    `${id}-meter`,
    'microgrid-meter',
    290,
    y + 105,
    { name: `${name} grid meter`, ...polled, device: 'eastron-sdm630', unit: '1', role: 'grid' },
    [
      [...battery, overview],
      [`${id}-order`, `${id}-append`],
    ],
  );
  if (member.pv) {
    flow.node(
      `${id}-roof`,
      'microgrid-meter',
      270,
      y + 215,
      { name: `${name} roof`, ...polled, device: 'sunspec-inverter-103', unit: '2', role: 'pv' },
      [[overview], [overview]],
    );
  }
  if (hasBattery) {
    flow.linkIn(`${id}-clearing`, 'sealed clearing', 405, y + 185, [`${id}-battery`]);
    flow.node(
      `${id}-battery`,
      'microgrid-battery',
      550,
      y + 155,
      {
        name: `${name} battery`,
        ...own,
        modbus,
        device: 'sunspec-battery-124',
        unit: '3',
        capacityKWh: member.batteryKWh,
        maxChargeKW: '5',
        maxDischargeKW: '5',
        minSoc: '10',
        maxSoc: '100',
        rampWPerSecond: '',
        staleSeconds: '600',
        validSeconds: '900',
        followSeconds: '1800',
      },
      [[overview], [`${id}-order`, `${id}-append`]],
    );
  }
  flow.node(
    `${id}-order`,
    'microgrid-order',
    780,
    y + 40,
    {
      name: `${name} orders`,
      ...own,
      batteryKWh: member.batteryKWh,
      batteryKW: '5',
      efficiency: '90',
      minSoc: '10',
      maxSoc: '100',
    },
    [[`${id}-orders`]],
  );
  flow.node(
    `${id}-append`,
    'microgrid-ledger-append',
    790,
    y + 115,
    { name: `Sign as ${name}`, ledger: flow.id('ledger'), ...own },
    [[`${id}-recorded`], [], []],
  );
  flow.linkOut(`${id}-orders`, 'orders', 955, y + 40, ['orders-in']);
  flow.linkOut(`${id}-recorded`, 'recorded', 955, y + 105, ['recorded-in', ...toOverview]);
  flow.linkOut(overview, 'to the dashboard', 955, y + 195, toOverview);
  const parts = ['site', 'start', 'end', 'meter', 'order', 'append', 'orders', 'recorded', 'overview'];
  flow.group(
    `${id}-group`,
    name,
    [...parts.map((part) => `${id}-${part}`), ...roof, ...(hasBattery ? [`${id}-clearing`, `${id}-battery`] : [])],
    { x: 74, y: y - 1, w: 932, h: 262 },
  );
}

function portOf(flow: FlowBuilder, member: string): number {
  const modbus = flow.nodes.find((node) => node.id === flow.id(`${member}-modbus`));
  return Number(modbus?.['port']);
}

const INJECT = {
  props: [{ p: 'payload' }],
  repeat: '',
  crontab: '',
  once: false,
  onceDelay: 0.1,
  topic: '',
  payload: '{}',
  payloadType: 'json',
} as const;
