// The three states: each has a sign and a word, never only a colour.
import type { State } from '../worker/protocol.ts';
import { h } from './dom.ts';

const SIGNS: Readonly<Record<State, readonly [sign: string, word: string]>> = {
  good: ['\u2713', 'holds'],
  bad: ['\u2717', 'does not hold'],
  open: ['?', 'not decided'],
};

export function sign(state: State): HTMLElement {
  const [mark, word] = SIGNS[state];
  return h(
    'span',
    { class: `sign ${state}` },
    h('span', { 'aria-hidden': 'true' }, mark),
    h('span', { class: 'unseen' }, `${word}: `),
  );
}
