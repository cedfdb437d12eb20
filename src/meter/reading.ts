// A meter's reading, as it leaves the device layer. Counters are whole Wh as the meter shows them, power in W.
import type { Reading } from '../devices/reading.ts';

export {
  counterQualityOf,
  missingReading,
  type PhaseReading,
  qualities,
  type Reading,
} from '../devices/reading.ts';

/** The counters of a reading that passed the gate: what the energy of intervals is made from. */
export type CounterReading = Pick<
  Reading,
  'at' | 'importWh' | 'exportWh' | 'quality' | 'counterQuality' | 'reasons'
> & {
  /** The meter was reset or exchanged: what lies between this and the reading before it is not energy. */
  readonly anew?: true;
};
