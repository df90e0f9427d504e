// fd_*: reading, writing and describing the three standard streams. They behave like pipes: no position, no metadata,
// no terminal. Every check comes before the first effect.

import type { Guest } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
import { EBADF, EFAULT, EINVAL, ENOTDIR, ENOTSUP, ESPIPE, SUCCESS } from './errno.ts';
import { checkIovecs, iovecAt, isInBounds } from './linear-memory.ts';
import { CLOSED, isOpen, STDERR, STDIN, STDOUT, streamAt } from './stdio.ts';

/**
 * Most bytes that one write to stderr takes; the guest's libc writes the rest with another call. It bounds the time
 * that one call spends looking for line ends: a list of buffers may name the same memory a thousand times.
 */
export const MAX_STDERR_WRITE_BYTES = 1024 * 1024;

const FDSTAT_BYTES = 24;
const FILESTAT_BYTES = 64;
/** Not a character device: libc then takes stdout for a terminal and writes every line by itself. */
const FILETYPE_UNKNOWN = 0;
const KNOWN_FDFLAGS = 0b1_1111;

const RIGHT_FD_READ = 1n << 1n;
const RIGHT_FD_WRITE = 1n << 6n;
const RIGHT_FD_FILESTAT_GET = 1n << 21n;
const RIGHT_POLL_FD_READWRITE = 1n << 27n;

export function fdFunctions(guest: Guest): Record<string, HostFunction> {
  return { ...streamFunctions(guest), ...descriptorFunctions(guest), ...deniedFunctions(guest) };
}

function streamFunctions(guest: Guest): Record<string, HostFunction> {
  return {
    fd_read(descriptor: number, iovecs: number, iovecCount: number, resultPointer: number): number {
      if (streamAt(guest, descriptor) !== STDIN) return EBADF;
      const errno = checkIovecs(guest, iovecs, iovecCount);
      if (errno !== SUCCESS) return errno;
      if (!isInBounds(guest, resultPointer, 4)) return EFAULT;
      const start = guest.stdinPosition;
      for (let index = 0; index < iovecCount && guest.stdinPosition < guest.stdin.byteLength; index++) {
        const target = iovecAt(guest, iovecs, index);
        // The bytes just read may have overwritten the list itself.
        if (target === undefined) break;
        const source = guest.stdin.subarray(guest.stdinPosition, guest.stdinPosition + target.byteLength);
        target.set(source);
        guest.stdinPosition += source.byteLength;
      }
      guest.view().setUint32(resultPointer >>> 0, guest.stdinPosition - start, true);
      return SUCCESS;
    },

    fd_write(descriptor: number, iovecs: number, iovecCount: number, resultPointer: number): number {
      const stream = streamAt(guest, descriptor);
      if (stream !== STDOUT && stream !== STDERR) return EBADF;
      const errno = checkIovecs(guest, iovecs, iovecCount);
      if (errno !== SUCCESS) return errno;
      if (!isInBounds(guest, resultPointer, 4)) return EFAULT;
      const written =
        stream === STDOUT ? writeStdout(guest, iovecs, iovecCount) : writeStderr(guest, iovecs, iovecCount);
      guest.view().setUint32(resultPointer >>> 0, written, true);
      return SUCCESS;
    },
  };
}

function writeStdout(guest: Guest, iovecs: number, iovecCount: number): number {
  let written = 0;
  for (let index = 0; index < iovecCount; index++) {
    const bytes = iovecAt(guest, iovecs, index)!;
    guest.stdout.write(bytes);
    written += bytes.byteLength;
  }
  return written;
}

function writeStderr(guest: Guest, iovecs: number, iovecCount: number): number {
  let written = 0;
  for (let index = 0; index < iovecCount && written < MAX_STDERR_WRITE_BYTES; index++) {
    const bytes = iovecAt(guest, iovecs, index)!.subarray(0, MAX_STDERR_WRITE_BYTES - written);
    guest.stderr.write(bytes);
    written += bytes.byteLength;
  }
  return written;
}

function descriptorFunctions(guest: Guest): Record<string, HostFunction> {
  return {
    fd_close(descriptor: number): number {
      if (!isOpen(guest, descriptor)) return EBADF;
      guest.descriptors[descriptor] = CLOSED;
      return SUCCESS;
    },

    fd_renumber(from: number, to: number): number {
      if (!isOpen(guest, from) || !isOpen(guest, to)) return EBADF;
      if (from === to) return SUCCESS;
      guest.descriptors[to] = streamAt(guest, from);
      guest.descriptors[from] = CLOSED;
      return SUCCESS;
    },

    fd_fdstat_get(descriptor: number, resultPointer: number): number {
      const stream = streamAt(guest, descriptor);
      if (stream === CLOSED) return EBADF;
      const start = resultPointer >>> 0;
      if (!isInBounds(guest, start, FDSTAT_BYTES)) return EFAULT;
      const transfer = stream === STDIN ? RIGHT_FD_READ : RIGHT_FD_WRITE;
      guest.bytes().fill(0, start, start + FDSTAT_BYTES);
      guest.view().setUint8(start, FILETYPE_UNKNOWN);
      guest.view().setBigUint64(start + 8, transfer | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE, true);
      return SUCCESS;
    },

    fd_filestat_get(descriptor: number, resultPointer: number): number {
      const stream = streamAt(guest, descriptor);
      if (stream === CLOSED) return EBADF;
      const start = resultPointer >>> 0;
      if (!isInBounds(guest, start, FILESTAT_BYTES)) return EFAULT;
      guest.bytes().fill(0, start, start + FILESTAT_BYTES);
      const view = guest.view();
      // Device and inode together must tell the streams apart; size and times are 0, as for a pipe.
      view.setBigUint64(start + 8, BigInt(stream), true);
      view.setUint8(start + 16, FILETYPE_UNKNOWN);
      view.setBigUint64(start + 24, 1n, true);
      return SUCCESS;
    },

    fd_fdstat_set_flags(descriptor: number, flags: number): number {
      if (!isOpen(guest, descriptor)) return EBADF;
      // Nothing to keep: a stream always appends, and never blocks, whatever the flags.
      return (flags & ~KNOWN_FDFLAGS) === 0 ? SUCCESS : EINVAL;
    },
  };
}

/** What a pipe cannot do, with the errno that POSIX has for it. */
function deniedFunctions(guest: Guest): Record<string, HostFunction> {
  const answer =
    (errno: number) =>
    (descriptor: number): number =>
      isOpen(guest, descriptor) ? errno : EBADF;
  return {
    fd_advise: answer(ESPIPE),
    fd_allocate: answer(ESPIPE),
    fd_pread: answer(ESPIPE),
    fd_pwrite: answer(ESPIPE),
    fd_seek: answer(ESPIPE),
    fd_tell: answer(ESPIPE),
    fd_readdir: answer(ENOTDIR),
    fd_filestat_set_size: answer(EINVAL),
    fd_filestat_set_times: answer(ENOTSUP),
    fd_fdstat_set_rights: answer(ENOTSUP),
    // What was written is where it will stay: there is nothing left to flush.
    fd_sync: answer(SUCCESS),
    fd_datasync: answer(SUCCESS),
    // libc asks for 3, 4, 5 … until EBADF: this is how it learns that there is no directory to open files from.
    fd_prestat_get: () => EBADF,
    fd_prestat_dir_name: () => EBADF,
  };
}
