// Summaries of small samples.

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  return (quantile(values, 0.5) - quantile(values.map((value) => -value), 0.5)) / 2;
}

/** The smallest value that at least the given share (above 0, up to 1) of all values do not exceed; NaN if there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? NaN;
}
