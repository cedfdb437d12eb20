// A record: its fields in words, who signed it, and its path to the root, join by join.
import type { Cell, JoinView, RecordView } from '../worker/protocol.ts';
import { button, h, hashText } from './dom.ts';
import { sign } from './signs.ts';

export function recordView(record: RecordView): HTMLElement[] {
  const { faults, fields, signatures, note, body } = record;
  return [
    ...faults.map(({ title, code, text }) =>
      h('p', { class: 'problem' }, sign('bad'), h('strong', {}, `${title}. `), text, ' ', h('code', {}, code)),
    ),
    h('dl', {}, ...fields.flatMap(({ name, value }) => [h('dt', {}, name), h('dd', {}, cellView(value))])),
    h('h4', {}, signatures.length === 1 ? 'Signature' : 'Signatures'),
    signatures.length === 0
      ? h('p', {}, 'None that can be read.')
      : h(
          'ul',
          { class: 'signatures' },
          ...signatures.map(({ name, state, text }) =>
            h('li', {}, sign(state), h('span', {}, h('strong', {}, name), ` ${text}`)),
          ),
        ),
    h('h4', {}, 'Path to the root'),
    pathView(record),
    h(
      'details',
      {},
      h('summary', {}, 'The bytes themselves'),
      h('pre', {}, note),
      body === null ? h('p', {}, 'The content is withheld or erased.') : h('pre', {}, body),
    ),
  ];
}

function cellView(value: Cell): Node {
  if (typeof value === 'string') {
    return /^[0-9a-f]{64}/.test(value) ? h('code', { class: 'whole' }, value) : document.createTextNode(value);
  }
  const { head, rows, more } = value;
  const table = h(
    'table',
    {},
    h('thead', {}, h('tr', {}, ...head.map((name) => h('th', { scope: 'col' }, name)))),
    h(
      'tbody',
      {},
      ...rows.map((row) =>
        h('tr', {}, ...row.map((cell) => h('td', { class: /^[-\d]/.test(cell) ? 'number' : null }, cell))),
      ),
    ),
  );
  return h(
    'div',
    { class: 'table', tabindex: '0', role: 'group', 'aria-label': 'table' },
    table,
    more > 0 ? h('p', {}, `and ${more} more rows`) : null,
  );
}

function pathView({ leaf, leafHash, path, root, reaches, broken }: RecordView): HTMLElement {
  if (broken !== null) return h('p', { class: 'problem' }, sign('bad'), `There is no path: ${broken}.`);
  const list = h(
    'ol',
    { class: 'path' },
    h('li', {}, h('span', {}, `The hash of leaf ${leaf}, from its bytes`), hashText(leafHash)),
    ...path.map(joinView),
    h(
      'li',
      { class: reaches ? 'good' : 'bad' },
      h(
        'span',
        {},
        sign(reaches ? 'good' : 'bad'),
        reaches
          ? 'This is the root that the operator signed'
          : 'This is not the root that the operator signed, which is',
      ),
      hashText(root),
    ),
  );
  const whole = button('Show whole hashes', (self) => {
    for (const code of list.querySelectorAll('code.hash')) code.textContent = code.getAttribute('title');
    list.classList.add('all');
    self.remove();
  });
  return h('div', {}, list, whole);
}

function joinView({ sibling, side, node }: JoinView): HTMLElement {
  return h('li', {}, h('span', {}, `with its ${side} neighbour `, hashText(sibling), ' gives'), hashText(node));
}
