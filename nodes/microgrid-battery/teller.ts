// Tells one battery what was decided. Whether it shows that is looked at in the background, until it does or the next
// command is given: a battery that shows it late holds up neither the cycle nor a close.
import type { Decision } from '../../src/battery/state.ts';
import type { Device } from '../../src/devices/device.ts';
import type { Driven } from '../../src/devices/drive.ts';

export interface Heard {
  /** All of the command is written. */
  written(decision: Decision, done: Driven): void;
  /** The battery shows it. */
  shown(): void;
  /** It did not get through; or, where it was written, the battery does not show it. */
  failed(decision: Decision, problem: unknown, written: boolean): void;
}

export interface Teller {
  /** Ends as soon as the command is written, or failed. */
  tell(decision: Decision): Promise<void>;
  /** Gives the battery back for good; ends as `tell`, and never fails. */
  giveBack(): Promise<void>;
}

export function tellerOf(device: Device, heard: Heard): Teller {
  let looking = new AbortController();
  /** What came before is not looked after any more. */
  const next = () => {
    looking.abort();
    looking = new AbortController();
    return looking.signal;
  };
  return {
    tell(decision) {
      const signal = next();
      const { write, setpointW, validForSeconds } = decision;
      return new Promise((resolve) => {
        let isWritten = false;
        const onWritten = (done: Driven) => {
          isWritten = true;
          heard.written(decision, done);
          resolve();
        };
        const sent =
          write === 'release'
            ? device.release(signal, onWritten)
            : device.set(setpointW, validForSeconds, signal, onWritten);
        sent
          .then(heard.shown, (problem) => {
            if (!signal.aborted) heard.failed(decision, problem, isWritten);
          })
          .finally(resolve);
      });
    },
    giveBack() {
      const signal = next();
      return new Promise((resolve) => {
        device
          .release(signal, () => resolve())
          .catch(() => {})
          .finally(resolve);
      });
    },
  };
}
