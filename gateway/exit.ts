// Ends the process for certain. `process.exit()` waits for worker threads, and one that is deep in a bulk operation of
// wasm does not end when asked, so somebody outside must be ready to kill us.

import { spawn } from 'node:child_process';

/** Time that an orderly exit has before the process is killed, in seconds. */
const KILL_AFTER_S = 2;

/** Nothing but a POSIX shell: `timeout` is not on every system. Its stdin ends when we do, which calls the kill off. */
const KILLER = `{ sleep ${KILL_AFTER_S}; kill -KILL "$1"; } & read -r _; kill $!`;

/**
 * Exits with `code`; a process that hangs in its exit is ended by SIGKILL after 2 s. The killer watches a pipe from us:
 * it goes away with the process and cannot hit another one that got our process id.
 * @param lastWords run when the killer is armed: it may block, as a write to a pipe that nobody reads does
 */
export function exitForCertain(code: number, lastWords: () => void = () => undefined): never {
  const killer = spawn('/bin/sh', ['-c', KILLER, 'sh', String(process.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a shell on the machine, the exit is as certain as Node makes it.
  killer.on('error', () => undefined);
  lastWords();
  process.exit(code);
}
