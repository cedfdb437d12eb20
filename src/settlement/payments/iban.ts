// Bank account numbers: IBAN (ISO 13616, check digits of ISO 7064 mod 97-10) and BIC (ISO 9362). Only countries of SEPA are
// known, because only there a SEPA credit transfer reaches. Faults never quote the number: it is personal data.

/** Characters of an IBAN by country, from the IBAN registry. */
const LENGTHS: Readonly<Record<string, number>> = {
  ...{ AD: 24, AL: 28, AT: 20, BE: 16, BG: 22, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27 },
  ...{ GB: 22, GI: 23, GR: 27, HR: 21, HU: 28, IE: 22, IS: 26, IT: 27, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27, MD: 24 },
  ...{ ME: 22, MK: 19, MT: 31, NL: 18, NO: 15, PL: 28, PT: 25, RO: 24, RS: 22, SE: 24, SI: 19, SK: 24, SM: 27, VA: 22 },
};

/** The IBAN without spaces and in capitals, as machines write it. */
export function compactIban(text: string): string {
  return text.replace(/\s/g, '').toUpperCase();
}

/** What is wrong with a compact IBAN, as the end of a sentence, or null. */
export function ibanFault(iban: string): string | null {
  if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]+$/.test(iban)) return 'must begin with a country and two digits, such as AT61';
  const country = iban.slice(0, 2);
  const length = LENGTHS[country];
  if (length === undefined) return `is of ${country}, which is no country of SEPA`;
  if (iban.length !== length) return `has ${iban.length} characters, but one of ${country} has ${length}`;
  return remainder97(iban) === 1 ? null : 'has a wrong digit: its check digits do not fit';
}

/** What is wrong with a BIC, as the end of a sentence, or null. */
export function bicFault(bic: string): string | null {
  return /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(bic) ? null : 'must have 8 or 11 letters and digits';
}

/** Whether text holds something that reads as an IBAN, also with spaces in it. */
export function holdsIban(text: string): boolean {
  const found = text.toUpperCase().matchAll(/(?<![A-Z0-9])(?=([A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}))/g);
  return [...found].some(([, candidate = '']) => {
    const compact = candidate.replace(/[ -]/g, '');
    const length = LENGTHS[compact.slice(0, 2)];
    return length !== undefined && compact.length >= length && ibanFault(compact.slice(0, length)) === null;
  });
}

/** The first four characters to the end, letters as 10 to 35, modulo 97. */
function remainder97(iban: string): number {
  let remainder = 0;
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97;
  }
  return remainder;
}
