// Reads TypeScript sources for the package tests without a compiler (TypeScript 7 has no classic compiler API):
// blanks comments and texts, so that a search finds code only, and lists what a file imports.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Import {
  readonly specifier: string;
  /** `import type` and `export type`: gone when the program runs. */
  readonly typeOnly: boolean;
  /** 1-based. */
  readonly line: number;
}

export interface Source {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The same text, same length, with comments and the insides of texts and regular expressions as blanks. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** All TypeScript files below folders of the project; folders that are absent count as empty. */
export function readSources(...folders: readonly string[]): Source[] {
  return folders.flatMap((folder) => {
    let entries: string[];
    try {
      entries = readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' });
    } catch {
      return [];
    }
    return entries
      .filter((entry) => entry.endsWith('.ts'))
      .sort()
      .map((entry) => posix.join(folder, entry.replaceAll('\\', '/')))
      .map((path) => sourceOf(path, readFileSync(join(projectRoot, path), 'utf8')));
  });
}

export function sourceOf(path: string, text: string): Source {
  const code = blank(text);
  return { path, text, code, imports: importsOf(text, code) };
}

/** The line of a position, 1-based. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** Path of the file that a relative import names, relative to the project; null for packages and built-in modules. */
export function target(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : null;
}

function importsOf(text: string, code: string): Import[] {
  // In `code` a text is only its quotes and blanks, so the specifier is read from `text` at the same place.
  const statements = /\b(?:import|export)\s+(type\s)?[^;'"`()]*?\bfrom\s*(['"])( *)\2/g;
  const bare = /\bimport\s*()(['"])( *)\2/g;
  const dynamic = /\b(?:import|require|createRequire|resolve)\s*\(\s*()(['"])( *)\2/g;
  return [statements, bare, dynamic]
    .flatMap((pattern) => [...code.matchAll(pattern)])
    .map((match) => {
      const end = match.index + match[0].length - 1;
      const length = (match[3] ?? '').length;
      return {
        specifier: text.slice(end - length, end),
        typeOnly: match[1] !== undefined && match[1] !== '',
        line: lineAt(text, match.index),
      };
    })
    .sort((a, b) => a.line - b.line);
}

/** Blanks comments, and what stands inside texts, templates (but not their `${}` parts) and regular expressions. */
function blank(text: string): string {
  const out = text.split('');
  const wipe = (from: number, to: number) => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  /** Brace depths at which a `${` was opened; the matching brace goes on with the template. */
  const templates: number[] = [];
  let depth = 0;
  let i = 0;
  const template = () => {
    const start = i;
    while (i < text.length && text[i] !== '`' && !text.startsWith('${', i)) i += text[i] === '\\' ? 2 : 1;
    wipe(start, i);
    if (text[i] === '`') i += 1;
    else {
      templates.push(depth);
      i += 2;
    }
  };
  while (i < text.length) {
    const character = text[i];
    if (text.startsWith('//', i) || (i === 0 && text.startsWith('#!'))) {
      const end = text.indexOf('\n', i);
      wipe(i, end === -1 ? text.length : end);
      i = end === -1 ? text.length : end;
    } else if (text.startsWith('/*', i)) {
      const end = text.indexOf('*/', i + 2);
      wipe(i, end === -1 ? text.length : end + 2);
      i = end === -1 ? text.length : end + 2;
    } else if (character === "'" || character === '"') {
      const start = ++i;
      while (i < text.length && text[i] !== character && text[i] !== '\n') i += text[i] === '\\' ? 2 : 1;
      wipe(start, i);
      i += 1;
    } else if (character === '`') {
      i += 1;
      template();
    } else if (character === '}' && templates.at(-1) === depth) {
      templates.pop();
      i += 1;
      template();
    } else if (character === '/' && startsExpression(out, i)) {
      const start = ++i;
      for (let inClass = false; i < text.length && text[i] !== '\n' && (inClass || text[i] !== '/'); i++) {
        if (text[i] === '\\') i += 1;
        else if (text[i] === '[') inClass = true;
        else if (text[i] === ']') inClass = false;
      }
      wipe(start, i);
      i += 1;
    } else {
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      i += 1;
    }
  }
  return out.join('');
}

/** Whether a slash begins a regular expression (it does where an expression may begin) and does not divide. */
function startsExpression(code: readonly string[], position: number): boolean {
  let before = position - 1;
  while (before >= 0 && /\s/.test(code[before] ?? '')) before -= 1;
  if (before < 0) return true;
  if (/[(,=:[!&|?{};+\-*%<>~^]/.test(code[before] ?? '')) return true;
  const word = code.slice(Math.max(0, before - 10), before + 1).join('');
  return /\b(?:return|typeof|case|in|of|void|throw|yield|await)$/.test(word);
}
