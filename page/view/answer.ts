// The answer: a sentence with its colour and sign, then the chain of what follows from what, then the faults.
import type { Answer, Fault, Step } from '../worker/protocol.ts';
import { button, h } from './dom.ts';
import { sign } from './signs.ts';

const FAULTS_SHOWN = 20;

/** @param showLeaf opens the record of a leaf */
export function answerView(answer: Answer, showLeaf: ((leaf: number) => void) | null): HTMLElement[] {
  const { state, title, text, steps, faults } = answer;
  const verdict = h(
    'section',
    { class: `verdict ${state}`, id: 'verdict' },
    sign(state),
    h('div', {}, h('h2', {}, title), h('p', {}, text)),
  );
  const chain = h(
    'section',
    { 'aria-labelledby': 'steps-title' },
    h('h2', { id: 'steps-title' }, 'What follows from what'),
    h('ol', { class: 'steps' }, ...steps.map(stepView)),
  );
  return faults.length === 0 ? [verdict, chain] : [verdict, chain, faultsView(faults, showLeaf)];
}

function stepView({ name, state, text, detail }: Step): HTMLElement {
  return h(
    'li',
    { class: state },
    sign(state),
    h(
      'div',
      {},
      h('h3', {}, name),
      h('p', {}, text),
      detail === undefined ? null : h('code', { class: 'whole' }, detail),
    ),
  );
}

function faultsView(faults: readonly Fault[], showLeaf: ((leaf: number) => void) | null): HTMLElement {
  const rows = faults.slice(0, FAULTS_SHOWN).map(({ leaf, block, code, title, text }) => {
    const place = [leaf === null ? '' : `leaf ${leaf}`, block === null ? '' : `block ${block}`].filter(
      (part) => part !== '',
    );
    return h(
      'li',
      {},
      h('h3', {}, title),
      h('p', { class: 'place' }, h('code', {}, code), place.length === 0 ? null : ` ${place.join(', ')}`),
      h('p', {}, text),
      leaf === null || showLeaf === null ? null : button(`Show leaf ${leaf}`, () => showLeaf(leaf)),
    );
  });
  const more = faults.length - rows.length;
  return h(
    'section',
    { class: 'faults', 'aria-labelledby': 'faults-title' },
    h('h2', { id: 'faults-title' }, 'What does not hold'),
    h('ul', {}, ...rows),
    more > 0 ? h('p', {}, `And ${more} more.`) : null,
  );
}
