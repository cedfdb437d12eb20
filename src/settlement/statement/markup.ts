// HTML out of templates in which everything that is put in is escaped, so that no name can become markup.

export class Markup {
  readonly text: string;

  /** @param text is markup already: only for what this program wrote itself */
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | bigint | Markup | null | readonly Part[];

/** Escapes what is put into the template; lists are joined, null is nothing. */
export function html(pieces: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return new Markup(pieces.map((piece, i) => (i < values.length ? piece + textOf(values[i]!) : piece)).join(''));
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  // Control characters have no place in a document, whatever their number.
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '\ufffd');
}
