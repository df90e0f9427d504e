// clock_*: the two clocks that a guest may read, and the clock interface behind them (tests pass a fake one).

import type { Guest } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
import { EFAULT, EINVAL, ENOTSUP, SUCCESS } from './errno.ts';
import { isInBounds } from './linear-memory.ts';

export interface WasiClock {
  /** Time since the Unix epoch, in nanoseconds. */
  realtimeNs(): bigint;
  /** Smallest step of `realtimeNs`, in nanoseconds. */
  readonly realtimeResolutionNs: bigint;
  /** Time since some fixed moment, in nanoseconds; never goes back. */
  monotonicNs(): bigint;
  /** Smallest step of `monotonicNs`, in nanoseconds. */
  readonly monotonicResolutionNs: bigint;
  /** Blocks the calling thread for that long. */
  wait(durationNs: bigint): void;
}

const neverNotified = new Int32Array(new SharedArrayBuffer(4));

/** The clocks of the operating system. */
export const systemClock: WasiClock = {
  realtimeNs: () => BigInt(Date.now()) * 1_000_000n,
  realtimeResolutionNs: 1_000_000n,
  monotonicNs: () => process.hrtime.bigint(),
  monotonicResolutionNs: 1n,
  wait(durationNs) {
    const endNs = process.hrtime.bigint() + durationNs;
    // The wait is rounded to microseconds, so it may end a little early. Ending the worker interrupts it.
    for (let restNs = durationNs; restNs > 0n; restNs = endNs - process.hrtime.bigint()) {
      Atomics.wait(neverNotified, 0, 0, Number(restNs) / 1e6);
    }
  },
};

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
const CLOCK_THREAD_CPU = 3;

/** The errno for a clock id: unknown ones are invalid, the CPU clocks (2 and 3) are known and refused. */
export function checkClock(id: number): number {
  if (id === CLOCK_REALTIME || id === CLOCK_MONOTONIC) return SUCCESS;
  // A thread runs many guests: its CPU time would tell one of them what its neighbours do.
  return id > CLOCK_MONOTONIC && id <= CLOCK_THREAD_CPU ? ENOTSUP : EINVAL;
}

export function clockFunctions(guest: Guest, clock: WasiClock): Record<string, HostFunction> {
  return {
    clock_res_get(id: number, resultPointer: number): number {
      const errno = checkClock(id);
      if (errno !== SUCCESS) return errno;
      if (!isInBounds(guest, resultPointer, 8)) return EFAULT;
      const resolutionNs = id === CLOCK_REALTIME ? clock.realtimeResolutionNs : clock.monotonicResolutionNs;
      guest.view().setBigUint64(resultPointer >>> 0, resolutionNs, true);
      return SUCCESS;
    },
    clock_time_get(id: number, _precisionNs: bigint, resultPointer: number): number {
      const errno = checkClock(id);
      if (errno !== SUCCESS) return errno;
      if (!isInBounds(guest, resultPointer, 8)) return EFAULT;
      const nowNs = id === CLOCK_REALTIME ? clock.realtimeNs() : clock.monotonicNs();
      guest.view().setBigUint64(resultPointer >>> 0, nowNs, true);
      return SUCCESS;
    },
  };
}
