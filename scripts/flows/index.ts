// All flows that the package and the demo ship, by path.
import { FlowBuilder, type FlowNode } from './builder.ts';
import { cheatAsOperator } from './cheat.ts';
import { examples } from './examples.ts';
import { buildStreet } from './street.ts';
import { buildDashboard } from './street-dashboard.ts';

export function allFlows(): Readonly<Record<string, readonly FlowNode[]>> {
  return { 'demo/flows.json': demo(), ...examples() };
}

/** What `npm start` opens. */
function demo(): readonly FlowNode[] {
  const flow = new FlowBuilder('demo');
  buildDashboard(flow);
  buildStreet(flow, { origin: 'sunny-street.example', firstPort: 15021, speed: 180 }, ['to-overview']);
  return [...flow.build(), ...cheatAsOperator('demo-cheat', 'cheat.sunny-street.example')];
}
