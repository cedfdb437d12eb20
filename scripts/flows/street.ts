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

const ROW = 260;

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
  const groups = GROUPS.map((group) => group.name);
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
    groups.map((name) => `${name}-start`),
  );
  flow.linkOut(
    'end-out',
    'interval ends',
    455,
    120,
    groups.map((name) => `${name}-end`),
  );

  flow.comment('o-c2', 'Orders become records first, then they stand in the book', 250, 180);
  flow.linkIn('orders-in', 'orders of all members', 95, 240, ['append-orders']);
  flow.node('append-orders', 'microgrid-ledger-append', 270, 240, { name: 'Record orders', ledger, member: '' }, [
    ['market'],
    ['refused'],
    [],
  ]);
  flow.node('market', 'microgrid-market', 480, 240, { name: 'Auction', community, ledger, rule: 'uniform-price/1' }, [
    ['append-clearing'],
    ['refused'],
    [],
  ]);

  flow.comment('o-c3', 'The clearing is recorded and closes a block; only then do devices act on it', 300, 320);
  flow.node('append-clearing', 'microgrid-ledger-append', 480, 380, { name: 'Record clearing, seal block', ...sign }, [
    ['settle', 'sealed-out', 'clearing-overview'],
    ['refused'],
    ['clearing-overview'],
  ]);
  flow.linkOut(
    'sealed-out',
    'sealed clearing',
    715,
    360,
    groups.map((name) => `${name}-clearing`),
  );
  flow.linkOut('clearing-overview', 'to the dashboard', 715, 400, toOverview);

  flow.comment('o-c4', 'When every meter of an interval is recorded, it is settled: lines that sum to 0', 300, 460);
  flow.linkIn('metered-in', 'recorded meter values', 95, 520, ['settle']);
  flow.node('settle', 'microgrid-settle', 260, 520, { name: 'Settle', community, ledger }, [
    ['append-settlement'],
    ['refused'],
    [],
  ]);
  flow.node('append-settlement', 'microgrid-ledger-append', 480, 520, { name: 'Record settlement', ...sign }, [
    ['settlement-overview'],
    ['refused'],
    [],
  ]);
  flow.linkOut('settlement-overview', 'to the dashboard', 715, 520, toOverview);

  flow.comment('o-c5', 'What was refused, and what went wrong anywhere in this flow', 260, 600);
  flow.node(
    'refused',
    'debug',
    740,
    240,
    { name: 'refused or open', active: true, tosidebar: true, complete: 'payload', targetType: 'msg' },
    [],
  );
  flow.node('catch', 'catch', 120, 660, { name: 'any error on this tab', scope: null, uncaught: false }, [
    ['problems'],
  ]);
  flow.linkIn('problems-in', 'errors of the other tabs', 95, 720, ['problems']);
  flow.node(
    'problems',
    'debug',
    480,
    660,
    { name: 'problems', active: true, tosidebar: true, complete: 'error', targetType: 'msg' },
    [],
  );

  flow.comment('o-c6', 'Anyone can check the whole ledger, and read any record with its proof', 290, 800);
  flow.linkIn('verify-in', 'verify', 95, 860, ['verify']);
  flow.node('verify-inject', 'inject', 120, 900, { ...INJECT, name: 'verify now' }, [['verify']]);
  flow.node('verify', 'microgrid-ledger-verify', 290, 860, { name: 'Verify', ledger, folder: '' }, [
    ['verify-overview', 'verify-debug'],
    ['verify-overview'],
  ]);
  flow.linkOut('verify-overview', 'to the dashboard', 495, 840, toOverview);
  flow.node(
    'verify-debug',
    'debug',
    510,
    880,
    { name: 'verification', active: true, tosidebar: true, complete: 'payload', targetType: 'msg' },
    [],
  );
  flow.linkIn('proof-in', 'proof of a record', 95, 960, ['read-proof']);
  flow.node(
    'read-proof',
    'microgrid-ledger-read',
    290,
    960,
    { name: 'Proof', ledger, what: 'proof', member: '', kind: '', interval: '', limit: '20' },
    [['proof-overview']],
  );
  flow.linkOut('proof-overview', 'to the dashboard', 495, 960, toOverview);
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
    "One row per member: meters are read over Modbus, the battery follows its position, orders are signed with the member's own key",
    430,
    40,
  );
  flow.linkIn(
    `${name}-start`,
    'interval starts',
    95,
    80,
    members.map((member) => `${member.id}-order`),
  );
  flow.linkIn(
    `${name}-end`,
    'interval ends',
    95,
    110,
    members.flatMap((member) => memberNodes(member).atEnd),
  );
  flow.linkIn(
    `${name}-clearing`,
    'sealed clearing',
    95,
    140,
    members.flatMap((member) => memberNodes(member).atClearing),
  );
  members.forEach((member, row) => {
    buildMember(flow, member, 200 + row * ROW, name);
  });
  const bottom = 200 + members.length * ROW;
  flow.linkOut(`${name}-overview`, 'to the dashboard', 1055, 80, toOverview);
  flow.linkOut(`${name}-orders`, 'orders', 1055, 110, ['orders-in']);
  flow.linkOut(`${name}-metered`, 'recorded meter values', 1055, 140, ['metered-in', ...toOverview]);
  flow.node(`${name}-catch`, 'catch', 130, bottom, { name: 'any error on this tab', scope: null, uncaught: false }, [
    [`${name}-problems`],
  ]);
  flow.linkOut(`${name}-problems`, 'problems', 295, bottom, ['problems-in']);
}

/** Which nodes of a member hear of an interval's end and of a sealed clearing. */
function memberNodes(member: StreetMember): { atEnd: string[]; atClearing: string[] } {
  const battery = member.batteryKWh !== '0' ? [`${member.id}-battery`] : [];
  const roof = member.pv ? [`${member.id}-roof`] : [];
  return { atEnd: [`${member.id}-meter`, ...roof, ...battery], atClearing: battery };
}

function buildMember(flow: FlowBuilder, member: StreetMember, y: number, group: string): void {
  const { id } = member;
  const hasBattery = member.batteryKWh !== '0';
  const own = { member: flow.id(id) };
  const device = { ...own, modbus: flow.id(`${id}-modbus`), pollSeconds: '120' };
  const rows = [`${id}-site`, `${id}-meter`, `${id}-order`, `${id}-append`];

  flow.node(
    `${id}-site`,
    'microgrid-virtual-site',
    200,
    y + 40,
    {
      name: `${member.name}: house and devices`,
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
  flow.node(
    `${id}-meter`,
    'microgrid-meter',
    430,
    y + 90,
    {
      name: `${member.name} grid meter`,
      ...device,
      device: 'eastron-sdm630',
      unit: '1',
      role: 'grid',
      connectionKW: '50',
    },
    [
      [...(hasBattery ? [`${id}-battery`] : []), `${group}-overview`],
      [`${id}-append`, `${id}-order`],
    ],
  );
  if (member.pv) {
    rows.push(`${id}-roof`);
    flow.node(
      `${id}-roof`,
      'microgrid-meter',
      430,
      y + 180,
      {
        name: `${member.name} roof`,
        ...device,
        device: 'sunspec-inverter-103',
        unit: '2',
        role: 'pv',
        connectionKW: '50',
      },
      [[`${group}-overview`], [`${group}-overview`]],
    );
  }
  if (hasBattery) {
    rows.push(`${id}-battery`);
    flow.node(
      `${id}-battery`,
      'microgrid-battery',
      640,
      y + 135,
      {
        name: `${member.name} battery`,
        ...own,
        modbus: flow.id(`${id}-modbus`),
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
      },
      [[`${group}-overview`], [`${id}-append`, `${id}-order`]],
    );
  }
  flow.node(
    `${id}-order`,
    'microgrid-order',
    640,
    y + 40,
    {
      name: `${member.name} orders`,
      ...own,
      batteryKWh: member.batteryKWh,
      batteryKW: '5',
      efficiency: '90',
      minSoc: '10',
      maxSoc: '100',
    },
    [[`${group}-orders`]],
  );
  flow.node(
    `${id}-append`,
    'microgrid-ledger-append',
    870,
    y + 90,
    { name: `Sign as ${member.name}`, ledger: flow.id('ledger'), member: flow.id(id) },
    [[`${group}-metered`], [], []],
  );
  flow.group(`${id}-group`, member.name, rows, { x: 74, y: y + 0, w: 912, h: 220 });
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
