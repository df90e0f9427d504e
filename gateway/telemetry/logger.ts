// The gateway's log: JSON lines, or readable ones on a terminal. The only file that imports pino.

import pino from 'pino';
import pretty from 'pino-pretty';
import { escapeControls } from '../cli/terminal.ts';
import type { LogLevel } from '../config/config.ts';
import { type LogRecord, terminalLine } from './terminal-line.ts';

export type Logger = pino.Logger;

export interface OpenLog {
  readonly logger: Logger;
  /** Writes out what is buffered; synchronous, for the end of the process. Waits for whoever reads the log. */
  readonly flush: () => void;
}

/** Lines are collected up to this many bytes, or this many milliseconds, before they are written. */
const BUFFER_BYTES = 4096;
const FLUSH_MS = 100;
/** Lines that a reader who does not keep up leaves behind, in bytes of memory; later ones are dropped and counted. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

const STDOUT = 1;

/** The log on stdout. */
export function openLog(level: LogLevel): OpenLog {
  if (process.stdout.isTTY) {
    const messageFormat = (record: LogRecord): string => escapeControls(terminalLine(record));
    const stream = pretty({
      ignore: 'pid,hostname',
      hideObject: true,
      messageFormat,
      translateTime: 'HH:MM:ss.l',
      sync: true,
    });
    return { logger: pino({ level }, stream), flush: () => undefined };
  }
  const destination = pino.destination({
    dest: STDOUT,
    sync: false,
    minLength: BUFFER_BYTES,
    maxLength: MAX_BUFFERED_BYTES,
    periodicFlush: FLUSH_MS,
  });
  // Whoever read our log is gone (EPIPE), or its disk is full: serving goes on without a log.
  destination.on('error', () => undefined);
  const logger = createLogger(level, destination);
  let dropped = 0;
  destination.on('drop', () => dropped++);
  destination.on('drain', () => {
    if (dropped === 0) return;
    logger.warn({ dropped }, 'log lines dropped: whoever reads stdout does not keep up');
    dropped = 0;
  });
  return { logger, flush: () => flushQuietly(destination) };
}

/** A logger that writes JSON lines to `destination`. */
export function createLogger(level: LogLevel, destination: pino.DestinationStream): Logger {
  return pino({ level, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } }, destination);
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
