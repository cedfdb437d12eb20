// A meter's reading, as it leaves the device layer. Counters are whole Wh as the meter shows them, power in W.
export { missingReading, type PhaseReading, type Reading } from '../devices/reading.ts';
