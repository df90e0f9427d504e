// A module's bytes from its file. The bytes that are hashed are the bytes that are compiled: the file is opened once.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ModuleError } from '../errors.ts';

/** Largest module, in bytes. */
export const MAX_MODULE_BYTES = 16 * 1024 * 1024;

export interface ModuleBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * Reads a module of at most {@link MAX_MODULE_BYTES} from a regular file.
 * @param pin the SHA-256 that the file must have, as hex; null for any
 * @throws ModuleError ERR_MODULE_READ, ERR_MODULE_TOO_LARGE, ERR_MODULE_PIN
 */
export async function readModule(path: string, pin: string | null = null): Promise<ModuleBytes> {
  const bytes = await readRegularFile(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (pin !== null && pin.toLowerCase() !== sha256) {
    const message = `module ${path} has SHA-256 ${sha256}, but ${pin} is pinned: deploy the module that was pinned, or change the pin`;
    throw new ModuleError('ERR_MODULE_PIN', message, { path, sha256, pin });
  }
  return { bytes, sha256 };
}

async function readRegularFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for somebody to write into it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) throw notAFile(path, stat.isDirectory() ? 'a directory' : 'not a regular file');
    if (stat.size > MAX_MODULE_BYTES) throw tooLarge(path, stat.size);
    return await readAtMost(file, path, stat.size);
  } catch (cause) {
    if (cause instanceof ModuleError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw notAFile(path, 'missing', cause);
    if (code === 'EACCES') throw notAFile(path, 'not readable for this user', cause);
    throw notAFile(path, `unreadable (${message})`, cause);
  } finally {
    await file?.close();
  }
}

/** The file's content, unless it has grown past `sizeBytes` since it was looked at. */
async function readAtMost(file: FileHandle, path: string, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(sizeBytes + 1);
  let length = 0;
  while (length < bytes.byteLength) {
    const { bytesRead } = await file.read(bytes, length);
    if (bytesRead === 0) return bytes.subarray(0, length);
    length += bytesRead;
  }
  throw notAFile(path, 'growing while it is read');
}

function notAFile(path: string, what: string, cause?: unknown): ModuleError {
  const message = `module ${path} is ${what}: give the path of a .wasm file`;
  return new ModuleError('ERR_MODULE_READ', message, { path }, { cause });
}

function tooLarge(path: string, sizeBytes: number): ModuleError {
  const message = `module ${path} has ${sizeBytes} bytes, more than the limit of ${MAX_MODULE_BYTES}: strip its debug information (wasm-strip, -s)`;
  return new ModuleError('ERR_MODULE_TOO_LARGE', message, { path, sizeBytes, limitBytes: MAX_MODULE_BYTES });
}
