// Block 0: what is made is judged in order, and every leaf that does not belong there is named with its index.
import assert from 'node:assert/strict';
import { type Author, foldGenesis, genesisRecords, joinRecord } from '../../src/ledger/genesis.ts';
import type { BodyFields } from '../../src/ledger/kinds.ts';
import { readRecord, type SignedRecord } from '../../src/ledger/record.ts';
import { LeafError } from '../../src/log/errors.ts';
import { COMMUNITY, HOMES, keysOf, ORIGIN, RULES, Street } from './street.ts';

describe('genesis', () => {
  const street = new Street();
  after(() => street.remove());
  const { genesis } = street.options();
  const author: Author = {
    origin: ORIGIN,
    operator: keysOf('operator'),
    time: '2026-11-22T08:00:00.000Z',
    random: street.random,
  };
  const made = genesisRecords(author, genesis!);
  const foldAll = (records: readonly SignedRecord[]) => foldGenesis(ORIGIN, records.map(readRecord));
  const [rules, term, home1, home2, home3, operator] = made as [
    SignedRecord,
    SignedRecord,
    SignedRecord,
    SignedRecord,
    SignedRecord,
    SignedRecord,
  ];
  const join = (id: string, changes: Partial<BodyFields<'roster'>> = {}): BodyFields<'roster'> => ({
    action: 'join',
    member: id,
    kind: 'home',
    roles: ['member'],
    key: keysOf(id).record.vkey,
    witness: keysOf(id).witness,
    feeder: null,
    ...changes,
  });
  const termOf = (fields: { term?: number; operator?: string; key?: string }) =>
    street.record('operator', 'term', null, {
      term: 1,
      operator: 'operator',
      key: keysOf('operator').log(ORIGIN).vkey,
      ...fields,
    });

  it('is rules, term and a join per member, sorted by id, in whatever order they were given', () => {
    const shuffled = genesisRecords(author, { ...genesis!, members: genesis!.members.toReversed() });
    for (const records of [made, shuffled]) {
      assert.deepEqual(
        records.map((record) => readRecord(record).head).map(({ kind, member }) => `${kind} ${member}`),
        ['rules operator', 'term operator', ...HOMES.map((id) => `roster ${id}`), 'roster operator'],
      );
    }
  });

  it('is signed by the operator, and each join by its member too', () => {
    const signers = made.map((record) =>
      readRecord(record)
        .signatures.map(({ name }) => name.split('/').at(-1))
        .sort(),
    );
    assert.deepEqual(signers, [['operator'], ['operator'], ...HOMES.map((id) => [id, 'operator']), ['operator']]);
  });

  it('folds into the state before its header', () => {
    const state = foldAll(made);
    assert.deepEqual(
      [state.origin, state.operator, state.height, state.records, state.open.count, state.cleared],
      [ORIGIN, 'operator', -1, 6, 6, null],
    );
    assert.deepEqual([...state.roster.keys()], [...HOMES, 'operator']);
    assert.deepEqual(state.rules.tariffs, RULES.tariffs);
  });

  it('takes a join that its member has signed elsewhere, with the signature of the operator added', () => {
    const own = street.record('home-2', 'roster', null, join('home-2'));
    assert.deepEqual(readRecord(joinRecord(author, own)).signatures.length, 2);
    assert.ok(foldAll([rules, term, home1, joinRecord(author, own), operator]).roster.has('home-2'));
  });

  const signedTwice = (fields: BodyFields<'roster'>) =>
    joinRecord(author, street.record(fields.member, 'roster', null, fields));
  const foreign = genesisRecords({ ...author, origin: `${COMMUNITY}/ledger/2` }, genesis!);
  const wrong: readonly (readonly [name: string, leaf: number, code: string, records: () => SignedRecord[]])[] = [
    ['nothing', 0, 'genesis', () => []],
    ['no rules', 0, 'genesis', () => [term, home1, operator]],
    ['no term', 1, 'genesis', () => [rules, home1, operator]],
    ['rules only', 1, 'genesis', () => [rules]],
    ['a second term at once', 1, 'genesis', () => [rules, termOf({ term: 2 }), operator]],
    ['a term of somebody else', 1, 'genesis', () => [rules, termOf({ operator: 'home-1' }), home1, operator]],
    ['an operator who does not join', 1, 'genesis', () => [rules, term, home1, home2, home3]],
    ['joins out of order', 3, 'genesis', () => [rules, term, home2, home1, operator]],
    ['a member who joins twice', 3, 'genesis', () => [rules, term, home1, home1, operator]],
    [
      'a member who leaves at once',
      2,
      'genesis',
      () => [rules, term, signedTwice(join('home-1', { action: 'leave' }))],
    ],
    [
      'a meter among the joins',
      3,
      'genesis',
      () => [rules, term, home1, street.meter('home-2', '2026-11-22T08:15Z', 1, 0)],
    ],
    ['rules once more', 3, 'genesis', () => [rules, term, home1, rules]],
    [
      'a key of another member',
      3,
      'bad-change',
      () => [rules, term, home1, signedTwice(join('home-2', { key: keysOf('home-1').record.vkey })), operator],
    ],
    [
      'a join that only its member signed',
      2,
      'unsigned',
      () => [rules, term, street.record('home-1', 'roster', null, join('home-1')), operator],
    ],
    ['records of another epoch', 0, 'wrong-ledger', () => foreign],
    ['one join of another epoch', 2, 'wrong-ledger', () => [rules, term, foreign[2]!, operator]],
  ];
  for (const [name, leaf, code, records] of wrong) {
    it(`refuses ${name}, at leaf ${leaf}`, () => {
      assert.throws(
        () => foldAll(records()),
        (problem) => {
          assert.ok(problem instanceof LeafError, String(problem));
          assert.deepEqual([problem.leaf, problem.code], [leaf, code], problem.message);
          return true;
        },
      );
    });
  }
});
