// Amounts of money stay decimal texts: what is added up here equals the ledger to the last digit.

/** Return the sum of decimal texts; null counts as nothing. */
export function sum(amounts: Iterable<string | null>): string {
  const known = [...amounts].filter((amount): amount is string => amount !== null && /^-?\d+(\.\d+)?$/.test(amount));
  const digits = Math.max(0, ...known.map((amount) => amount.split(".")[1]?.length ?? 0));
  const total = known.reduce((whole, amount) => whole + scaled(amount, digits), 0n);
  const text = String(total < 0n ? -total : total).padStart(digits + 1, "0");
  const point = text.length - digits;
  const sign = total < 0n ? "-" : "";
  return sign + (digits ? `${text.slice(0, point)}.${text.slice(point)}` : text);
}

function scaled(amount: string, digits: number): bigint {
  const [whole = "0", part = ""] = amount.split(".");
  return BigInt(whole + part.padEnd(digits, "0"));
}

/** Return whole numbers with thin groups: 1,904. */
export function grouped(count: number): string {
  return count.toLocaleString("en");
}
