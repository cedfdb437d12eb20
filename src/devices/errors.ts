// What goes wrong with a device that does answer: its map, its figures, or what it does with a command.

export type DeviceErrorCode =
  | 'no-sunspec'
  | 'no-model'
  | 'layout-changed'
  | 'scale-changed'
  | 'not-implemented'
  | 'not-applied'
  | 'out-of-range'
  | 'no-control';

export class DeviceError extends Error {
  readonly code: DeviceErrorCode;

  constructor(code: DeviceErrorCode, text: string) {
    super(text);
    this.name = 'DeviceError';
    this.code = code;
  }
}
