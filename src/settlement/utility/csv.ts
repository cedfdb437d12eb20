// Tables of text as spreadsheets and utilities write them: RFC 4180 with whatever separator, quotes, line ends and byte order
// mark. A semicolon separates wherever there is one, because then the comma belongs to decimals; else a tab, else the comma.

/** A year of quarter hours of some hundred members. */
const LONGEST = 64 * 1024 * 1024;

export interface CsvRow {
  /** Line of the text on which the row begins, from 1. */
  readonly line: number;
  /** Without spaces around them. */
  readonly cells: readonly string[];
}

/**
 * Rows that have any content.
 * @throws RangeError for text that is no table
 */
export function parseCsv(text: string): CsvRow[] {
  if (text.length > LONGEST) throw new RangeError('the table is longer than 64 MiB; send it in parts, such as months');
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  const separator = separatorOf(content);
  const rows: CsvRow[] = [];
  let [line, cells, at]: [number, string[], number] = [1, [], 0];
  let begins = line;
  const endRow = () => {
    if (cells.some((cell) => cell !== '')) rows.push({ line: begins, cells });
    cells = [];
    line += 1;
    begins = line;
  };
  while (at < content.length) {
    if (content[at] === '"') {
      const close = closingQuote(content, at);
      if (close === -1) throw new RangeError(`line ${begins} of the table begins a quotation that does not end`);
      const quoted = content.slice(at + 1, close).replaceAll('""', '"');
      cells.push(quoted.trim());
      line += quoted.split('\n').length - 1;
      at = close + 1;
    } else {
      const end = nextBreak(content, at, separator);
      cells.push(content.slice(at, end).trim());
      at = end;
    }
    if (content[at] === '\r') at += 1;
    if (at >= content.length) break;
    if (content[at] === '\n') endRow();
    else if (content[at] !== separator) throw new RangeError(`line ${line} of the table has text after a quotation`);
    at += 1;
    // A separator at the very end begins one more, empty cell.
    if (at >= content.length && content[at - 1] === separator) cells.push('');
  }
  endRow();
  return rows;
}

function separatorOf(text: string): string {
  const head = text.slice(0, 20_000).replace(/"[^"]*"/g, '');
  return [';', '\t'].find((separator) => head.includes(separator)) ?? ',';
}

function closingQuote(text: string, open: number): number {
  let at = text.indexOf('"', open + 1);
  while (at !== -1 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at;
}

function nextBreak(text: string, from: number, separator: string): number {
  let at = from;
  while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at += 1;
  return at;
}
