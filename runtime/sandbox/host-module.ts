// The seam between the sandbox and whatever a guest may import: WASI today, each capability of host-functions/ beside
// it. Worker thread only.

import type { Guest } from './guest.ts';

/** Numbers are i32, f32 or f64; bigints are i64. */
export type HostFunction = (...args: never[]) => number | bigint | void;

/** A host function that may wait: for as long as its promise is pending, the guest is suspended and others run. */
export interface WaitingHostFunction {
  readonly waits: (...args: never[]) => number | Promise<number>;
}

export interface HostModule {
  /** The import module's name, such as `wasi_snapshot_preview1`. */
  readonly name: string;
  /**
   * Functions bound to one guest; called once per sandbox, not per invocation, and does no I/O. The functions answer
   * with an error code for whatever arguments the guest passes; the only things they may throw are `GuestExit`,
   * `OutputLimitExceeded` and `InvocationError`, which end the invocation.
   */
  bind(guest: Guest): Readonly<Record<string, HostFunction | WaitingHostFunction>>;
}
