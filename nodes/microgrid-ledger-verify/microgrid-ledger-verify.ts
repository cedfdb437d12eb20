// Verifies a ledger as a stranger would: every signature, link, auction and bill. Runs in small steps, so that Node-RED
// stays responsive; tells its progress, can be cancelled, and names the first bad leaf.
import { isAbsolute, join } from 'node:path';
import type { NodeAPI } from 'node-red';
import * as v from 'valibot';
import { type VerifyOptions, type VerifyResult, verifyPath, verifyStore } from '../../src/audit/verify.ts';
import type { LedgerService } from '../microgrid-ledger/ledger-service.ts';
import { nodeId, optionalText } from '../shared/config-fields.ts';
import { apiOf, defineNode } from '../shared/define-node.ts';
import { degraded, failed, idle, working } from '../shared/status.ts';

/** Real time between two progress messages, ms. */
const PROGRESS_EVERY_MS = 200;

export default function (RED: NodeAPI): void {
  defineNode(RED, {
    type: 'microgrid-ledger-verify',
    config: v.object({ ledger: nodeId(), folder: optionalText('the folder') }),
    create({ config, directory, status, send, run }) {
      const service = config.ledger === '' ? null : apiOf<LedgerService>(RED, config.ledger, 'ledger');
      if (!service && config.folder === '') throw new Error('choose a ledger, or give the folder of an exported one');
      let running: AbortController | null = null;
      status(idle('not verified yet'));
      // A ledger that does not open is said here at once, not with the first verification.
      if (service) run(() => service.open().then(() => {}));
      // With its epoch the ledger closes; what is left unread of it is not missing.
      const stop = () => running?.abort();
      service?.community.on('reset', stop);

      const verify = async (options: VerifyOptions): Promise<VerifyResult> => {
        if (config.folder !== '' || !service) {
          // Like the folder of a ledger: below Node-RED's user directory unless it says otherwise.
          return verifyPath(isAbsolute(config.folder) ? config.folder : join(directory, config.folder), options);
        }
        // This runtime knows its own operator: a ledger signed by another key is not trusted.
        const { keys } = service.operator;
        const ledger = await service.open();
        const known = { ...options, keys: [keys.log(service.community.ledgerOrigin).vkey] };
        return verifyStore(ledger.store, known, ledger.cosigned());
      };

      return {
        async input(message, send_) {
          if (isCancel(message.payload)) {
            stop();
            return;
          }
          if (running)
            throw new Error('a verification is already running; wait for it, or cancel it with {"command":"cancel"}');
          const control = new AbortController();
          running = control;
          let toldAt = 0;
          const tell = (progress: number) => {
            status(working(`${Math.floor(progress * 100)} % verified`));
            send([null, { topic: 'verification', payload: { type: 'verification', running: true, progress } }]);
          };
          try {
            tell(0);
            const result = await verify({
              signal: control.signal,
              onProgress: ({ leaves, size }) => {
                if (performance.now() - toldAt < PROGRESS_EVERY_MS) return;
                toldAt = performance.now();
                tell(size === 0 ? 0 : Math.min(1, leaves / size));
              },
            });
            control.signal.throwIfAborted();
            const first = result.errors[0];
            status(
              result.ok
                ? working(`ok, ${result.blocks} blocks`)
                : failed(first ? `leaf ${first.leaf}: ${first.code}` : 'does not hold'),
            );
            send_([
              { ...message, topic: 'verification', payload: { type: 'verification', running: false, ...result } },
            ]);
          } catch (problem) {
            if (!control.signal.aborted) throw problem;
            status(degraded('cancelled'));
            send_([
              { ...message, topic: 'verification', payload: { type: 'verification', running: false, cancelled: true } },
            ]);
          } finally {
            running = null;
          }
        },
        close() {
          stop();
          service?.community.off('reset', stop);
        },
      };
    },
  });
}

function isCancel(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'command' in payload && payload.command === 'cancel';
}
