// How long to wait before the next process is started.

const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/**
 * In milliseconds: 0 after a process that served, then 100, doubling up to 5000.
 * @param failedStarts how many processes in a row have ended before they served
 */
export function restartDelayMs(failedStarts: number): number {
  return failedStarts === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (failedStarts - 1));
}
