// The layer rules are only as good as the reader of the sources below them.
import assert from 'node:assert/strict';
import { sourceOf, target } from './source.ts';

const imports = (text: string) =>
  sourceOf('a.ts', text).imports.map((each) => `${each.typeOnly ? 'type ' : ''}${each.specifier}@${each.line}`);

describe('reading sources', () => {
  it('lists imports of every form, with their lines', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from './b.ts';",
      'import {',
      '  c,',
      "} from './c.ts';",
      "export * from './d.ts';",
      "import './e.ts';",
      "const f = await import('./f.ts');",
      "const g = require('g');",
      "export type { H } from './h.ts';",
    ].join('\n');
    assert.deepEqual(imports(text), [
      './a.ts@1',
      'type ./b.ts@2',
      './c.ts@3',
      './d.ts@6',
      './e.ts@7',
      './f.ts@8',
      'g@9',
      'type ./h.ts@10',
    ]);
  });

  it('takes no import from comments and texts', () => {
    assert.deepEqual(imports("// import './a.ts'\n/* import './b.ts' */\nconst t = \"import './c.ts'\";"), []);
  });

  const blanked: [name: string, text: string, expected: string][] = [
    ['line comment', 'a; // Date.now()', 'a;              '],
    ['text with an escape', "'it\\'s'; b", "'     '; b"],
    ['template with code inside', `\`x \${now(\`y\`)} z\` + c`, `\`  \${now(\` \`)}  \` + c`],
    ['regular expression with a slash in a class', 'x = /[/"]\'/; d', 'x = /     /; d'],
    ['division', 'a / b / c', 'a / b / c'],
    ['unclosed comment', 'a /* b', 'a     '],
  ];
  for (const [name, text, expected] of blanked) {
    it(`blanks: ${name}`, () => {
      assert.equal(sourceOf('a.ts', text).code, expected);
    });
  }

  it('resolves relative imports against the project', () => {
    assert.equal(target('src/market/clear.ts', '../units.ts'), 'src/units.ts');
    assert.equal(target('src/market/clear.ts', 'valibot'), null);
  });
});
