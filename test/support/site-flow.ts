// A flow beside a virtual site that the test itself serves: the devices are real Modbus on loopback, the test turns their
// clock by hand (the community's, paused), looks into the site and puts faults on its units.

import type { Fault } from '../../src/simulation/faults.ts';
import { VirtualUnits } from '../../src/simulation/modbus-answer.ts';
import { serveRtu, serveTcp } from '../../src/simulation/modbus-server-port.ts';
import { type SiteProfile, SiteRun } from '../../src/simulation/site-run.ts';
import { unitsOf } from '../../src/simulation/virtual-registers.ts';
import type { BatterySpec } from '../../src/simulation/virtual-site.ts';
import { INTERVAL_MS, intervalAt } from '../../src/time/interval.ts';
import {
  communityNode,
  type FlowItem,
  type FlowOptions,
  memberNode,
  modbusNode,
  type RunningFlow,
  startFlow,
} from './flow.ts';
import { ptyPair } from './peers.ts';

export const START = Date.parse('2017-07-10T06:00Z');

export interface SiteFlow {
  readonly flow: RunningFlow;
  readonly site: SiteRun;
  /** Of the Modbus TCP server; 0 on a serial line. */
  readonly port: number;
  fault(unit: number, fault: Fault | null): void;
  /** Sets the paused clock, so many minutes after 06:00. */
  clock(minutes: number): void;
  /** Lets the clock run on from so many minutes after 06:00, until something holds; it is paused again then. */
  runFrom(minutes: number, until: () => Promise<unknown>): Promise<void>;
  /** The message that ends the interval before so many minutes after 06:00. */
  end(minutes: number): { type: string; event: string; interval: string };
  stop(): Promise<void>;
}

export interface SiteFlowOptions extends FlowOptions {
  readonly profile: SiteProfile;
  readonly battery?: BatterySpec;
  readonly socPerMille?: number;
  /** Of the community. */
  readonly community?: object;
  readonly modbus?: object;
  /** What the devices are on; `rtu` is a pair of pseudo-terminals. Default `tcp`. */
  readonly wire?: 'tcp' | 'rtu';
  /** Where the clock begins, minutes after 06:00. */
  readonly at?: number;
  readonly faults?: readonly (readonly [number, Fault])[];
  /** Of an earlier flow: its site goes on. */
  readonly site?: SiteRun;
}

let now: () => number = () => START;

/** Starts a community (paused), a member and a Modbus host with the given nodes. */
export async function startSiteFlow(nodes: readonly FlowItem[], options: SiteFlowOptions): Promise<SiteFlow> {
  const { at = 0, faults = [], profile, battery, socPerMille = 500, wire = 'tcp' } = options;
  const begin = START + at * 60_000;
  now = () => begin;
  const site =
    options.site ?? new SiteRun({ profile, start: START, socPerMille, ...(battery ? { battery } : {}) }, () => now());
  const devices = new VirtualUnits(unitsOf(site), () => site.snapshot().at);
  const server = await (wire === 'tcp' ? onTcp(devices) : onRtu(devices));
  for (const [unit, fault] of faults) devices.setFault(unit, fault);
  const start = `${new Date(begin).toISOString().slice(0, 16)}Z`;
  const flow = await startFlow(
    [
      communityNode({ start, ...options.community }),
      memberNode(),
      modbusNode(server.port, { ...server.fields, ...options.modbus }),
      ...nodes,
    ],
    options,
  );
  const { community } = flow;
  community.pause();
  community.resumeAt(begin);
  now = () => community.clock.now();
  const clock = (minutes: number) => {
    community.pause();
    community.resumeAt(START + minutes * 60_000);
  };
  return {
    flow,
    site,
    port: server.port,
    clock,
    fault: (unit, fault) => devices.setFault(unit, fault),
    async runFrom(minutes, until) {
      clock(minutes);
      community.resume();
      await until();
      community.pause();
    },
    end: (minutes) => ({
      type: 'interval',
      event: 'end',
      interval: intervalAt(START + minutes * 60_000 - INTERVAL_MS),
    }),
    async stop() {
      await flow.stop();
      await server.close();
    },
  };
}

/** The server of the devices, and how a Modbus node reaches it. */
async function onTcp(devices: VirtualUnits) {
  const { port, close } = await serveTcp(devices);
  return { port, fields: {}, close };
}

async function onRtu(devices: VirtualUnits) {
  const pair = await ptyPair();
  const server = await serveRtu(devices, pair.b);
  const serial = { configVersion: 2, transport: 'serial', path: pair.a, baud: '19200', parity: 'none', stopBits: '1' };
  const unused = { host: '', port: '502', proxy: 'off', proxyHost: '127.0.0.1', proxyPort: '5020' };
  return {
    port: 0,
    fields: { ...serial, ...unused },
    async close() {
      await server.close();
      await pair.close();
    },
  };
}
