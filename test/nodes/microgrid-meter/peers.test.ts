// The meter node at servers that others wrote: libmodbus (TCP and RTU) and pymodbus serve recorded SunSpec devices, and every
// value that a reading has is that of the record.
import assert from 'node:assert/strict';
import type { Reading } from '../../../src/devices/reading.ts';
import { communityNode, memberNode, meterNode, modbusNode, removeUserDirs, startFlow } from '../../support/flow.ts';
import { libmodbusRtu, libmodbusTcp, needPrograms, type Program, pymodbusTcp } from '../../support/peers.ts';
import { type RecordedImage, recordedImage } from '../../support/sunspec-image.ts';

interface Peer {
  /** Fields of the connection. */
  readonly line: object;
  close(): Promise<void>;
}

const overTcp = async (started: ReturnType<typeof libmodbusTcp>): Promise<Peer> => {
  const { port, close } = await started;
  return { line: { port: String(port) }, close };
};

const PEERS: readonly [name: string, programs: readonly Program[], start: (registers: number[]) => Promise<Peer>][] = [
  ['libmodbus over TCP', ['libmodbus'], (words) => overTcp(libmodbusTcp({ unit: 1, holding: { 40000: words } }))],
  ['pymodbus over TCP', ['pymodbus'], (words) => overTcp(pymodbusTcp({ unit: 1, holding: { 40000: words } }))],
  [
    'libmodbus on a serial line',
    ['libmodbus', 'socat'],
    async (words) => {
      const { path, close } = await libmodbusRtu({ unit: 1, holding: { 40000: words } }, { baud: 115_200 });
      return {
        line: { transport: 'serial', path, baud: '115200', parity: 'none', stopBits: '1' },
        close,
      };
    },
  ],
];

/** Image, device of the catalogue, model, and its points: power, export counter, frequency, current and voltage of phase 1. */
const DEVICES = [
  ['three_phase_inverter_int', 'sunspec-inverter', 103, 'W', 'WH', 'Hz', 'AphA', 'PhVphA'],
  ['float_inverter_meter', 'sunspec-inverter', 113, 'W', 'WH', 'Hz', 'AphA', 'PhVphA'],
  ['device_1547', 'sunspec-der', 701, 'W', 'TotWhInj', 'Hz', 'AL1', 'VL1'],
] as const;

describe('microgrid-meter at other servers', () => {
  after(removeUserDirs);

  for (const [name, programs, start] of PEERS) {
    for (const [image, device, model, ...points] of DEVICES) {
      it(`reads ${image} from ${name}`, async function () {
        needPrograms(this, ...programs);
        this.timeout(30_000);
        const { registers, models } = recordedImage(this, image);
        const peer = await start(registers);
        const flow = await startFlow([
          communityNode({ clock: 'real' }),
          memberNode(),
          modbusNode(502, { timeoutSeconds: '3', ...peer.line }),
          meterNode({ device, role: 'grid', unit: '1', pollSeconds: '1' }),
        ]);
        try {
          const reading = (await flow.next('meter', 0)) as unknown as Reading;
          const expected = valuesOf(models, model, points);
          const phase = reading.phases?.[0];
          const found = [reading.powerW, reading.exportWh, reading.frequencyHz, phase?.currentA, phase?.voltageV];
          assert.equal(reading.quality, 'measured', JSON.stringify(reading.reasons));
          for (const [index, value] of expected.entries()) {
            // A reading keeps seven digits of a figure, and whole Wh of a counter.
            const near = index === 1 ? 0.5 : Math.abs(Number(value)) * 1e-6;
            assert.ok(
              Math.abs(Number(found[index]) - Number(value)) <= near,
              `${points[index]}: ${found[index]}, not ${value}`,
            );
            assert.equal(found[index] === null, value === null, points[index]);
          }
        } finally {
          await flow.stop();
          await peer.close();
        }
      });
    }
  }
});

function valuesOf(models: RecordedImage['models'], id: number, points: readonly string[]) {
  const values = models.find((model) => model.id === id)?.values_scaled;
  return points.map((point) => values?.[point] ?? null);
}
