// A virtual home or business: measured load and PV on the community's clock, a battery, and devices that speak real Modbus
// TCP on loopback. Its state survives a restart. Once after each start it tells its history, for forecasts to begin with.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { likeReal } from '../../src/simulation/real-battery.ts';
import { SiteRun, type SiteSnapshot } from '../../src/simulation/site-run.ts';
import { serveVirtualDevices, type VirtualDevices } from '../../src/simulation/virtual-devices.ts';
import { socPerMille } from '../../src/simulation/virtual-site.ts';
import { INTERVAL_MS } from '../../src/time/interval.ts';
import { formatPower } from '../../src/units.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { choice, decimal, nodeId, optionalText, whole } from '../shared/config-fields.ts';
import { apiOf, defineNode, toError } from '../shared/define-node.ts';
import { readPayload } from '../shared/messages.ts';
import { stateFile } from '../shared/state-file.ts';
import { degraded, idle, working } from '../shared/status.ts';
import { loadProfile } from './profile-cache.ts';

/** History longer than this is of no use to a forecast. */
const HISTORY_MS = 400 * 86_400_000;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-virtual-site',
    config: v.object({
      member: nodeId(),
      profile: choice('the profile', ['street', 'csv']),
      column: optionalText('the column'),
      csv: optionalText('the CSV file'),
      port: whole('the port', 1, 65_535),
      batteryKWh: decimal('the battery (kWh)', 3, 0, 2_000_000),
      batteryModel: choice('the kind of battery', ['ideal', 'real']),
      batteryKW: decimal('the battery power (kW)', 3, 0, 1_000_000),
      efficiency: decimal('the round trip efficiency (%)', 1, 10, 1000),
      startSoc: whole('the charge at the start (%)', 0, 100),
    }),
    migrations: [(old) => ({ batteryModel: 'ideal', ...old })],
    create({ node, config, directory, status, send, fail, run }) {
      const member = apiOf<Member>(RED, config.member, 'member');
      const { community } = member;
      const { clock } = community;
      const column = config.column === '' ? member.id : config.column;
      const source = config.profile === 'csv' ? config.csv : config.profile;
      if (source === '')
        throw new Error('the path of the CSV file is missing; give it, or choose a profile of the package');
      const memory = stateFile(
        directory,
        'sites',
        [community.rules.origin, member.id, node.id],
        v.object({
          epoch: v.number(),
          snapshot: v.custom<SiteSnapshot>((value) => typeof value === 'object' && value !== null),
        }),
        (sentence) => node.warn(sentence),
      );
      const ideal = {
        capacityWh: config.batteryKWh,
        maxChargeW: config.batteryKW,
        maxDischargeW: config.batteryKW,
        roundTripPerMille: config.efficiency,
      };
      const battery = ideal.capacityWh === 0 ? undefined : config.batteryModel === 'real' ? likeReal(ideal) : ideal;
      let site: SiteRun | null = null;
      let devices: VirtualDevices | null = null;
      let closed = false;
      let cancel = () => {};

      const showStatus = () => {
        if (!site) return;
        const { gridW } = site.power;
        const full = battery && { ...battery, capacityWh: site.capacityWh };
        const charge = full ? ` ${Math.round(socPerMille(full, site.site.stored) / 10)} %` : '';
        const quarter = Math.floor(clock.now() / INTERVAL_MS) * INTERVAL_MS;
        // A hole in the profile counts as nothing used and nothing made: that must show.
        if (site.history(quarter, quarter + INTERVAL_MS).length === 0) status(degraded(`no profile now${charge}`));
        else status(working(`${formatPower(gridW)}${charge}`));
      };

      const everyQuarter = () => {
        cancel();
        const next = (Math.floor(clock.now() / INTERVAL_MS) + 1) * INTERVAL_MS;
        cancel = clock.at(next, () => {
          run(() => {
            showStatus();
            if (site) memory.write({ epoch: community.epoch, snapshot: site.snapshot() });
          });
          everyQuarter();
        });
      };

      const tellHistory = (from: number) => {
        const intervals =
          site?.history(
            Math.max(from, clock.now() - HISTORY_MS),
            Math.floor(clock.now() / INTERVAL_MS) * INTERVAL_MS,
          ) ?? [];
        send([{ topic: member.id, payload: { type: 'history', member: member.id, intervals } }]);
      };

      const open = async () => {
        status(idle('starting'));
        const loading = loadProfile(source);
        community.hold(loading.then(() => {}));
        const profile = await loading;
        await community.ready();
        if (closed) return;
        community.endsAt(profile.to);
        const options = {
          profile: profile.of(column),
          pv: true,
          start: clock.now(),
          socPerMille: config.startSoc * 10,
        };
        site = new SiteRun(battery ? { ...options, battery } : options, () => clock.now());
        const kept = memory.read();
        if (kept?.epoch === community.epoch && community.continues(kept.snapshot.at)) {
          try {
            site.restore(kept.snapshot);
          } catch (problem) {
            node.warn(`the saved state of ${member.id} does not fit and is left aside: ${toError(problem).message}`);
          }
        }
        devices = await serveVirtualDevices(site, config.port);
        if (closed) return devices.close();
        showStatus();
        everyQuarter();
        tellHistory(profile.from);
      };

      const reset = () => {
        cancel();
        run(async () => {
          const profile = await loadProfile(source);
          await community.ready();
          if (closed || !site) return;
          site.reset(clock.now());
          if (!devices) return;
          everyQuarter();
          tellHistory(profile.from);
        });
      };

      community.on('reset', reset);
      open().catch(fail);

      return {
        input(message) {
          const { unit, fault } = readPayload(message.payload, 'fault');
          if (!devices) throw new Error('this virtual site has not started yet: send the fault again in a moment');
          devices.setFault(unit, fault);
        },
        async close() {
          closed = true;
          cancel();
          community.off('reset', reset);
          if (site) memory.write({ epoch: community.epoch, snapshot: site.snapshot() });
          await devices?.close();
        },
      };
    },
  });
}
