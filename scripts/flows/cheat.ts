// A tab on which the operator can be made to cheat: three members with copies of the ledger, an outbox each, and a node between them
// and the operator that lies on request. An example of its own, and a tab of the demo.
import { FlowBuilder, type FlowNode } from './builder.ts';
import { community, debug, errors, inject, interval, market, member, operatedLedger } from './parts.ts';

/** Who sells and buys what in every auction: Wh, and the limit in micro-currency per kWh. */
const ORDERS: readonly (readonly [member: string, side: string, wh: number, limit: number])[] = [
  ['home-41', 'sell', 800, 100_000],
  ['home-42', 'buy', 500, 200_000],
  ['home-43', 'buy', 250, 180_000],
];

const CHEATS: readonly (readonly [label: string, how: string])[] = [
  ['change a fill', 'change-fill'],
  ['drop an order', 'drop-order'],
  ['rewrite a block', 'rewrite-block'],
  ['show two histories', 'two-histories'],
];

/** @param prefix keeps its ids apart @param origin name of its community */
export function cheatAsOperator(prefix: string, origin: string): readonly FlowNode[] {
  const flow = new FlowBuilder(prefix);
  const homes = ORDERS.map(([id]) => id);
  flow.tab(
    'tab',
    'Cheat as operator',
    'Make the operator lie, and see who notices. Links stand for the network between the members; each of them checks everything itself.',
  );
  community(flow, { origin });
  member(flow, 'operator', 'operator');
  for (const id of homes) member(flow, id, 'home');
  const ledger = operatedLedger(flow);
  flow.comment(
    'promise',
    'Wait until the copies are green, then press one button: within 20 s the members turn red, and "found" shows what they can prove. "begin anew" is honest again',
    560,
    40,
  );
  interval(flow, 140, 100, [ORDERS.map(([id]) => `order of ${id}`), ['market'], [], []]);
  market(flow, 320, 110, ledger, [['seal'], ['refused'], []]);
  flow.node(
    'seal',
    'microgrid-ledger-append',
    510,
    110,
    { name: 'sign as operator, seal', ledger, member: flow.id('operator') },
    [[], ['refused'], ['share']],
  );
  flow.node('share', 'microgrid-ledger-share', 720, 120, { name: '', ledger }, [['cheat'], ['refused']]);
  flow.linkIn('operator hears', 'operator hears', 395, 200, ['cheat']);
  flow.node('cheat', 'microgrid-cheat', 570, 200, { name: '', ledger }, [['operator says'], ['refused'], ['share']]);
  flow.linkOut(
    'operator says',
    'operator says',
    725,
    180,
    homes.map((id) => `${id} hears`),
  );
  debug(flow, 'refused', 930, 100);
  for (const [i, [label, how]] of CHEATS.entries()) {
    inject(flow, label, 160, 180 + 40 * i, { type: 'cheat', how }, ['cheat']);
  }
  inject(flow, 'begin anew', 160, 360, { command: 'reset' }, ['interval']);
  debug(flow, 'found', 930, 300);
  for (const [i, [id, side, wh, limit]] of ORDERS.entries()) {
    const y = 280 + 120 * i;
    const own = flow.id(id);
    const others = homes.filter((other) => other !== id).map((other) => `${other} hears`);
    const order = `{"type": "order", "member": "${id}", "interval": payload.bidding, "side": "${side}", "wh": ${wh}, "limit": ${limit}}`;
    const rules = [{ t: 'set', p: 'payload', pt: 'msg', to: order, tot: 'jsonata' }];
    flow.node(`order of ${id}`, 'change', 420, y + 40, { name: `${id} ${side}s ${wh} Wh`, rules }, [[`${id} outbox`]]);
    flow.linkIn(`${id} hears`, `${id} hears`, 395, y, [`${id} replica`, `${id} outbox`]);
    flow.node(
      `${id} replica`,
      'microgrid-replica',
      640,
      y,
      { name: `copy of ${id}`, member: own, mode: 'full', operatorKey: '' },
      [[`${id} says`], ['refused'], ['found']],
    );
    flow.node(
      `${id} outbox`,
      'microgrid-outbox',
      640,
      y + 40,
      { name: `outbox of ${id}`, member: own, operatorKey: '' },
      [[`${id} says`], ['refused'], []],
    );
    flow.linkOut(`${id} says`, `${id} says`, 805, y + 20, ['operator hears', ...others]);
  }
  errors(flow, 660);
  return flow.build();
}
