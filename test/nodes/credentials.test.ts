// What dialogs keep apart from the flow as credentials: the dialog takes what the runtime takes, and has a sentence, without
// the number itself, for what the runtime refuses.
import assert from 'node:assert/strict';
import { parseBankAccounts } from '../../src/settlement/payments/bank-accounts.ts';
import { MeteringPoints } from '../../src/settlement/utility/points.ts';
import { loadDefinition, newNode } from '../support/editor.ts';

/** What dialog and runtime say of a text; null where it is well. */
function verdicts(type: string, name: string, read: (text: string) => unknown) {
  const definition = loadDefinition(type);
  const validate = definition.credentials?.[name]?.validate;
  assert.equal(validate?.length, 2, 'Node-RED takes sentences only from checks with two arguments');
  return (text: string): { dialog: string | null; runtime: string | null } => {
    const said = validate?.call(newNode(type, definition), text, {});
    let runtime: string | null = null;
    try {
      read(text);
    } catch (problem) {
      runtime = (problem as Error).message;
    }
    return { dialog: said === true ? null : String(said), runtime };
  };
}

const cases = [
  {
    ...{ type: 'microgrid-balance', name: 'accounts', read: parseBankAccounts },
    right: [
      '',
      '\n \n',
      'home-03; Erika Muster; AT61 1904 3002 3457 3201',
      'home-03;Erika;at611904300234573201;bkauatww\r\nsupplier\tStadtwerke\tDE89370400440532013000',
      'member/tax; A; NL91ABNA0417164300\ntax; C; NO93 8601 1117 947\ncommunity; B; FR14 2004 1010 0505 0001 3M02 606',
    ],
    wrong: [
      'home-03',
      'home-03; Erika',
      'home-03; ; AT61 1904 3002 3457 3201',
      'Home 3; Erika; AT61 1904 3002 3457 3201',
      'home-03; Erika; AT61 1904 3002 3457 3202',
      'home-03; Erika; AT61 1904',
      'home-03; Erika; AT61 1904 3002 3457 3201; BKAU',
      'home-03; Erika; AT61 1904 3002 3457 3201; BKAUATWW; more',
      'home-03; A; AT611904300234573201\nmember/home-03; B; NL91ABNA0417164300',
    ],
  },
  {
    ...{ type: 'microgrid-allocation', name: 'points', read: (text: string) => new MeteringPoints(text) },
    right: ['', 'home-1; 19100000000001', 'home-1 = AT-C1; AT-G1\n\nhome-2\tAT-C2'],
    wrong: [
      'home-1',
      'home-1;',
      'Home; 1904',
      'home-1; 1904 5',
      'home-1; 1904\nhome-1; 3002',
      'home-1; 1904\nhome-2; 1904',
    ],
  },
];

for (const { type, name, read, right, wrong } of cases) {
  describe(`${name} of ${type}`, () => {
    const verdict = verdicts(type, name, read);

    it('are taken by the dialog as by the runtime', () => {
      for (const text of right) assert.deepEqual(verdict(text), { dialog: null, runtime: null }, text);
    });

    it('are refused by both with a sentence that has no number of theirs', () => {
      for (const text of wrong) {
        const { dialog, runtime } = verdict(text);
        assert.match(dialog ?? '', /^[A-Z].*\.$/, text);
        assert.ok(runtime, text);
        assert.doesNotMatch(`${dialog} ${runtime}`, /1904|3002|Erika\b(?! Muster)/, text);
      }
    });
  });
}
