// How a person gives a battery back to its own mode, where no program gets through to it any more: in the maker's app, or
// by the registers that a release would write.
import { controlOf } from './command.ts';
import type { DeviceDescription, WriteStep } from './description.ts';

/** Half a sentence, such as `choose its own mode in the app of Growatt, or set mode to 0`. */
export function releaseByHand(description: DeviceDescription): string {
  const settings = controlOf(description).release.flatMap(settingsOf);
  const registers = settings.length === 0 ? '' : ` (by Modbus: ${settings.join(', ')})`;
  return `choose its own mode in the app or on the display of ${description.vendor}${registers}`;
}

function settingsOf({ points }: WriteStep): string[] {
  return Object.entries(points).flatMap(([name, figure]) =>
    figure.from === 'constant' ? [`${name} = ${figure.value}`] : [],
  );
}
