// The page: takes what a person drops, has it checked, and shows the answer.
import type { Answer, DroppedFile } from '../worker/protocol.ts';
import { answerView } from './answer.ts';
import { Chain } from './chain.ts';
import { Checker } from './checker.ts';
import { byId, h } from './dom.ts';
import { fromDrop, fromInput } from './take.ts';

const drop = byId('drop', HTMLElement);
const progress = byId('progress', HTMLElement);
const progressBar = byId('progress-bar', HTMLProgressElement);
const progressText = byId('progress-text', HTMLElement);
const place = byId('answer', HTMLElement);
const keyText = byId('key-text', HTMLTextAreaElement);
const applyKeys = byId('apply-keys', HTMLButtonElement);
const checker = new Checker(byId('worker', HTMLScriptElement).textContent ?? '');
/** What was checked last, to be checked again with other keys. */
let last: readonly DroppedFile[] = [];
/** A statement waits for its ledger; a ledger, by its name, for a statement: they need not be dropped together. */
let waiting: readonly DroppedFile[] = [];
let known: { readonly origin: string; readonly files: readonly DroppedFile[] } | null = null;
/** Counts the checks, so that the answer of one that was given up is not shown. */
let round = 0;

async function check(taken: Promise<DroppedFile[]> | readonly DroppedFile[]): Promise<void> {
  const mine = ++round;
  place.replaceChildren();
  progressText.textContent = 'Reading\u2026';
  progressBar.removeAttribute('value');
  progress.hidden = false;
  try {
    const files = await taken;
    if (files.length === 0) throw new Error('There is no file in what you dropped.');
    let answer = await judge(isFolder(files) && files !== last ? [...waiting, ...files] : files);
    if (mine === round && answer.wants !== null && answer.wants === known?.origin) {
      answer = await judge([...known.files, ...files]);
    }
    if (mine !== round) return;
    waiting = answer.wants === null ? [] : files;
    if (answer.ledger && isFolder(files)) known = { origin: answer.ledger.origin, files };
    show(answer);
  } catch (error) {
    if (mine === round) showProblem(error instanceof Error ? error.message : String(error));
  } finally {
    if (mine === round) progress.hidden = true;
  }
}

function judge(files: readonly DroppedFile[]): Promise<Answer> {
  last = files;
  const started = performance.now();
  return checker.check(files, keyText.value, {
    progress: (done, size) => showProgress(done, size, performance.now() - started),
  });
}

const isFolder = (files: readonly DroppedFile[]) => files.some(({ path }) => path.includes('/'));

function showProgress(done: number, size: number, ms: number): void {
  const left = Math.ceil(((ms / done) * (size - done)) / 1000);
  const rest =
    ms < 2000 || !Number.isFinite(left)
      ? ''
      : left < 90
        ? `, about ${left} s left`
        : `, about ${Math.round(left / 60)} min left`;
  progressText.textContent = `${done.toLocaleString('en')} of ${size.toLocaleString('en')} leaves checked${rest}`;
  progressBar.value = size > 0 ? done / size : 0;
}

function show(answer: Answer): void {
  drop.classList.add('again');
  const chain = answer.ledger && answer.ledger.blocks.length > 0 ? new Chain(answer.ledger, checker) : null;
  place.replaceChildren(...answerView(answer, chain && ((leaf) => void chain.show(leaf))));
  if (chain) place.append(chain.element);
  applyKeys.hidden = false;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: 'start' });
}

function showProblem(text: string): void {
  place.replaceChildren(
    h(
      'section',
      { class: 'verdict neither', id: 'verdict' },
      h('span', { class: 'sign', 'aria-hidden': 'true' }, '!'),
      h('p', {}, text),
    ),
  );
  place.focus({ preventScroll: true });
}

for (const [button, input] of [
  ['choose-folder', 'folder'],
  ['choose-files', 'files'],
] as const) {
  const field = byId(input, HTMLInputElement);
  byId(button, HTMLButtonElement).addEventListener('click', () => field.click());
  field.addEventListener('change', () => {
    const files = fromInput(field.files);
    // So that the same folder can be chosen again after it has changed.
    field.value = '';
    void check(files);
  });
}

byId('cancel', HTMLButtonElement).addEventListener('click', () => checker.cancel());
applyKeys.addEventListener('click', () => void check(last));

for (const type of ['dragover', 'dragenter'] as const) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
}
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) drop.classList.remove('over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  if (event.dataTransfer) void check(fromDrop(event.dataTransfer));
});
