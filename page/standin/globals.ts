// Imported first by the worker: what the audit takes for granted in Node and browsers do not have.
import { Buffer } from './buffer.ts';

Object.assign(globalThis, { Buffer });
