// Names that instrumented modules share with the host. The colon keeps them apart from what toolchains write.

/** Import module of what the passes add. */
export const HOST_MODULE = 'wasmgate:host';

/** Import: the module's own memory, which the host makes. */
export const MEMORY_IMPORT = 'memory';

/**
 * Import: a shared memory of exactly one page, one for each thread. The i32 at address 0 is below zero while the time
 * slice lasts: the thread sets it before it enters the guest and whenever it goes on with another invocation; the
 * process's one ticker adds 1 to it, atomically, on every tick.
 *
 * A number of the thread, not an epoch that each instance compares with a deadline of its own: that comparison is a
 * second load and a subtraction in every loop. Measured on eight kernels against uninstrumented code, with the call in
 * every loop: 1.10 and 1.17.
 */
export const COUNTDOWN_IMPORT = 'countdown';

/**
 * Import: `() -> i32`, called when the countdown has run out. 0: go on; otherwise: stop. A host that lets the guest go on
 * sets the countdown first; else it is asked again at once.
 */
export const INTERRUPT_IMPORT = 'interrupt';

/** Start of every export that the passes add. */
export const EXPORT_PREFIX = 'wasmgate:';

/**
 * The counter: a mutable i64 global. Below zero after an invocation: it ran out of fuel, whatever else it did. It is up
 * to date in every host call and when the guest has returned; after a trap it is what it was at the last call or return.
 */
export const FUEL_EXPORT = 'wasmgate:fuel';
