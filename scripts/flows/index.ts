// All flows that the package and the demo ship, by path.
import { FlowBuilder, type FlowNode } from './builder.ts';
import { buildStreet } from './street.ts';

export function allFlows(): Readonly<Record<string, readonly FlowNode[]>> {
  return { 'demo/flows.json': demo() };
}

function demo(): readonly FlowNode[] {
  const flow = new FlowBuilder('demo');
  flow.tab('dashboard-tab', 'Dashboard', '');
  flow.linkIn('to-overview', 'everything', 95, 80, ['overview']);
  buildStreet(flow, { origin: 'sunny-street.example', firstPort: 15021, speed: 180 }, ['to-overview']);
  flow.node('overview', 'microgrid-overview', 300, 80, { name: 'Street', community: flow.id('community'), everySeconds: '1' }, [[]]);
  return flow.build();
}
