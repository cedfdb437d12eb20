// What the dialogs of nodes with a device ask the runtime for: the catalogue, one reading ("Test"), and a search for the
// devices on a line ("Find devices"). All of it through the line of the running flow, where it has one.
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { catalogue, deviceById } from '../../src/devices/catalogue-store.ts';
import type { DeviceDescription } from '../../src/devices/description.ts';
import { openDevice } from '../../src/devices/device.ts';
import type { Reading } from '../../src/devices/reading.ts';
import { decimal, nodeId, optionalText, requiredText, whole } from './config-fields.ts';
import { toError } from './define-node.ts';
import { DeviceSearches } from './device-searches.ts';
import { borrowLine } from './modbus-lines.ts';

/** A device of the catalogue as the dialogs show it. */
export interface ListedDevice
  extends Pick<DeviceDescription, 'id' | 'vendor' | 'model' | 'kind' | 'confirmed' | 'transports' | 'defaultUnit'> {
  /** Whether it can be told what to do: `unconfirmed` is known from one source only, and never done. */
  readonly control: 'none' | 'unconfirmed' | 'confirmed';
  /** Commands go to memory that wears out. */
  readonly persistent: boolean;
  /** Where nothing takes a command back when its sender dies: what stops it even so; null elsewhere. */
  readonly keepsOrder: string | null;
  readonly remarks: readonly string[];
}

/** A test ends after this, whatever the line and the queue on it do. */
const TEST_MS = 15_000;

const testRequest = v.object({
  id: nodeId(),
  line: v.optional(v.unknown(), null),
  unit: whole('the unit', 0, 255),
  device: requiredText('the device'),
});
const searchRequest = v.object({
  id: nodeId(),
  line: v.optional(v.unknown(), null),
  from: whole('the first unit', 1, 247),
  to: whole('the last unit', 1, 247),
  usual: v.optional(v.boolean('whether usual units are asked too is true or false'), false),
  waitSeconds: decimal('the wait per unit (seconds)', 3, 100, 5000),
  device: optionalText('the device'),
});

/** Errors are answers too: `{ error }` with a sentence for the dialog. */
export function serveDeviceRoutes(RED: NodeAPI): void {
  const { httpAdmin, auth } = RED;
  const searches = new DeviceSearches();
  const mayRead = auth.needsPermission('microgrid.read');
  const mayWrite = auth.needsPermission('microgrid.write');

  httpAdmin.get('/microgrid/devices', mayRead, (_request, response) => {
    response.json(catalogue().map(listed));
  });

  httpAdmin.post('/microgrid/test', mayWrite, (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    testDevice(request.body, gone.signal).then(
      (reading) => response.json({ reading }),
      (problem) => response.json({ error: toError(problem).message }),
    );
  });

  httpAdmin.post('/microgrid/search', mayWrite, (request, response) => {
    try {
      const { id, line, from, to, usual, waitSeconds: limitMs, device: name } = parse(searchRequest, request.body);
      const device = catalogue().find((each) => each.id === name) ?? null;
      if (to < from) throw new Error('the last unit must not be below the first');
      const borrowed = borrowLine(id, line);
      response.json({ id: searches.start(borrowed, { from, to, usual, limitMs, device }), shared: borrowed.shared });
    } catch (problem) {
      response.json({ error: toError(problem).message });
    }
  });

  httpAdmin.get('/microgrid/search/:id', mayRead, (request, response) => {
    const progress = searches.progress(String(request.params['id']));
    if (progress) response.json(progress);
    else response.status(404).json({ error: 'this search is over; start it again' });
  });

  httpAdmin.delete('/microgrid/search/:id', mayWrite, (request, response) => {
    searches.cancel(String(request.params['id']));
    response.status(204).end();
  });
}

function listed(device: DeviceDescription): ListedDevice {
  const { id, vendor, model, kind, confirmed, transports, defaultUnit, remarks = [], control } = device;
  return {
    id,
    vendor,
    model,
    kind,
    confirmed,
    transports,
    defaultUnit,
    control: control ? (control.confirmed ? 'confirmed' : 'unconfirmed') : 'none',
    persistent: control?.storage === 'persistent',
    keepsOrder: control?.fallback.by === 'nothing' ? control.fallback.limit : null,
    remarks,
  };
}

/** One reading. @param gone when nobody waits for it any more */
async function testDevice(body: unknown, gone: AbortSignal): Promise<Reading> {
  const { id, line, unit, device } = parse(testRequest, body);
  const description = deviceById(device);
  const { port, giveBack } = borrowLine(id, line);
  const late = AbortSignal.timeout(TEST_MS);
  try {
    return await openDevice(port, unit, description).read(Date.now, AbortSignal.any([gone, late]));
  } catch (problem) {
    if (!late.aborted) throw problem;
    throw new Error(`unit ${unit} at ${port.name} gave no reading within ${TEST_MS / 1000} s`, { cause: problem });
  } finally {
    await giveBack();
  }
}

function parse<Out>(schema: v.GenericSchema<unknown, Out>, body: unknown): Out {
  const result = v.safeParse(schema, body);
  if (!result.success) throw new Error(result.issues[0].message);
  return result.output;
}
