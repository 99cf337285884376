// Prices: whole minor units, never a fraction.

/**
 * Reads an amount in major units ("12", "12.5", "12,50") as minor units. The text is cut at its separator and put
 * together again as digits, so that no floating-point number is ever involved; a thousands separator is refused,
 * because "1,234" means two different prices in two countries.
 * @param {string} text
 * @param {number} exponent decimal places of the currency
 * @returns {number | null} null when the text is no amount
 */
export function minorUnits(text, exponent) {
  const match = /^(\d{1,12})(?:[.,](\d+))?$/u.exec(text.trim());
  const [, whole = "", fraction = ""] = match ?? [];
  if (match === null || fraction.length > exponent) return null;
  return Number(whole + fraction.padEnd(exponent, "0"));
}

/**
 * The same amount in major units, with a point: "12.50".
 * @param {number} amount
 * @param {number} exponent
 */
export function majorUnits(amount, exponent) {
  if (exponent === 0) return String(amount);
  const digits = String(amount).padStart(exponent + 1, "0");
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
