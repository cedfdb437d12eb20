// The blocks as linked cards, newest first, some at a time: a card opens its records, a record opens below its row.
import type { BlockCard, BlockView, LedgerSummary, RecordRow, RecordView } from '../worker/protocol.ts';
import { countText, intervalText, kindName, timeText } from '../worker/words.ts';
import { button, h, hashText } from './dom.ts';
import { recordView } from './record.ts';
import { sign } from './signs.ts';

const CARDS_AT_ONCE = 30;

export interface Reader {
  block(height: number, from?: number): Promise<BlockView>;
  record(leaf: number): Promise<RecordView>;
}

export class Chain {
  readonly element: HTMLElement;
  readonly #ledger: LedgerSummary;
  readonly #reader: Reader;
  readonly #list = h('ol', { class: 'chain' });
  readonly #more: HTMLButtonElement;
  /** Height of the newest block that is shown, and of the one below the oldest. */
  #top: number;
  #next: number;

  constructor(ledger: LedgerSummary, reader: Reader) {
    this.#ledger = ledger;
    this.#reader = reader;
    this.#top = this.#next = ledger.blocks.length - 1;
    this.#more = button('Show earlier blocks', () => this.#extend());
    this.element = h(
      'section',
      { id: 'blocks', 'aria-labelledby': 'blocks-title' },
      h('h2', { id: 'blocks-title' }, 'Blocks'),
      h(
        'p',
        { class: 'intro' },
        'Each block names the hash of the one before. Open one to see its records, and a record to see its path to the root.',
      ),
      ledger.blocks.length > CARDS_AT_ONCE ? this.#goTo() : null,
      this.#list,
      h('div', { class: 'buttons' }, this.#more),
    );
    this.#extend();
  }

  /** Opens a record in its block. */
  async show(leaf: number): Promise<void> {
    const block = this.#ledger.blocks.find(({ first, count }) => leaf >= first && leaf <= first + count);
    if (!block) return;
    const card = this.#reveal(block.height);
    await card.open(leaf);
  }

  #goTo(): HTMLElement {
    const highest = this.#ledger.blocks.length - 1;
    const field = h('input', { type: 'number', min: '0', max: String(highest), id: 'height', inputmode: 'numeric' });
    const form = h(
      'form',
      { class: 'goto' },
      h('label', { for: 'height' }, 'Go to block'),
      field,
      h('button', {}, 'Go'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const height = field.valueAsNumber;
      if (!Number.isInteger(height) || height < 0 || height > highest) return;
      void this.#reveal(height).open(null);
    });
    return form;
  }

  /** The card of a block; where it is far from those that are shown, the list begins anew with it. */
  #reveal(height: number): Card {
    if (height > this.#top || height < this.#next - CARDS_AT_ONCE) {
      this.#list.replaceChildren();
      this.#cards.clear();
      this.#top = this.#next = Math.min(height + 2, this.#ledger.blocks.length - 1);
    }
    while (!this.#cards.has(height)) this.#extend();
    return this.#cards.get(height)!;
  }

  readonly #cards = new Map<number, Card>();

  #extend(): void {
    const until = Math.max(-1, this.#next - CARDS_AT_ONCE);
    for (; this.#next > until; this.#next--) {
      const card = new Card(this.#ledger.blocks[this.#next]!, this.#reader);
      this.#cards.set(this.#next, card);
      this.#list.append(card.element);
    }
    this.#more.hidden = this.#next < 0;
  }
}

class Card {
  readonly element: HTMLElement;
  readonly #block: BlockCard;
  readonly #reader: Reader;
  readonly #toggle: HTMLButtonElement;
  readonly #body = h('div', { class: 'records', hidden: '' });
  readonly #rows = h('ul', {});
  #next: number | null;

  constructor(block: BlockCard, reader: Reader) {
    this.#block = block;
    this.#reader = reader;
    this.#next = block.first;
    this.#toggle = h('button', { type: 'button', class: 'card', 'aria-expanded': 'false' }, ...face(block));
    this.#toggle.addEventListener('click', () => void (this.#body.hidden ? this.open(null) : this.#close()));
    this.#body.append(this.#rows);
    this.element = h('li', { class: block.faults > 0 ? 'bad' : null }, this.#toggle, this.#body);
  }

  async open(leaf: number | null): Promise<void> {
    this.#body.hidden = false;
    this.#toggle.setAttribute('aria-expanded', 'true');
    if (this.#rows.childElementCount === 0) await this.#load();
    if (leaf === null) this.element.scrollIntoView({ block: 'nearest' });
    while (leaf !== null && this.#next !== null && leaf >= this.#next) await this.#load();
    const row = leaf === null ? null : this.#rows.querySelector<HTMLButtonElement>(`[data-leaf="${leaf}"]`);
    if (row?.getAttribute('aria-expanded') === 'false') row.click();
    row?.scrollIntoView({ block: 'start' });
    row?.focus({ preventScroll: true });
  }

  #close(): void {
    this.#body.hidden = true;
    this.#toggle.setAttribute('aria-expanded', 'false');
  }

  async #load(): Promise<void> {
    const { rows, next } = await this.#reader.block(this.#block.height, this.#next ?? 0);
    this.#next = next;
    this.#rows.append(...rows.map((row) => rowView(row, this.#reader)));
    this.#body.querySelector(':scope > button')?.remove();
    if (next !== null) this.#body.append(button('Show more records', () => void this.#load()));
  }
}

function face({ height, interval, time, kinds, count, hash, previous, faults }: BlockCard): HTMLElement[] {
  const what = kinds.map(([kind, number]) => (kind === 'rules' ? 'the rules' : countText(number, ...namesOf(kind))));
  const when =
    interval === null
      ? time === null
        ? 'time unknown'
        : `sealed ${timeText(time)}`
      : `auction for ${intervalText(interval)}`;
  return [
    h('span', { class: 'height' }, faults > 0 ? sign('bad') : null, `Block ${height}`),
    h('span', { class: 'when' }, when),
    h('span', { class: 'what' }, count === 0 ? 'no records' : what.join(', ')),
    h(
      'span',
      { class: 'links' },
      'hash ',
      hashText(hash),
      h('span', { class: 'to' }, previous === null ? ' the first block' : ' after '),
      previous === null ? null : hashText(previous),
    ),
    ...(faults > 0 ? [h('span', { class: 'fault' }, countText(faults, 'fault'))] : []),
  ];
}

/** A kind of record, one and many. */
function namesOf(kind: string): [one: string, many: string] {
  const one = kindName(kind);
  if (kind === 'roster') return [one, 'changes of members'];
  return [one, one.endsWith('y') ? `${one.slice(0, -1)}ies` : `${one}s`];
}

function rowView({ leaf, sentence, bad }: RecordRow, reader: Reader): HTMLElement {
  const place = h('div', { class: 'record', hidden: '' });
  const toggle = h(
    'button',
    { type: 'button', class: 'row', 'aria-expanded': 'false', 'data-leaf': String(leaf) },
    h('span', { class: 'leaf' }, String(leaf)),
    h('span', {}, bad ? sign('bad') : null, sentence),
  );
  toggle.addEventListener('click', () => {
    place.hidden = !place.hidden;
    toggle.setAttribute('aria-expanded', String(!place.hidden));
    if (!place.hidden && place.childElementCount === 0) void fill(place, leaf, reader);
  });
  return h('li', { class: bad ? 'bad' : null }, toggle, place);
}

async function fill(place: HTMLElement, leaf: number, reader: Reader): Promise<void> {
  try {
    place.replaceChildren(...recordView(await reader.record(leaf)));
  } catch (error) {
    place.replaceChildren(h('p', { class: 'problem' }, error instanceof Error ? error.message : String(error)));
  }
}
