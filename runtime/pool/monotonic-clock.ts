// `performance.now()` counts from another origin in each thread; this clock is the same in all threads of the process.

/** Milliseconds with a fraction, never going back. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
