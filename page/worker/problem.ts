// Why something cannot be checked, in one sentence for the person who dropped it.
export class Problem extends Error {
  override readonly name = 'Problem';
}
