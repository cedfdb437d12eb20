// Text that every bank of SEPA takes (EPC132-08, Customer-to-PSP implementation guidelines, 1.4 "Character Set"): letters,
// digits and / - ? : ( ) . , ' + and space; an identifier neither begins nor ends with a slash, nor holds two in a row.
// Banks may agree on more; this is what needs no agreement. Letters with marks lose them, some letters become two, and what
// has no counterpart becomes a full stop.

const LETTERS: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', ł: 'l', Ł: 'L', đ: 'd', Đ: 'D', ð: 'd' },
  ...{ Ð: 'D', þ: 'th', Þ: 'TH', ı: 'i', '’': "'", '‘': "'", '–': '-', '—': '-', '&': '+', '@': '(at)' },
};

/** @param longest characters that are kept */
export function sepaText(text: string, longest: number): string {
  const plain = text
    .replace(/[^\x20-\x7e]|[&@]/gu, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9/\-?:().,'+ ]/gu, (letter) => (/\s/u.test(letter) ? ' ' : '.'))
    .replace(/ +/g, ' ');
  return plain.trim().slice(0, longest).trim();
}

/** Whether banks take it as an identifier: MsgId, PmtInfId, EndToEndId. */
export function isSepaIdentifier(text: string): boolean {
  return /^(?!\/)[A-Za-z0-9/\-?:().,'+ ]{1,35}(?<!\/)$/.test(text) && !text.includes('//');
}
