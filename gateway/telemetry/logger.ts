// The gateway's log: JSON lines, or readable ones on a terminal. The only file that imports pino.

import pino from 'pino';
import pretty from 'pino-pretty';
import type { LogLevel } from '../config/config.ts';

export type Logger = pino.Logger;

export interface OpenLog {
  readonly logger: Logger;
  /** Writes out what is buffered; synchronous, for the end of the process. */
  flush(): void;
}

/** Lines are collected up to this many bytes, or this many milliseconds, before they are written. */
const BUFFER_BYTES = 4096;
const FLUSH_MS = 100;

const STDOUT = 1;

export function openLog(level: LogLevel): OpenLog {
  if (process.stdout.isTTY) {
    const stream = pretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', sync: true });
    return { logger: pino({ level }, stream), flush: () => undefined };
  }
  const destination = pino.destination({ dest: STDOUT, sync: false, minLength: BUFFER_BYTES, periodicFlush: FLUSH_MS });
  // Whoever read our log is gone (EPIPE), or its disk is full: serving goes on without a log.
  destination.on('error', () => undefined);
  const options = { level, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } };
  return { logger: pino(options, destination), flush: () => flushQuietly(destination) };
}

function levelName(label: string): object {
  return { level: label };
}

function flushQuietly(destination: { flushSync(): void }): void {
  try {
    destination.flushSync();
  } catch {
    // Nobody reads it any more, and the process is about to end.
  }
}
