// A log that tests can read, and wait on.

import { createLogger, type Logger } from '../telemetry/logger.ts';

/** One line of the log, parsed. */
export type LogLine = Readonly<Record<string, unknown>>;

export class LineWatch {
  readonly lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();

  add(text: string): void {
    const line: LogLine = JSON.parse(text);
    this.lines.push(line);
    for (const check of this.#waiting) check();
  }

  /** Resolves with the first line that matches, as soon as there is one. */
  find(matches: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve) => {
      const check = (): void => {
        const line = this.lines.find(matches);
        if (line === undefined) return;
        this.#waiting.delete(check);
        resolve(line);
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** The access log line of a path. */
  request(path: string): Promise<LogLine> {
    return this.find((line) => line['msg'] === 'request' && line['path'] === path);
  }
}

/** The gateway's own logger, writing into memory. Every write must be one line of JSON, or it throws. */
export function captureLog(): { readonly log: LineWatch; readonly logger: Logger } {
  const log = new LineWatch();
  const logger = createLogger('trace', {
    write(text) {
      if (text.indexOf('\n') !== text.length - 1) throw new Error(`not one line: ${JSON.stringify(text)}`);
      log.add(text);
    },
  });
  return { log, logger };
}
