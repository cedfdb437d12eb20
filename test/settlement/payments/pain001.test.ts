// The file for the bank: valid against the message definition as xmllint judges it, sums that are right, text that every
// bank takes. And the same payment as the text of a QR code.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { BankAccount } from '../../../src/settlement/payments/bank-accounts.ts';
import { epcQr } from '../../../src/settlement/payments/epc-qr.ts';
import { pain001, type TransferOrder } from '../../../src/settlement/payments/pain001.ts';
import { isSepaIdentifier, sepaText } from '../../../src/settlement/payments/sepa-text.ts';
import { needPrograms } from '../../support/peers.ts';
import { schemaFaults } from '../../support/xml-schema.ts';

const SCHEMA = 'pain.001.001.09-sepa.xsd';
const ERIKA: BankAccount = { name: 'Erika Müßtermann & Söhne', iban: 'AT611904300234573201' };
const MAX: BankAccount = { name: 'Max <"Muster">', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' };

const order = (more: Partial<TransferOrder> = {}): TransferOrder => ({
  id: 'street-20260801-1-F01',
  createdAt: Date.parse('2026-08-01T10:00:00.123Z'),
  executionDate: '2026-08-05',
  debtor: ERIKA,
  initiator: 'sunny-street.example',
  transfers: [{ id: 'street-20260801-1-001', cents: 1234, creditor: MAX, text: 'Energy of July, 12.34 EUR' }],
  ...more,
});

const textOf = (xml: string, element: string) =>
  [...xml.matchAll(new RegExp(`<${element}(?: [^>]*)?>([^<]*)</${element}>`, 'g'))].map((match) => match[1]);

describe('pain.001.001.09', () => {
  before(function () {
    needPrograms(this, 'xmllint');
  });

  it('is valid with and without BIC, for one payment and for many', () => {
    const transfers = Array.from({ length: 120 }, (_, index) => ({
      id: `street-20260801-1-${index}`,
      cents: index === 0 ? 99_999_999_999 : index,
      creditor: index % 2 ? MAX : ERIKA,
      text: 'x'.repeat(index * 2 + 1),
    }));
    for (const each of [order(), order({ debtor: MAX }), order({ transfers })]) {
      assert.deepEqual(schemaFaults(pain001(each), SCHEMA), []);
    }
  });

  it('says who pays whom how much, when and for what', () => {
    const xml = pain001(order());
    const found = (element: string) => textOf(xml, element);
    assert.deepEqual(found('MsgId'), ['street-20260801-1-F01']);
    assert.deepEqual(found('CreDtTm'), ['2026-08-01T10:00:00Z']);
    assert.deepEqual(found('Nm'), ['sunny-street.example', 'Erika Musstermann + Sohne', 'Max ..Muster..']);
    assert.deepEqual(found('IBAN'), [ERIKA.iban, MAX.iban]);
    assert.deepEqual(found('BICFI'), ['COBADEFFXXX']);
    assert.deepEqual(found('Id'), ['NOTPROVIDED']);
    assert.deepEqual(found('Dt'), ['2026-08-05']);
    assert.deepEqual(found('EndToEndId'), ['street-20260801-1-001']);
    assert.deepEqual(found('Ustrd'), ['Energy of July, 12.34 EUR']);
    assert.match(xml, /<InstdAmt Ccy="EUR">12\.34<\/InstdAmt>/);
  });

  it('is valid whatever people are called, and its sums are those of its payments', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
    const transfer = fc.record({
      id: fc.stringMatching(/^[A-Za-z0-9-]{1,35}$/),
      cents: fc.integer({ min: 1, max: 99_999_999_999 }),
      creditor: fc.record({ name: text.map((name) => `M${name}`), iban: fc.constant(MAX.iban) }),
      text: text.map((words) => `E${words}`),
    });
    fc.assert(
      fc.property(text, fc.array(transfer, { minLength: 1, maxLength: 8 }), (name, transfers) => {
        const xml = pain001(order({ debtor: { ...ERIKA, name: `M${name}` }, initiator: `M${name}`, transfers }));
        assert.deepEqual(schemaFaults(xml, SCHEMA), []);
        const cents = transfers.reduce((sum, each) => sum + BigInt(each.cents), 0n);
        const inCents = (sum: string | undefined) => BigInt((sum ?? '').replace('.', ''));
        assert.deepEqual(textOf(xml, 'CtrlSum').map(inCents), [cents, cents]);
        assert.deepEqual(
          textOf(xml, 'InstdAmt').map(inCents),
          transfers.map((each) => BigInt(each.cents)),
        );
        assert.deepEqual(textOf(xml, 'NbOfTxs'), [String(transfers.length), String(transfers.length)]);
      }),
      { numRuns: 25 },
    );
  });

  it('would not be valid otherwise: the schema tells', () => {
    const xml = pain001(order());
    const spoiled = [
      xml.replace('12.34', '12.345'),
      xml.replace('SLEV', 'SHAR'),
      xml.replace('<PmtMtd>TRF</PmtMtd>', ''),
      xml.replace('2026-08-05', '2026-08-32'),
      xml.replace(MAX.iban, '1'),
      xml.replace('Energy', 'Enérgy'),
    ];
    for (const each of spoiled) assert.notDeepEqual(schemaFaults(each, SCHEMA), []);
  });

  it('refuses what no bank would take', () => {
    const transfer = order().transfers[0]!;
    const wrong: [Partial<TransferOrder>, RegExp][] = [
      [{ id: 'x'.repeat(36) }, /the id of the file must have 1 to 35/],
      [{ id: 'a//b' }, /the id of the file/],
      [{ executionDate: '2026-02-30' }, /the execution date must be a day/],
      [{ transfers: [] }, /without payments/],
      [{ transfers: [{ ...transfer, cents: 0 }] }, /must be at least 1/],
      [{ transfers: [{ ...transfer, cents: 12.5 }] }, /must be a whole number/],
      [{ transfers: [{ ...transfer, cents: 100_000_000_000 }] }, /above what SEPA moves/],
      [{ transfers: [{ ...transfer, id: '' }] }, /the id of a payment/],
    ];
    for (const [more, sentence] of wrong) assert.throws(() => pain001(order(more)), sentence);
  });
});

describe('text for banks', () => {
  it('keeps what all take, and replaces the rest', () => {
    const cases: [string, string][] = [
      ["O'Brien-Müller (Haus 3)", "O'Brien-Muller (Haus 3)"],
      ['Łódź Straße Ærø', 'Lodz Strasse AEro'],
      ['a & b @ c', 'a + b (at) c'],
      ['  Σωκράτης\n\tx ', '........ x'],
      ['a_b#c', 'a.b.c'],
    ];
    for (const [given, taken] of cases) assert.equal(sepaText(given, 70), taken);
    assert.equal(sepaText('abc def', 4), 'abc');
  });

  it('knows an identifier', () => {
    for (const id of ['a', 'sunny-street-20260801-1-001', 'A/B', "?:().,'+ x"])
      assert.equal(isSepaIdentifier(id), true);
    for (const id of ['', '/a', 'a/', 'a//b', 'ä', 'a_b', 'x'.repeat(36)]) assert.equal(isSepaIdentifier(id), false);
  });
});

describe('EPC QR code', () => {
  it('has the lines of the guideline', () => {
    assert.equal(
      epcQr(MAX, 1234, 'Energy of July'),
      ['BCD', '002', '1', 'SCT', 'COBADEFFXXX', 'Max ..Muster..', MAX.iban, 'EUR12.34', '', '', 'Energy of July'].join(
        '\n',
      ),
    );
    assert.equal(epcQr(ERIKA, 1, 'x').split('\n')[4], '');
  });

  it('stays within 331 bytes', () => {
    const longest = epcQr({ ...MAX, name: 'ü'.repeat(200) }, 99_999_999_999, 'ß'.repeat(400));
    assert.ok(Buffer.byteLength(longest) <= 331);
  });
});
