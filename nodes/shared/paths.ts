// Where a value stands in a message, as a typed input of a dialog says it: a property of the message, a JSONata expression,
// or a fixed number; or that there is none. Read once when the node starts, so that a mistake in it is told then and not with every message.
import type { Node, NodeAPI } from 'node-red';
import type { Message } from './define-node.ts';

export const PATH_TYPES = ['none', 'msg', 'jsonata', 'num'] as const;
export type PathType = (typeof PATH_TYPES)[number];

/** Gives the value; undefined where the message has none. */
export type ReadPath = (message: Message) => unknown;

/** @throws Error with a sentence for a path that cannot be read */
export function compilePath(RED: NodeAPI, node: Node, path: string, type: Exclude<PathType, 'none'>): ReadPath {
  const { util } = RED;
  if (type === 'num') {
    if (!Number.isFinite(Number(path))) throw new Error(`"${path}" is no number; open this node and correct it`);
    return () => path;
  }
  try {
    if (type === 'jsonata') {
      const expression = util.prepareJSONataExpression(path, node);
      return (message) =>
        new Promise((resolve, reject) => {
          util.evaluateJSONataExpression(expression, message as never, (problem, value) => {
            if (problem) reject(new Error(`the expression "${path}" failed: ${problem.message}`));
            else resolve(value);
          });
        });
    }
    util.normalisePropertyExpression(path);
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    throw new Error(`"${path}" is no ${type === 'msg' ? 'property of a message' : 'JSONata expression'}: ${why}`);
  }
  return (message) => {
    try {
      return util.getMessageProperty(message as never, path);
    } catch {
      // A property of something that is not there.
      return undefined;
    }
  };
}
