// Elements, made by hand: texts are always texts, never markup.

type Child = Node | string | null;

/** @param attributes `class`, `id`, `aria-...`; null leaves one out */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | null>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function button(
  text: string,
  onClick: (self: HTMLButtonElement) => void,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, text);
  element.addEventListener('click', () => onClick(element));
  return element;
}

/** @throws Error where the page lacks it */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}

/** A hash or key: its beginning, and the whole when it is asked for. */
export function hashText(text: string, shown = 12): HTMLElement {
  if (text.length <= shown + 4) return h('code', {}, text);
  return h('code', { class: 'hash', title: text }, `${text.slice(0, shown)}\u2026`);
}
