// Numbers as sentences show them: exact decimals made from integers, a dot, no grouping, the same under any locale.

/** Micro-currency per kWh as a decimal number of currency, exact: 180000 -> "0.18", 210500 -> "0.2105". */
export function priceText(micro: number): string {
  return decimalText(micro, 6, 2);
}

/** Nano-currency as a decimal number of currency, exact: -1500000000n -> "-1.50". */
export function moneyText(nano: bigint): string {
  return decimalText(nano, 9, 2);
}

/** Energy: Wh below 1 kWh, else kWh, exact: 800 -> "800 Wh", 1500 -> "1.5 kWh". */
export function energyText(wh: number): string {
  return Math.abs(wh) < 1000 ? `${wh} Wh` : `${decimalText(wh, 3, 0)} kWh`;
}

/** An integer of 10^-places as a decimal number with at least so many decimals, exact. */
export function decimalText(value: number | bigint, places: number, least: number): string {
  const digits = String(value)
    .replace('-', '')
    .padStart(places + 1, '0');
  const whole = digits.slice(0, -places);
  const fraction = digits.slice(-places).replace(/0+$/, '').padEnd(least, '0');
  return `${value < 0 ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
