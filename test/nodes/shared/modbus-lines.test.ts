// No wire is held twice: a dialog asks through the deployed line, two dialogs share one, a deployed line ends those.
import assert from 'node:assert/strict';
import { borrowLine, holdLine, type Line } from '../../../nodes/shared/modbus-lines.ts';
import { type RawPeer, rawPeer, rawRtuPeer } from '../../support/modbus-peers.ts';

/** Fields as a dialog stores them. */
const stored = (port: number, more: object = {}) => ({
  transport: 'tcp',
  host: '127.0.0.1',
  port: String(port),
  path: '',
  baud: '9600',
  parity: 'none',
  stopBits: '1',
  timeoutSeconds: '1',
  gapMs: '0',
  ...more,
});
const line = (port: number, more: Partial<Line> = {}): Line => ({
  transport: 'tcp',
  host: '127.0.0.1',
  port,
  path: '',
  baud: 9600,
  parity: 'none',
  stopBits: '1',
  timeoutSeconds: 1000,
  gapMs: 0,
  ...more,
});

describe('modbus lines', () => {
  let peer: RawPeer;
  beforeEach(async () => {
    peer = await rawPeer();
  });
  afterEach(() => peer.stop());

  it('lends the deployed line of the same wire, whichever node has it', async () => {
    const { port, close } = holdLine('a', line(peer.port));
    for (const host of ['127.0.0.1', 'localhost', 'LOCALHOST']) {
      const loan = borrowLine('b', stored(peer.port, { host, timeoutSeconds: '5', gapMs: '70' }));
      assert.equal(loan.port, port);
      assert.equal(loan.shared, true);
      await loan.giveBack();
    }
    assert.deepEqual(await port.readHolding(1, 7, 1), [7], 'giving back closed what is deployed');
    await close();
    const own = borrowLine('b', stored(peer.port));
    assert.equal(own.shared, false);
    await own.giveBack();
  });

  it('refuses a wire that is used with other settings', async () => {
    const { close } = holdLine('a', line(peer.port));
    assert.throws(
      () => borrowLine('a', stored(peer.port, { transport: 'rtu-tcp' })),
      /the running flow uses 127\.0\.0\.1:\d+ with other settings; deploy the change, then try again/,
    );
    await close();
    const loan = borrowLine('a', stored(peer.port));
    assert.throws(() => borrowLine('b', stored(peer.port, { transport: 'rtu-tcp' })), /another dialog tries .* moment/);
    await loan.giveBack();
  });

  it('is shared by nodes that name the same wire, and closed by the last of them', async () => {
    const first = holdLine('a', line(peer.port));
    const second = holdLine('b', line(peer.port, { host: 'localhost', timeoutSeconds: 5000 }));
    assert.equal(second.port, first.port);
    assert.throws(
      () => holdLine('c', line(peer.port, { transport: 'rtu-tcp' })),
      /another node holds 127\.0\.0\.1:\d+ with other settings; use that node/,
    );
    await first.close();
    assert.deepEqual(await second.port.readHolding(1, 7, 1), [7]);
    assert.equal(peer.connections, 1);
    await second.close();
    assert.equal(second.port.state, 'closed');
    const anew = holdLine('c', line(peer.port, { transport: 'rtu-tcp' }));
    assert.notEqual(anew.port, first.port);
    await anew.close();
  });

  it('knows a line by its node where the environment says its address', async () => {
    const { port, close } = holdLine('a', line(peer.port));
    assert.equal(borrowLine('a', stored(peer.port, { host: '$(INVERTER)' })).port, port);
    await close();
    assert.throws(() => borrowLine('a', stored(peer.port, { port: '$(PORT)' })), /the port must be a number/);
  });

  it('shares one connection among dialogs, and closes it after the last', async () => {
    const first = borrowLine('', stored(peer.port));
    const second = borrowLine('', stored(peer.port));
    assert.equal(first.port, second.port);
    await first.port.readHolding(1, 7, 1);
    await first.giveBack();
    assert.deepEqual(await second.port.readHolding(1, 8, 1), [8]);
    assert.equal(peer.connections, 1);
    await second.giveBack();
    assert.equal(second.port.state, 'closed');
  });

  it('ends what dialogs opened when a line with the same wire is deployed', async () => {
    const loan = borrowLine('', stored(peer.port));
    await loan.port.readHolding(1, 7, 1);
    const { port, close } = holdLine('a', line(peer.port));
    await assert.rejects(loan.port.readHolding(1, 7, 1), { code: 'closed' });
    await loan.giveBack();
    assert.equal(borrowLine('', stored(peer.port)).port, port);
    await close();
  });

  it('opens every kind of line', async () => {
    const converter = await rawRtuPeer();
    const loan = borrowLine('', stored(converter.port, { transport: 'rtu-tcp' }));
    assert.deepEqual(await loan.port.readHolding(1, 7, 1), [7]);
    await loan.giveBack();
    await converter.stop();
    for (const [more, sentence] of [
      [{ transport: 'serial' }, /the serial line is missing/],
      [{ host: ' ' }, /the host is missing/],
      [{ port: '0' }, /the port must be between 1 and 65535; correct the connection/],
      [{ transport: 'pigeon' }, /the kind of line must be one of/],
    ] as const) {
      assert.throws(() => borrowLine('', stored(502, more)), sentence);
    }
    for (const nothing of [undefined, null, 5, 'x']) assert.throws(() => borrowLine('', nothing), Error);
  });
});
