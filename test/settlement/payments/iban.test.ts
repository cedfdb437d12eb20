// Bank account numbers: the examples of the IBAN registry, each wrong digit, and nothing of them in any sentence.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseBankAccounts } from '../../../src/settlement/payments/bank-accounts.ts';
import { bicFault, compactIban, holdsIban, ibanFault } from '../../../src/settlement/payments/iban.ts';

/** Examples of the registry of ISO 13616: nobody has these accounts. */
const EXAMPLES = [
  'AT61 1904 3002 3457 3201',
  'BE68 5390 0754 7034',
  'CH93 0076 2011 6238 5295 7',
  'DE89 3704 0044 0532 0130 00',
  'ES91 2100 0418 4502 0005 1332',
  'FR14 2004 1010 0505 0001 3M02 606',
  'GB29 NWBK 6016 1331 9268 19',
  'IT60 X054 2811 1010 0000 0123 456',
  'LI21 0881 0000 2324 013A A',
  'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
  'NL91 ABNA 0417 1643 00',
  'NO93 8601 1117 947',
];

describe('IBAN', () => {
  it('is the one of the registry', () => {
    for (const example of EXAMPLES) assert.equal(ibanFault(compactIban(example)), null, example);
    assert.equal(ibanFault(compactIban('at61 1904 3002 3457 3201')), null);
  });

  it('with one wrong or two swapped characters is refused', () => {
    fc.assert(
      fc.property(fc.constantFrom(...EXAMPLES), fc.nat(40), fc.integer({ min: 1, max: 9 }), (example, place, more) => {
        const iban = compactIban(example);
        const at = 2 + (place % (iban.length - 2));
        const digit = Number(iban[at]);
        if (Number.isNaN(digit)) return;
        const wrong = `${iban.slice(0, at)}${(digit + more) % 10}${iban.slice(at + 1)}`;
        assert.notEqual(ibanFault(wrong), null);
        const next = iban[at + 1];
        if (next === undefined || next === iban[at]) return;
        assert.notEqual(ibanFault(`${iban.slice(0, at)}${next}${iban[at]}${iban.slice(at + 2)}`), null);
      }),
    );
  });

  it('says in words what is wrong', () => {
    assert.match(ibanFault('') ?? '', /must begin with a country/);
    assert.match(ibanFault('61AT') ?? '', /must begin with a country/);
    assert.match(ibanFault('US64SVBKUS6S3300958879') ?? '', /no country of SEPA/);
    assert.match(ibanFault('AT6119043002345732') ?? '', /18 characters, but one of AT has 20/);
    assert.match(ibanFault('AT621904300234573201') ?? '', /wrong digit/);
  });

  it('is found in text, with spaces or hyphens, and not in other long words', () => {
    for (const example of EXAMPLES) {
      for (const text of [example, compactIban(example), example.replaceAll(' ', '-'), `von ${example}, danke`]) {
        assert.equal(holdsIban(text), true, text);
      }
    }
    const calm = [
      '',
      'paid on 2026-08-05',
      'AT621904300234573201',
      'sunny-street-20260801-1-001',
      'DE89',
      'Beleg AT61-7',
    ];
    for (const text of calm) assert.equal(holdsIban(text), false, text);
  });
});

it('BIC has 8 or 11 characters', () => {
  for (const bic of ['BKAUATWW', 'DEUTDEFF500', '1234DEWWXXX']) assert.equal(bicFault(bic), null);
  for (const bic of ['', 'BKAUATW', 'BKAUATWWX', 'BKAU1TWW', 'bkauatww']) assert.notEqual(bicFault(bic), null);
});

describe('list of bank accounts', () => {
  it('has one line for each party, with or without a BIC', () => {
    const list =
      'home-03; Erika Muster ; AT61 1904 3002 3457 3201; bkauatww\r\n\n supplier\tStadtwerke\tDE89370400440532013000\n';
    assert.deepEqual(
      [...parseBankAccounts(list)],
      [
        ['member/home-03', { name: 'Erika Muster', iban: 'AT611904300234573201', bic: 'BKAUATWW' }],
        ['supplier', { name: 'Stadtwerke', iban: 'DE89370400440532013000' }],
      ],
    );
    assert.equal(parseBankAccounts('').size, 0);
    assert.deepEqual([...parseBankAccounts('member/tax; A; NL91ABNA0417164300').keys()], ['member/tax']);
  });

  it('names the line that is wrong, and never a number', () => {
    const wrong: [string, RegExp][] = [
      ['home-03', /line 1 of the bank accounts must be "party; name; IBAN; BIC"/],
      ['a; A; AT611904300234573201; BKAUATWW; more', /line 1 .* must be/],
      ['\nHome 3; A; AT611904300234573201', /line 2 .* must be/],
      ['a; ; AT611904300234573201', /line 1 .* has no name/],
      ['a; A; AT611904300234573202', /the IBAN in line 1 .* wrong digit/],
      ['a; A; AT611904300234573201; BKAU', /the BIC in line 1 .* must have 8 or 11/],
      ['a; A; AT611904300234573201\nmember/a; A; DE89370400440532013000', /line 2 .* names member\/a again/],
    ];
    for (const [text, sentence] of wrong) {
      assert.throws(
        () => parseBankAccounts(text),
        (problem: Error) => sentence.test(problem.message) && !problem.message.includes('1904300234573'),
        text,
      );
    }
  });
});
