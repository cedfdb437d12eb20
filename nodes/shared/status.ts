// One status vocabulary for all nodes: the same colour and shape for the same state, number first, about 20 characters.
//   idle (grey ring)    waiting, nothing is wrong
//   working (green dot) does what it should
//   degraded (yellow)   does less than it should and is still safe
//   failed (red ring)   needs a person
import type { NodeStatus } from 'node-red';

const LONGEST = 32;

export const idle = (text: string): NodeStatus => ({ fill: 'grey', shape: 'ring', text: short(text) });
export const working = (text: string): NodeStatus => ({ fill: 'green', shape: 'dot', text: short(text) });
export const degraded = (text: string): NodeStatus => ({ fill: 'yellow', shape: 'dot', text: short(text) });
export const failed = (text: string): NodeStatus => ({ fill: 'red', shape: 'ring', text: short(text) });

function short(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
