// XML of known shape: elements and text are read; whatever could grow or lie is refused.
import assert from 'node:assert/strict';
import { childrenOf, readXml, textAt } from '../../../src/sources/prices/xml.ts';

describe('readXml', () => {
  it('reads elements, text, entities, CDATA, and passes over the rest', () => {
    const root = readXml(
      `\ufeff<?xml version="1.0"?>\n<!-- <no/> --><n:a xmlns:n="u>rn" b='>'><c> 1 &lt; &#50;&#x33; </c><c><![CDATA[<&>]]></c><d/></n:a>\n`,
    );
    assert.equal(root.name, 'a');
    assert.deepEqual(
      childrenOf(root, 'c').map(({ text }) => text),
      ['1 < 23', '<&>'],
    );
    assert.equal(textAt(root, 'd'), '');
    assert.equal(textAt(root, 'd', 'e'), null);
  });

  const refused: [string, string, RegExp][] = [
    ['nothing', '', /no whole XML document/],
    ['text', 'prices', /no whole XML document/],
    ['half an element', '<a><b></b>', /no whole XML document/],
    ['half a tag', '<a><b', /no whole XML document/],
    ['two roots', '<a/><b/>', /no whole XML document/],
    ['crossed elements', '<a><b></a></b>', /closes <a> where it is not open/],
    ['an end alone', '</a>', /closes <a> where it is not open/],
    ['a document type', '<!DOCTYPE a><a/>', /document type/],
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>', /document type/],
    ['an unknown entity', '<a>&y;</a>', /names the entity &y;/],
    ['a bare ampersand', '<a>1 & 2</a>', /names the entity/],
    ['depth', '<a>'.repeat(100), /too many elements/],
    ['many elements', `<a>${'<b/>'.repeat(200_001)}</a>`, /too many elements/],
    ['size', `<a>${' '.repeat(9_000_000)}</a>`, /more than 8388608 characters/],
    ['an attribute without end', `<a b="${'x'.repeat(1_000_000)}`, /no whole XML document/],
  ];
  for (const [name, text, sentence] of refused)
    it(`refuses ${name}`, () => assert.throws(() => readXml(text), sentence));
});
