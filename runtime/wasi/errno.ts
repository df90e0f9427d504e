// Error numbers of WASI preview 1, the ones that we answer with.
// Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno

export const SUCCESS = 0;
/** The descriptor is not open, or not open for this. */
export const EBADF = 8;
/** An address, or a part of what it points to, lies outside linear memory. */
export const EFAULT = 21;
export const EINVAL = 28;
export const ENOSYS = 52;
export const ENOTDIR = 54;
export const ENOTSOCK = 57;
export const ENOTSUP = 58;
/** Seeking in a stream. */
export const ESPIPE = 70;
