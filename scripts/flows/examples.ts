// The examples of the import menu: short, each with its promise in a comment, without hardware, with ports and names of
// their own. What a comment promises is checked by test/e2e.
import { FlowBuilder, type FlowNode } from './builder.ts';
import { cheatAsOperator } from './cheat.ts';
import { community, debug, errors, inject, interval, market, member, only, operatedLedger } from './parts.ts';
import { buildStreet } from './street.ts';
import { buildDashboard } from './street-dashboard.ts';

export function examples(): Readonly<Record<string, readonly FlowNode[]>> {
  return {
    'examples/01 - Read a meter.json': readAMeter(),
    'examples/02 - A home with a battery.json': homeWithBattery(),
    'examples/03 - Sell your surplus.json': sellSurplus(),
    'examples/04 - Clear an auction by hand.json': clearByHand(),
    'examples/05 - Append to the ledger and verify.json': appendAndVerify(),
    'examples/06 - The whole street.json': wholeStreet(),
    "examples/07 - The street's dashboard.json": streetDashboard(),
    'examples/08 - A meter from any message.json': anyMessage(),
    'examples/09 - Order strategies.json': orderStrategies(),
    'examples/10 - A statement to print.json': statementToPrint(),
    'examples/11 - Share by keys, settle up.json': shareByKeys(),
    'examples/12 - A member checks the operator.json': memberChecks(),
    'examples/13 - Cheat as operator.json': cheatAsOperator('example-13', 'cheat.example'),
  };
}

/** A virtual site; its devices answer on the port given to `member`. */
function site(
  flow: FlowBuilder,
  id: string,
  port: number,
  x: number,
  y: number,
  batteryKWh: string,
  to: readonly string[],
): void {
  flow.node(
    `${id}-site`,
    'microgrid-virtual-site',
    x,
    y,
    {
      name: '',
      member: flow.id(id),
      profile: 'street',
      column: '',
      csv: '',
      port: String(port),
      batteryKWh,
      batteryKW: '5',
      efficiency: '90',
      startSoc: '50',
    },
    [to],
  );
}

function meter(flow: FlowBuilder, id: string, x: number, y: number, wires: readonly (readonly string[])[]): void {
  flow.node(
    `${id}-meter`,
    'microgrid-meter',
    x,
    y,
    {
      name: '',
      member: flow.id(id),
      modbus: flow.id(`${id}-modbus`),
      device: 'eastron-sdm630',
      unit: '1',
      role: 'grid',
      pollSeconds: '120',
      connectionKW: '50',
    },
    wires,
  );
}

function order(
  flow: FlowBuilder,
  id: string,
  x: number,
  y: number,
  to: readonly string[],
  settings: object = {},
): void {
  const none = { batteryKWh: '0', batteryKW: '5', efficiency: '90', minSoc: '10', maxSoc: '100' };
  flow.node(`${id}-order`, 'microgrid-order', x, y, { name: '', member: flow.id(id), ...none, ...settings }, [to]);
}

function readAMeter(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-01');
  flow.tab(
    'tab',
    'Read a meter',
    'A virtual home speaks Modbus TCP on loopback, like a real meter would. Time runs 180 times faster.',
  );
  community(flow, { origin: 'read-a-meter.example' });
  member(flow, 'home-01', 'home', 15101);
  flow.comment(
    'promise',
    'After about 10 s the debug sidebar shows the interval 2017-07-10T06:15Z: importWh 39 (1 more or less), measured',
    440,
    60,
  );
  site(flow, 'home-01', 15101, 180, 140, '0', []);
  interval(flow, 170, 240, [[], [], ['home-01-meter'], []]);
  meter(flow, 'home-01', 380, 240, [['reading'], ['interval energy']]);
  debug(flow, 'reading', 600, 220);
  debug(flow, 'interval energy', 620, 260);
  errors(flow, 340);
  return flow.build();
}

function homeWithBattery(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-02');
  flow.tab(
    'tab',
    'A home with a battery',
    'The battery covers what the house needs and stores what the roof has left over: self-consumption.',
  );
  community(flow, { origin: 'home-with-battery.example' });
  member(flow, 'home-02', 'home', 15102);
  flow.comment(
    'promise',
    'After about 10 s the battery keeps the grid meter near 0 W: importWh and exportWh of an interval stay under 60, and each decision says why',
    520,
    60,
  );
  site(flow, 'home-02', 15102, 180, 140, '6.4', []);
  interval(flow, 170, 240, [[], [], ['home-02-meter', 'home-02-battery'], []]);
  meter(flow, 'home-02', 380, 200, [['home-02-battery'], ['interval energy']]);
  flow.node(
    'home-02-battery',
    'microgrid-battery',
    600,
    260,
    {
      name: '',
      member: flow.id('home-02'),
      modbus: flow.id('home-02-modbus'),
      device: 'sunspec-battery-124',
      unit: '3',
      capacityKWh: '6.4',
      maxChargeKW: '5',
      maxDischargeKW: '5',
      minSoc: '10',
      maxSoc: '100',
      rampWPerSecond: '',
      staleSeconds: '600',
      validSeconds: '900',
      followSeconds: '1800',
    },
    [['decision'], ['battery of the interval']],
  );
  debug(flow, 'interval energy', 620, 180);
  debug(flow, 'decision', 820, 240);
  debug(flow, 'battery of the interval', 850, 280);
  errors(flow, 360);
  return flow.build();
}

function sellSurplus(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-03');
  flow.tab(
    'tab',
    'Sell your surplus',
    'At eleven in the morning a roof has more than its home needs; the bakery buys it for less than the supplier asks.',
  );
  community(flow, { origin: 'sell-surplus.example', start: '2017-07-10T11:00Z' });
  member(flow, 'home-01', 'home');
  member(flow, 'bakery', 'business');
  flow.comment(
    'promise',
    "Within 10 s the auction trades home-01's surplus to the bakery at a price between 8 and 30 ct/kWh; every order is told why it was filled or not",
    520,
    60,
  );
  flow.comment('sites', 'The past of both members, from measured profiles, is what they bid from', 310, 110);
  site(flow, 'home-01', 15103, 180, 160, '0', ['home-01-order']);
  site(flow, 'bakery', 15104, 180, 220, '0', ['bakery-order']);
  interval(flow, 170, 300, [['home-01-order', 'bakery-order'], ['market'], [], []]);
  order(flow, 'home-01', 420, 160, ['market']);
  order(flow, 'bakery', 420, 220, ['market']);
  market(flow, 640, 220, '', [['clearing'], ['refused'], ['fills']]);
  debug(flow, 'clearing', 840, 180);
  debug(flow, 'refused', 840, 220);
  debug(flow, 'fills', 840, 260);
  errors(flow, 380);
  return flow.build();
}

function clearByHand(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-04');
  flow.tab(
    'tab',
    'Clear an auction by hand',
    'Press the orders, then the gate. Limits in micro-currency per kWh: 250000 is 25 ct/kWh.',
  );
  community(flow, { origin: 'by-hand.example', clock: 'real' });
  const slot = '2030-06-01T10:00Z';
  const byHand = (id: string, who: string, side: string, wh: number, limit: number) => ({
    type: 'order',
    id,
    member: who,
    interval: slot,
    side,
    wh,
    limit,
  });
  flow.comment(
    'promise',
    'Press all four orders, then the gate: 1500 Wh trade at 200000 (20.0 ct/kWh); the refused order never enters the book',
    480,
    60,
  );
  inject(flow, 'anna buys 1500 Wh up to 25 ct', 200, 120, byHand('o1', 'anna', 'buy', 1500, 250_000), ['market']);
  inject(flow, 'ben buys 1000 Wh up to 14 ct', 200, 160, byHand('o2', 'ben', 'buy', 1000, 140_000), ['market']);
  inject(flow, 'roof-1 sells 1000 Wh from 10 ct', 200, 200, byHand('o3', 'roof-1', 'sell', 1000, 100_000), ['market']);
  inject(flow, 'roof-2 sells 1000 Wh from 20 ct', 200, 240, byHand('o4', 'roof-2', 'sell', 1000, 200_000), ['market']);
  inject(flow, 'out of bounds: buys up to 90 ct', 200, 280, byHand('o5', 'anna', 'buy', 500, 900_000), ['market']);
  inject(flow, 'gate closes', 150, 340, { type: 'interval', event: 'gate', interval: slot }, ['market']);
  market(flow, 470, 220, '', [['clearing'], ['refused'], ['fills']]);
  debug(flow, 'clearing', 680, 180);
  debug(flow, 'refused', 680, 220);
  debug(flow, 'fills', 680, 260);
  errors(flow, 400);
  return flow.build();
}

function appendAndVerify(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-05');
  flow.tab(
    'tab',
    'Append to the ledger and verify',
    "A note is signed, recorded, sealed into a block and proven. The ledger lies in Node-RED's user directory under microgrid/ledgers.",
  );
  community(flow, { origin: 'append-verify.example' });
  member(flow, 'home-01', 'home');
  member(flow, 'operator', 'operator');
  const ledger = operatedLedger(flow);
  flow.comment(
    'promise',
    'Press "a note": it is recorded as leaf 4 or later. Press "verify": ok is true, and blocks grows by one every 5 s',
    440,
    60,
  );
  inject(flow, 'a note', 130, 120, { type: 'note', text: 'The roof of home-01 was cleaned today.' }, ['append']);
  flow.node(
    'append',
    'microgrid-ledger-append',
    340,
    120,
    { name: 'sign as home-01', ledger, member: flow.id('home-01') },
    [['recorded'], ['refused'], []],
  );
  debug(flow, 'recorded', 560, 100);
  debug(flow, 'refused', 560, 140);
  flow.comment('blocks', 'One block per gate, also when nothing was ordered: silence would be an alarm', 330, 200);
  interval(flow, 150, 250, [[], ['market'], [], []]);
  market(flow, 330, 250, ledger, [['seal'], [], []]);
  flow.node(
    'seal',
    'microgrid-ledger-append',
    530,
    250,
    { name: 'sign as operator, seal', ledger, member: flow.id('operator') },
    [[], ['refused'], ['block']],
  );
  debug(flow, 'block', 740, 250);
  inject(flow, 'verify', 130, 330, {}, ['check']);
  flow.node('check', 'microgrid-ledger-verify', 320, 330, { name: '', ledger, folder: '' }, [['verification'], []]);
  debug(flow, 'verification', 560, 330);
  inject(flow, 'notes of home-01', 150, 390, { what: 'records', member: 'home-01', kind: 'note' }, ['read']);
  flow.node(
    'read',
    'microgrid-ledger-read',
    340,
    390,
    { name: '', ledger, what: 'records', member: '', kind: '', interval: '', limit: '20' },
    [['records']],
  );
  debug(flow, 'records', 560, 390);
  errors(flow, 460);
  return flow.build();
}

function wholeStreet(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-06');
  flow.tab(
    'overview-tab',
    'The street at a glance',
    'Eight homes, a bakery and an office, without a dashboard. See example 07 for the same street with one.',
  );
  flow.comment(
    'promise',
    "After a minute: every gate has a block, and the members' view shows what each has bought, sold and saved",
    390,
    40,
  );
  flow.linkIn('to-overview', 'everything', 95, 100, ['overview']);
  flow.node(
    'overview',
    'microgrid-overview',
    260,
    100,
    { name: 'Street', community: flow.id('community'), everySeconds: '5' },
    [['views']],
  );
  debug(flow, 'views', 430, 100);
  buildStreet(flow, { origin: 'whole-street.example', firstPort: 15121, speed: 180 }, ['to-overview']);
  return flow.build();
}

function streetDashboard(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-07');
  buildDashboard(flow);
  buildStreet(flow, { origin: 'street-dashboard.example', firstPort: 15141, speed: 180 }, ['to-overview']);
  return flow.build();
}

/** A reading node as its dialog stores it, with what is not chosen left as it is in a new one. */
function reading(flow: FlowBuilder, id: string, y: number, settings: object, to: readonly (readonly string[])[]): void {
  const names = [
    'powerExport',
    'importEnergy',
    'exportEnergy',
    'phase1',
    'phase2',
    'phase3',
    'frequency',
    'charge',
    'time',
  ];
  const paths = Object.fromEntries(
    names.flatMap((name) => [
      [name, ''],
      [`${name}Type`, 'none'],
    ]),
  );
  const units = { powerUnit: 'W', energyUnit: 'kWh', chargeUnit: 'percent', sign: 'normal' };
  const rest = {
    clock: 'message',
    exportCounter: 'missing',
    smlFault: 'none',
    maxAgeSeconds: '60',
    silentSeconds: '300',
  };
  const power = { power: 'payload', powerType: 'msg', property: 'payload' };
  const node = { name: '', member: flow.id(id), role: 'grid', source: 'fields', ...power, ...paths, ...units, ...rest };
  flow.node(`${id}-reading`, 'microgrid-reading', 430, y, { ...node, connectionKW: '25', ...settings }, to);
}

/** A tariff as its dialog stores it: 30 ct and 8 ct at all times but for what is given. */
function tariff(flow: FlowBuilder, x: number, y: number, settings: object, to: readonly (readonly string[])[]): void {
  const side = (name: string, price: string) => ({
    [`${name}Kind`]: 'fixed',
    [`${name}Price`]: price,
    [`${name}Rates`]: '',
    [`${name}Factor`]: '100',
    [`${name}Markup`]: '0',
    [`${name}Floor`]: '',
  });
  const fees = {
    networkFeeder: '0',
    networkSubstation: '0',
    networkBeyond: '0',
    levies: '0',
    vat: '0',
    feedInVat: '0',
  };
  const rest = { capacityPrice: '0', capacityFreeKW: '0', balancing: 'supplier/1', penalty: '0' };
  const days = { timeZone: 'UTC', holidays: '', validFrom: '', validUntil: '', bills: 'no' };
  const node = { name: '', community: flow.id('community'), ...side('import', '30'), ...side('feedIn', '8') };
  flow.node('tariff', 'microgrid-tariff', x, y, { ...node, ...fees, ...rest, ...days, ...settings }, to);
}

function anyMessage(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-08');
  flow.tab(
    'tab',
    'A meter from any message',
    'What MQTT, HTTP, Home Assistant, a P1 port or a price service gives becomes readings, energies and prices. Time runs 180 times faster.',
  );
  community(flow, { origin: 'any-message.example' });
  member(flow, 'home-08', 'home');
  member(flow, 'home-09', 'home');
  flow.comment(
    'promise',
    'After about 10 s: 600 W without a counter are 150 Wh in the interval 2017-07-10T06:15Z, estimated. Press "a P1 telegram": 244 W, importWh 6825. Press "two hours of prices": tariffs with 1.5 ct on top',
    530,
    60,
  );
  interval(flow, 170, 120, [['tariff'], [], ['home-08-reading'], []]);
  const sensor = { props: [{ p: 'payload' }], payload: '{"state":"600"}', payloadType: 'json', topic: '' };
  const often = { repeat: '0.5', crontab: '', once: true, onceDelay: 0.1 };
  flow.node('sensor', 'inject', 150, 200, { name: 'a sensor: 600 W', ...sensor, ...often }, [['home-08-reading']]);
  reading(flow, 'home-08', 160, { power: 'payload.state' }, [['readings'], ['interval energy']]);
  debug(flow, 'interval energy', 660, 180);
  flow.node(
    'readings',
    'debug',
    650,
    140,
    { name: 'readings', active: false, tosidebar: true, complete: 'payload' },
    [],
  );
  inject(flow, 'a P1 telegram', 130, 260, {}, ['telegram']);
  flow.node(
    'telegram',
    'function',
    280,
    260,
    {
      name: 'P1 port',
      func: `msg.payload = ${TELEGRAM};\nreturn msg;`,
      outputs: 1,
      timeout: 0,
      noerr: 0,
      initialize: '',
      finalize: '',
      libs: [],
    },
    [['home-09-reading']],
  );
  reading(flow, 'home-09', 260, { source: 'p1', clock: 'arrival', silentSeconds: '86400' }, [['P1 reading'], []]);
  debug(flow, 'P1 reading', 650, 260);
  inject(flow, 'two hours of prices', 150, 340, { start: '2017-07-10T06:00Z', minutes: 60, prices: [0.2141, -0.05] }, [
    'prices',
  ]);
  flow.node(
    'prices',
    'microgrid-prices',
    420,
    340,
    { name: '', community: flow.id('community'), property: 'payload', unit: 'kWh' },
    [['quarter hours', 'tariff']],
  );
  debug(flow, 'quarter hours', 660, 340);
  tariff(flow, 420, 400, { importKind: 'dynamic', importMarkup: '1.5', timeZone: 'Europe/Berlin' }, [['tariffs'], []]);
  debug(flow, 'tariffs', 650, 400);
  errors(flow, 460);
  return flow.build();
}

function orderStrategies(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-09');
  flow.tab(
    'tab',
    'Order strategies',
    'Six members, six ways to choose the price of an order. docs/strategies.md explains each. Time runs 180 times faster.',
  );
  community(flow, { origin: 'order-strategies.example', start: '2017-07-10T11:00Z' });
  for (const id of ['home-01', 'home-02', 'car-03']) member(flow, id, 'home');
  member(flow, 'home-04', 'home', STRATEGY_PORTS['home-04']);
  for (const id of ['bakery', 'cold-room']) member(flow, id, 'business');
  flow.comment(
    'promise',
    'Within 10 s: the bakery orders at 300000, the cold room 1000 Wh at 200000 and 2000 Wh at 120000. Press "a car comes": 2750 Wh or less, dearer with every quarter hour',
    560,
    40,
  );
  interval(flow, 150, 120, [
    STRATEGIES_SHOWN.map((id) => `${id}-order`),
    ['market'],
    ['home-04-meter', 'home-04-battery'],
    [],
  ]);
  const to = ['market', 'orders'];
  const shown: [id: string, y: number, settings: object][] = [
    ['home-01', 200, { name: 'fixed limit', strategy: 'fixed-limit', buyLimit: '20', sellLimit: '12' }],
    ['home-02', 260, { name: 'ramp to the gate', strategy: 'ramp', rampSell: '25', rampSteps: '3' }],
    ['bakery', 320, { name: 'price-taker', strategy: 'price-taker' }],
  ];
  for (const [id, y, settings] of shown) {
    site(flow, id, STRATEGY_PORTS[id] ?? 0, 150, y, '0', [`${id}-order`]);
    order(flow, id, 620, y, to, settings);
  }
  order(flow, 'cold-room', 620, 380, to, {
    name: 'demand that follows the price',
    strategy: 'demand-curve',
    curve: '1 at 20; 2 at 12',
  });
  const car = { type: 'need', member: 'car-03', remainingWh: 22_000, deadline: '2017-07-10T15:00Z', maxW: 11_000 };
  inject(flow, 'a car comes: 22 kWh by 15:00', 190, 440, car, ['car-03-order']);
  order(flow, 'car-03', 620, 440, to, { name: 'need before a deadline', strategy: 'deadline', zone: 'UTC' });
  flow.comment(
    'home',
    'A home with a battery: its meter and its battery tell the order node what is needed and stored',
    380,
    520,
  );
  site(flow, 'home-04', STRATEGY_PORTS['home-04'] ?? 0, 150, 580, '6.4', ['home-04-order']);
  meter(flow, 'home-04', 150, 640, [['home-04-battery'], ['home-04-order']]);
  const battery = {
    device: 'sunspec-battery-124',
    unit: '3',
    capacityKWh: '6.4',
    staleSeconds: '600',
    validSeconds: '900',
  };
  const own = { name: '', member: flow.id('home-04'), modbus: flow.id('home-04-modbus'), followSeconds: '1800' };
  flow.node('home-04-battery', 'microgrid-battery', 380, 640, { ...own, ...battery }, [[], ['home-04-order']]);
  order(flow, 'home-04', 620, 600, to, {
    name: 'marginal value of stored energy',
    strategy: 'stored-value',
    batteryKWh: '6.4',
  });
  market(flow, 860, 320, '', [
    ['clearing'],
    ['refused'],
    ['fills', 'home-04-battery', 'home-04-order', 'car-03-order'],
  ]);
  debug(flow, 'orders', 860, 240);
  debug(flow, 'clearing', 1060, 280);
  debug(flow, 'refused', 1060, 320);
  debug(flow, 'fills', 1060, 360);
  errors(flow, 720);
  return flow.build();
}

const STRATEGIES_SHOWN = ['home-01', 'home-02', 'bakery', 'cold-room', 'car-03', 'home-04'];
const STRATEGY_PORTS: Readonly<Record<string, number>> = {
  'home-01': 15161,
  'home-02': 15162,
  bakery: 15163,
  'home-04': 15164,
};

/** A short telegram as a P1 port sends it; its checksum is that of these lines. */
const TELEGRAM = `[
  '/EXA5 any-message', '', '1-3:0.2.8(50)', '0-0:1.0.0(170710080000S)',
  '1-0:1.8.1(000004.426*kWh)', '1-0:1.8.2(000002.399*kWh)',
  '1-0:2.8.1(000002.444*kWh)', '1-0:2.8.2(000000.000*kWh)',
  '1-0:1.7.0(00.244*kW)', '1-0:2.7.0(00.000*kW)', '!237C', '',
].join('\\r\\n')`;

/** The quarter hour before this one, so that the example can be played again in the next. */
const LAST_QUARTER = `$slot := $fromMillis($floor($millis() / 900000 - 1) * 900000, "[Y0001]-[M01]-[D01]T[H01]:[m01]Z")`;

function shareByKeys(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-11');
  flow.tab(
    'tab',
    'Share by keys, settle up',
    'An energy community without an auction: what a roof has left is shared by consumption, billed, and settled with few payments.',
  );
  community(flow, { origin: 'share-by-keys.example', clock: 'real' });
  for (const [id, kind] of [
    ['home-11', 'home'],
    ['roof-11', 'home'],
    ['cafe-11', 'business'],
  ] as const) {
    member(flow, id, kind);
  }
  flow.comment(
    'promise',
    'Press the buttons from top to bottom: 1000 Wh are shared, 400 and 600; the utility differs by 25 Wh; 0.30 EUR are settled with 4 payments',
    520,
    60,
  );
  const meterRow = (id: string, importWh: number, exportWh: number) =>
    `{"type": "meter", "member": "${id}", "interval": $slot, "importWh": ${importWh}, "exportWh": ${exportWh}, ` +
    '"importCounterWh": null, "exportCounterWh": null, "quality": "measured", "reason": null}';
  const rows = [meterRow('home-11', 600, 0), meterRow('cafe-11', 900, 0), meterRow('roof-11', 0, 1000)];
  expression(flow, 'three meters', 120, 120, `(${LAST_QUARTER}; [${rows.join(', ')}])`, ['each meter']);
  const parts = { splt: '\\n', spltType: 'str', arraySplt: 1, arraySpltType: 'len', stream: false, addname: '' };
  flow.node('each meter', 'split', 290, 120, { name: 'each meter', ...parts, property: 'payload' }, [
    ['allocation', 'settle'],
  ]);
  const sharing = { name: '', community: flow.id('community') };
  flow.node('allocation', 'microgrid-allocation', 470, 160, sharing, [
    ['shared', 'settle'],
    ['still open'],
    ['keys and files'],
    ['differences'],
  ]);
  debug(flow, 'shared', 690, 120);
  debug(flow, 'still open', 700, 160);
  debug(flow, 'keys and files', 710, 200);
  debug(flow, 'differences', 700, 240);
  const table =
    '"member,start,consumption (Wh),allocated (Wh)\\nhome-11," & $slot & ",600,400\\ncafe-11," & $slot & ",900,575"';
  const figures = `(${LAST_QUARTER}; {"type": "utility-figures", "text": ${table}})`;
  expression(flow, "the utility's table", 140, 200, figures, ['allocation']);
  const bills = { name: '', community: flow.id('community'), ledger: '' };
  flow.node('settle', 'microgrid-settle', 290, 300, bills, [['balance'], [], []]);
  inject(flow, 'settle up', 120, 380, { type: 'settle-up' }, ['balance']);
  flow.node('balance', 'microgrid-balance', 470, 340, { name: '', community: flow.id('community') }, [
    ['payments', 'remember'],
    ['refused'],
    ['bank files'],
    ['notes'],
  ]);
  debug(flow, 'payments', 690, 300);
  debug(flow, 'refused', 690, 340);
  debug(flow, 'bank files', 700, 380);
  debug(flow, 'notes', 680, 420);
  const rule = (t: string, p: string, pt: string, to: string, tot: string) => ({ rules: [{ t, p, pt, to, tot }] });
  flow.node(
    'remember',
    'change',
    720,
    460,
    { name: 'remember', ...rule('set', 'payments', 'flow', 'payload.payments', 'msg') },
    [[]],
  );
  inject(flow, 'the first payment was made', 160, 440, {}, ['confirm']);
  const confirmed = '{"type": "payment-confirmed", "id": $flowContext("payments")[0].id}';
  flow.node('confirm', 'change', 360, 440, { name: 'its id', ...rule('set', 'payload', 'msg', confirmed, 'jsonata') }, [
    ['balance'],
  ]);
  errors(flow, 520);
  return flow.build();
}

/** An operator and two members, each with a machine of its own in earnest; here links stand for the network between them. */
function memberChecks(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-12');
  const homes = ['home-31', 'home-32'];
  flow.tab(
    'tab',
    'A member checks the operator',
    'Two members keep copies of the ledger, check everything in them, cosign what they saw, and send their records over an outbox. ' +
      'Links stand for the network: in earnest each member has a Node-RED of its own, joined by MQTT or HTTP.',
  );
  community(flow, { origin: 'member-checks.example' });
  member(flow, 'operator', 'operator');
  for (const id of homes) member(flow, id, 'home');
  const ledger = operatedLedger(flow);
  flow.comment(
    'promise',
    'Press "a note of home-31": within 20 s "recorded" shows it, under a checkpoint with 3 of 3 cosignatures, and both copies say that all holds',
    510,
    60,
  );
  flow.comment('operating', 'The operator: one block per gate, shared with all', 220, 120);
  interval(flow, 140, 170, [['an order'], ['market'], [], []]);
  market(flow, 310, 180, ledger, [['seal'], [], []]);
  flow.node(
    'seal',
    'microgrid-ledger-append',
    500,
    180,
    { name: 'sign as operator, seal', ledger, member: flow.id('operator') },
    [[], ['refused'], ['share']],
  );
  flow.linkIn('operator hears', 'operator hears', 395, 240, ['share']);
  flow.node('share', 'microgrid-ledger-share', 720, 220, { name: '', ledger }, [
    ['operator says', 'only for operator'],
    ['refused'],
  ]);
  only(flow, 'only for operator', 'checkpoint', 720, 280, ['operator-witness']);
  flow.node('operator-witness', 'microgrid-witness', 510, 280, { name: '', member: flow.id('operator'), keys: '' }, [
    ['share'],
    ['refused'],
  ]);
  flow.linkOut(
    'operator says',
    'operator says',
    885,
    200,
    homes.map((id) => `${id} hears`),
  );
  debug(flow, 'refused', 910, 260);
  for (const [i, id] of homes.entries()) {
    const y = 360 + i * 200;
    const own = flow.id(id);
    const other = homes[1 - i]!;
    flow.comment(`the machine of ${id}`, `The machine of ${id}: believes nothing that it has not checked`, 260, y);
    flow.linkIn(`${id} hears`, `${id} hears`, 155, y + 60, [`${id} replica`, `${id} outbox`, `only for ${id}`]);
    flow.node(
      `${id} replica`,
      'microgrid-replica',
      510,
      y + 40,
      { name: '', member: own, mode: 'full', operatorKey: '' },
      [[`${id} says`], ['refused'], [`copy of ${id}`]],
    );
    only(flow, `only for ${id}`, 'checkpoint', 300, y + 130, [`${id} witness`]);
    flow.node(`${id} witness`, 'microgrid-witness', 510, y + 130, { name: '', member: own, keys: '' }, [
      [`${id} says`],
      ['refused'],
    ]);
    flow.node(`${id} outbox`, 'microgrid-outbox', 510, y + 85, { name: '', member: own, operatorKey: '' }, [
      [`${id} says`],
      ['refused'],
      ['recorded'],
    ]);
    flow.linkOut(`${id} says`, `${id} says`, 725, y + 60, ['operator hears', `${other} hears`]);
    debug(flow, `copy of ${id}`, 760, y + 100);
  }
  debug(flow, 'recorded', 750, 510);
  inject(flow, 'a note of home-31', 180, 450, { type: 'note', text: 'The roof of home-31 was cleaned today.' }, [
    'home-31 outbox',
  ]);
  const offer =
    '{"type": "order", "member": "home-32", "interval": payload.bidding, "side": "sell", "wh": 500, "limit": 100000}';
  flow.node(
    'an order',
    'change',
    180,
    650,
    { name: 'home-32 offers 0.5 kWh', rules: [{ t: 'set', p: 'payload', pt: 'msg', to: offer, tot: 'jsonata' }] },
    [['home-32 outbox']],
  );
  errors(flow, 780);
  return flow.build();
}

/** A button whose message is computed when it is pressed. */
function expression(
  flow: FlowBuilder,
  name: string,
  x: number,
  y: number,
  payload: string,
  to: readonly string[],
): void {
  const message = { props: [{ p: 'payload' }], payload, payloadType: 'jsonata', topic: '' };
  flow.node(name, 'inject', x, y, { name, ...message, repeat: '', crontab: '', once: false, onceDelay: 0.1 }, [to]);
}
function statementToPrint(): readonly FlowNode[] {
  const flow = new FlowBuilder('example-10');
  flow.tab(
    'tab',
    'A statement to print',
    'A home with a roof sells to the bakery. Their statements are asked for with a button, or in a browser.',
  );
  community(flow, { origin: 'statement-to-print.example', start: '2017-07-10T11:00Z' });
  member(flow, 'home-01', 'home', 15171);
  member(flow, 'bakery', 'business', 15172);
  flow.comment(
    'promise',
    'After 15 s open http://127.0.0.1:1880/statement?member=home-01 for a page to print: it sold to the bakery, and saved. The button shows the same as an object',
    560,
    60,
  );
  site(flow, 'home-01', 15171, 170, 140, '0', ['home-01-order']);
  site(flow, 'bakery', 15172, 170, 200, '0', ['bakery-order']);
  order(flow, 'home-01', 400, 140, ['market']);
  order(flow, 'bakery', 400, 200, ['market']);
  interval(flow, 160, 300, [
    ['home-01-order', 'bakery-order', 'tariff'],
    ['market'],
    ['home-01-meter', 'home-01-roof', 'bakery-meter'],
    [],
  ]);
  market(flow, 620, 170, '', [['settle'], [], []]);
  const charges = { networkFeeder: '2', networkSubstation: '4', networkBeyond: '6', levies: '1', vat: '20' };
  flow.node(
    'tariff',
    'microgrid-tariff',
    390,
    230,
    { name: '', community: flow.id('community'), timeZone: 'Europe/Berlin', ...charges },
    [['settle'], []],
  );
  meter(flow, 'home-01', 390, 280, [[], ['settle', 'statement']]);
  const roof = { name: 'roof', member: flow.id('home-01'), modbus: flow.id('home-01-modbus'), pollSeconds: '120' };
  flow.node(
    'home-01-roof',
    'microgrid-meter',
    390,
    330,
    { ...roof, device: 'sunspec-inverter-103', unit: '2', role: 'pv', connectionKW: '50' },
    [[], ['statement']],
  );
  meter(flow, 'bakery', 390, 380, [[], ['settle', 'statement']]);
  flow.node('settle', 'microgrid-settle', 620, 280, { name: '', community: flow.id('community'), ledger: '' }, [
    ['statement'],
    [],
    [],
  ]);
  flow.node(
    'statement',
    'microgrid-statement',
    860,
    330,
    { name: '', community: flow.id('community'), timeZone: 'Europe/Berlin' },
    [['asked'], ['all accounts']],
  );
  flow.comment('web', 'Who may see whose statement is to be checked here, before the statement is made', 400, 440);
  flow.node(
    'http',
    'http in',
    170,
    490,
    { name: '', url: '/statement', method: 'get', upload: false, swaggerDoc: '' },
    [['page']],
  );
  flow.node('page', 'change', 390, 490, { name: 'as a page', rules: [PAGE] }, [['statement']]);
  inject(flow, 'statement of home-01', 190, 550, { member: 'home-01' }, ['statement']);
  inject(flow, 'statements of all', 180, 600, {}, ['statement']);
  flow.node('asked', 'switch', 1030, 320, ASKED_BY, [['answer'], ['statement shown']]);
  flow.node('answer', 'http response', 1190, 290, { name: '', statusCode: '', headers: {} }, []);
  debug(flow, 'statement shown', 1210, 340);
  debug(flow, 'all accounts', 1050, 380);
  errors(flow, 670);
  return flow.build();
}

const PAGE = { t: 'set', p: 'payload.format', pt: 'msg', to: 'html', tot: 'str' };
const ASKED_BY = {
  name: 'by a browser?',
  property: 'res',
  propertyType: 'msg',
  rules: [{ t: 'nnull' }, { t: 'else' }],
  checkall: 'false',
  repair: false,
  outputs: 2,
};
