// Just enough of XML 1.0 for documents of known shape: elements and their text. Document types are refused, and with them
// every way to define entities; size, depth and number of elements are bounded. Attributes and namespaces are passed over.

export interface Element {
  /** Without its prefix. */
  readonly name: string;
  readonly children: readonly Element[];
  /** Text directly in it, trimmed. */
  readonly text: string;
}

const LONGEST = 8 * 1024 * 1024;
const DEEPEST = 32;
const MOST = 200_000;
/** One piece of markup, or the text before the next one; attributes may hold ">" in quotes. */
const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<(\/?)([A-Za-z_][\w.:-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|([^<]+)/gy;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The root element. @throws Error with a sentence where the text is no well-formed document of this kind */
export function readXml(document: string): Element {
  if (document.length > LONGEST) throw new Error(`the XML has more than ${LONGEST} characters`);
  const text = document.replace(/^\ufeff/, '');
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new Error('the XML defines a document type, which is not accepted');
  const open: { name: string; children: Element[]; text: string }[] = [{ name: '', children: [], text: '' }];
  let elements = 0;
  let at = 0;
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token; token = TOKEN.exec(text)) {
    at = TOKEN.lastIndex;
    const [, cdata, closing, name = '', rest = '', plain] = token;
    const current = open.at(-1);
    if (!current) break;
    if (cdata !== undefined) current.text += cdata;
    else if (plain !== undefined) current.text += decode(plain);
    else if (closing === '/') {
      if (open.length === 1 || current.name !== name) throw new Error(`the XML closes <${name}> where it is not open`);
      open.pop();
      open.at(-1)?.children.push(finished(current));
    } else if (closing === '') {
      elements += 1;
      if (elements > MOST || open.length > DEEPEST) throw new Error('the XML has too many elements');
      const element = { name, children: [], text: '' };
      if (rest.endsWith('/')) current.children.push(finished(element));
      else open.push(element);
    }
    if (at === text.length) break;
  }
  const [root, ...others] = open[0]?.children ?? [];
  if (at !== text.length || open.length !== 1 || !root || others.length > 0 || open[0]?.text.trim()) {
    throw new Error('the text is no whole XML document');
  }
  return root;
}

/** Children of a name. */
export const childrenOf = (element: Element, name: string): Element[] =>
  element.children.filter((child) => child.name === name);

/** Text of the element that a path of names leads to; null where there is none. */
export function textAt(element: Element, ...path: readonly string[]): string | null {
  let found: Element | undefined = element;
  for (const name of path) found = found?.children.find((child) => child.name === name);
  return found ? found.text : null;
}

function finished({ name, children, text }: { name: string; children: Element[]; text: string }): Element {
  return { name: name.slice(name.indexOf(':') + 1), children, text: text.trim() };
}

function decode(text: string): string {
  return text.replace(/&([^;]{0,12};?)/g, (all, body: string) => {
    const found = body.endsWith(';') ? ENTITIES[body.slice(0, -1)] : undefined;
    const code = /^#(?:x([\da-f]{1,6})|(\d{1,7}));$/i.exec(body);
    const point = code ? Number.parseInt(code[1] ?? code[2] ?? '', code[1] ? 16 : 10) : -1;
    if (found !== undefined) return found;
    if (point >= 0 && point <= 0x10ffff) return String.fromCodePoint(point);
    throw new Error(`the XML names the entity ${all.slice(0, 14)}, which it cannot define`);
  });
}
