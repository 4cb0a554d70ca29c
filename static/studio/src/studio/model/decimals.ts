// Amounts of money stay decimal texts: what is added up here equals the ledger to the last digit.

/** Return the sum of decimal texts; null counts as nothing. */
export function sum(amounts: Iterable<string | null>): string {
  const known = [...amounts].flatMap((amount) => (amount === null ? [] : (plain(amount) ?? [])));
  const digits = Math.max(0, ...known.map((amount) => amount.split(".")[1]?.length ?? 0));
  const total = known.reduce((whole, amount) => whole + scaled(amount, digits), 0n);
  const text = String(total < 0n ? -total : total).padStart(digits + 1, "0");
  const point = text.length - digits;
  const sign = total < 0n ? "-" : "";
  return sign + (digits ? `${text.slice(0, point)}.${text.slice(point)}` : text);
}

/** Return a decimal without an exponent, as in 1.2E-7; null for what is no number. */
export function plain(amount: string): string | null {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,2}))?$/.exec(amount);
  if (!match) return null;
  const [, sign = "", whole = "", part = "", exponent = "0"] = match;
  const digits = whole + part;
  const point = whole.length + Number(exponent);
  if (point >= digits.length) return sign + digits.padEnd(point, "0");
  const padded = digits.padStart(digits.length - Math.min(0, point - 1), "0");
  const place = Math.max(1, point);
  return `${sign}${padded.slice(0, place)}.${padded.slice(place)}`;
}

function scaled(amount: string, digits: number): bigint {
  const [whole = "0", part = ""] = amount.split(".");
  return BigInt(whole + part.padEnd(digits, "0"));
}

/** Return whole numbers with thin groups: 1,904. */
export function grouped(count: number): string {
  return count.toLocaleString("en");
}
