// Makes the project's reading out of any message: values picked by path, P1 telegrams or SML files as bytes of a serial or
// TCP node. From there on it is a meter like any other: the same quality gate, the same energy of intervals (metering.ts).
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import {
  chargeUnits,
  energyUnits,
  type FieldName,
  fieldNames,
  fieldSample,
  powerUnits,
} from '../../src/sources/fields.ts';
import { feed, nothingHeld } from '../../src/sources/frames.ts';
import { p1Framing, p1Sample, readP1 } from '../../src/sources/p1.ts';
import { readingOf, type Sample } from '../../src/sources/sample.ts';
import { readSml, smlFraming, smlSample } from '../../src/sources/sml.ts';
import { describe } from '../../src/units.ts';
import type { Member } from '../microgrid-member/microgrid-member.ts';
import { choice, decimal, nodeId, optionalText, requiredText } from '../shared/config-fields.ts';
import { apiOf, defineNode, type Message, toError } from '../shared/define-node.ts';
import { startMetering } from '../shared/metering.ts';
import { compilePath, PATH_TYPES, type ReadPath } from '../shared/paths.ts';

/** More bytes in one message are no telegram but a mistake. */
const MOST_BYTES = 1_048_576;

const pathType = (name: string) => choice(`how ${name} is found`, PATH_TYPES);

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-reading',
    config: v.object({
      member: nodeId(),
      role: choice('the role', ['grid', 'pv', 'load']),
      source: choice('the source', ['fields', 'p1', 'sml']),
      property: requiredText('where the bytes are'),
      power: optionalText('the power'),
      powerType: pathType('the power'),
      powerExport: optionalText('the power fed in'),
      powerExportType: pathType('the power fed in'),
      powerUnit: choice('the unit of power', powerUnits),
      sign: choice('the sign of power', ['normal', 'reversed']),
      importEnergy: optionalText('the import counter'),
      importEnergyType: pathType('the import counter'),
      exportEnergy: optionalText('the export counter'),
      exportEnergyType: pathType('the export counter'),
      energyUnit: choice('the unit of energy', energyUnits),
      phase1: optionalText('the power of phase 1'),
      phase1Type: pathType('the power of phase 1'),
      phase2: optionalText('the power of phase 2'),
      phase2Type: pathType('the power of phase 2'),
      phase3: optionalText('the power of phase 3'),
      phase3Type: pathType('the power of phase 3'),
      frequency: optionalText('the frequency'),
      frequencyType: pathType('the frequency'),
      charge: optionalText('the state of charge'),
      chargeType: pathType('the state of charge'),
      chargeUnit: choice('the unit of charge', chargeUnits),
      time: optionalText('the time'),
      timeType: pathType('the time'),
      clock: choice('which time counts', ['message', 'arrival']),
      exportCounter: choice('what a missing export counter means', ['missing', 'zero']),
      smlFault: choice('the known fault of the meter', ['none', 'dzg-short-power']),
      maxAgeSeconds: decimal('the age of a reading (seconds)', 3, 1000, 86_400_000),
      silentSeconds: decimal('the longest silence (seconds)', 3, 1000, 86_400_000),
      connectionKW: decimal('what the connection carries (kW)', 3, 1, 1_000_000_000),
    }),
    create(context) {
      const { config, fail, run, node } = context;
      const member = apiOf<Member>(RED, config.member, 'member');
      const { clock } = member.community;
      const { source, role } = config;
      const paths = new Map<FieldName, ReadPath>();
      if (source === 'fields') {
        for (const name of fieldNames) {
          const type = config[`${name}Type`];
          if (type !== 'none' && config[name] !== '') paths.set(name, compilePath(RED, node, config[name], type));
        }
        if (!['power', 'importEnergy', 'exportEnergy'].some((name) => paths.has(name as FieldName))) {
          throw new Error('neither power nor a counter is chosen; open this node and say where the message has one');
        }
      }
      const units = {
        power: config.powerUnit,
        energy: config.energyUnit,
        charge: config.chargeUnit,
        reversed: config.sign === 'reversed',
      };
      let held = nothingHeld;
      let cancelSilence = () => {};

      /** Bytes of a stream: what is whole in them, one after the other; what is not is said, and the rest still read. */
      const samplesOf = (bytes: Uint8Array): (Sample | Error)[] => {
        const [next, frames] = feed(source === 'p1' ? p1Framing : smlFraming, held, bytes);
        held = next;
        return frames.map((frame) => {
          if (!(frame instanceof Uint8Array)) return new Error(frame.text);
          try {
            if (source === 'p1') return p1Sample(readP1(frame));
            return smlSample(readSml(frame), { shortPowersArePositive: config.smlFault === 'dzg-short-power' });
          } catch (problem) {
            return toError(problem);
          }
        });
      };

      const fieldsOf = async (message: Message): Promise<Sample> => {
        const values: Partial<Record<FieldName, unknown>> = {};
        for (const [name, read] of paths) values[name] = await read(message);
        const measured = Object.entries(values).filter(([name]) => name !== 'time' && !given(config, name));
        if (measured.every(([, value]) => value === undefined)) {
          const sought = [...paths.keys()]
            .filter((name) => name !== 'time')
            .map((name) => `${name} at ${config[name]}`);
          throw new Error(`the message has nothing of what is sought in it: ${sought.join(', ')}`);
        }
        return fieldSample(units, values);
      };

      const take = (sample: Sample) => {
        const at = (config.clock === 'message' ? sample.at : null) ?? clock.now();
        metering.take(readingOf(source, asRole(sample), at));
        awaitNext();
      };

      /** Meters count as the grid sees it: what a roof gives is export there, and generation here. */
      const asRole = (sample: Sample): Sample => {
        if (source === 'fields') return sample;
        const whole = config.exportCounter === 'zero' ? { exportWh: 0, ...sample } : sample;
        if (role !== 'pv') return whole;
        const { powerW, phases } = whole;
        const turned = (value: number | null) => (value === null ? null : 0 - value);
        return {
          ...whole,
          ...(powerW === undefined ? {} : { powerW: turned(powerW) }),
          ...(phases ? { phases: phases.map((phase) => ({ ...phase, powerW: turned(phase.powerW) })) } : {}),
        };
      };

      /** A source that falls silent is told once to Catch nodes, and its last value is not left standing. */
      const awaitNext = () => {
        cancelSilence();
        const generation = metering.generation;
        // On a fast clock messages still come at a real pace.
        const pause = Math.max(config.silentSeconds, clock.speed * 3000);
        cancelSilence = clock.at(clock.now() + pause, () =>
          run(() => {
            if (generation !== metering.generation) return;
            const seconds = Math.round(pause / 1000);
            const text = `The source has sent nothing for ${seconds} s.`;
            fail(
              new Error(
                `the ${role} meter of ${member.id} has sent nothing for ${seconds} s; check what is wired here`,
              ),
            );
            metering.miss(source, { code: 'no-message', text }, `silent for ${seconds} s`);
          }),
        );
      };

      const metering = startMetering({
        context,
        member,
        role,
        connectionW: config.connectionKW,
        maxAgeMs: config.maxAgeSeconds,
        begun: awaitNext,
        ended: () => {
          cancelSilence();
          held = nothingHeld;
        },
      });

      return {
        async input(message) {
          if (isMoment(message.payload)) {
            metering.endInterval(message.payload);
            return;
          }
          await member.community.ready();
          const { generation } = metering;
          const samples =
            source === 'fields'
              ? [await fieldsOf(message)]
              : samplesOf(bytesOf(RED.util.getMessageProperty(message as never, config.property), config.property));
          // What came before a reset is of the old epoch.
          if (generation !== metering.generation || !metering.ready) return;
          for (const sample of samples) if (!(sample instanceof Error)) take(sample);
          const problems = samples.filter((sample) => sample instanceof Error);
          if (problems[0]) throw problems[0];
        },
        close() {
          cancelSilence();
          metering.close();
        },
      };
    },
  });
}

/** A moment of the community's day, from the interval node: wired here to close intervals. */
function isMoment(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'type' in payload && payload.type === 'interval';
}

/** Fixed values are there whatever the message says. */
function given(config: Readonly<Record<string, unknown>>, name: string): boolean {
  return config[`${name}Type`] === 'num';
}

/** Bytes as a serial or TCP node gives them: a buffer, or text in which every character is one byte. */
function bytesOf(value: unknown, property: string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(
      `msg.${property} must be a buffer or text, as a serial or TCP node sends it, but is ${describe(value)}`,
    );
  }
  if (bytes.length > MOST_BYTES)
    throw new RangeError(`msg.${property} has ${bytes.length} bytes, more than any meter sends`);
  return bytes;
}
