// What a configuration takes from the machine that it is loaded on.

import { constants, open, type FileHandle } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';

import type { Reading } from './problems.ts';

export interface Environment {
  /** What `${env:NAME}` can name. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Memory of the machine or, where smaller, of the container, in bytes. */
  readonly memoryBytes: number;
  readonly cores: number;
  /** The text of a regular file of at most `maxBytes`, or a predicate such as `does not exist, …`. Never throws. */
  readTextFile(path: string, maxBytes: number): Promise<Reading<string>>;
}

export function processEnvironment(): Environment {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return {
    variables: process.env,
    memoryBytes: constrained > 0 ? Math.min(constrained, total) : total,
    cores: availableParallelism(),
    readTextFile,
  };
}

async function readTextFile(path: string, maxBytes: number): Promise<Reading<string>> {
  if (path.includes('\0')) return { problem: 'cannot have a NUL character in its name' };
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for somebody to write to it.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = await file.stat();
    if (stat.isDirectory()) return { problem: 'is a directory, name the file in it' };
    if (!stat.isFile()) return { problem: 'is not a regular file, name one' };
    const bytes = await readUpTo(file, maxBytes + 1);
    if (bytes.byteLength > maxBytes) return { problem: `is larger than ${maxBytes / 1024} KiB, make it smaller` };
    return decodeText(bytes);
  } catch (error) {
    return { problem: describeReadError(error) };
  } finally {
    await file?.close();
  }
}

/** Reads rather than trusting the size that `stat` gave: a file may grow, and some report 0. */
async function readUpTo(file: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (total < maxBytes) {
    const { bytesRead, buffer } = await file.read({ buffer: new Uint8Array(Math.min(64 * 1024, maxBytes - total)) });
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(chunks);
}

function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist, check the path';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user, check its permissions';
    case 'EISDIR':
      return 'is a directory, name the file in it';
    default:
      return `cannot be read (${code}), check the path`;
  }
}

/** UTF-8, with or without a byte order mark. */
export function decodeText(bytes: Uint8Array): Reading<string> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // UTF-16 without a mark is valid UTF-8 as long as it is English, with a NUL beside each letter.
    if (!text.includes('\0')) return { value: text };
  } catch {
    // Not UTF-8: the same answer.
  }
  return { problem: 'is not UTF-8 text, save it as UTF-8' };
}
