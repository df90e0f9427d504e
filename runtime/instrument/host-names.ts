// Names that instrumented modules share with the host. The colon keeps them apart from what toolchains write.

/** Import module of what the passes add. */
export const HOST_MODULE = 'wasmgate:host';

/** Start of every export that the passes add. */
export const EXPORT_PREFIX = 'wasmgate:';
