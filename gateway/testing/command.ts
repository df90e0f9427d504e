// The real command line as a child process.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { LineWatch } from './captured-log.ts';

const BIN = fileURLToPath(new URL('../bin.ts', import.meta.url));

export interface CommandOptions {
  readonly stdin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Closes its stdout at the first bytes; they are left out of the result. */
  readonly readsOnlyFirstChunk?: boolean;
}

export interface CommandResult {
  /** Its exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function spawnCommand(args: readonly string[], { cwd, env = {} }: CommandOptions): Child {
  // Colours are for the command to decide; the test runner's own wish must not reach it.
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...inherited } = process.env;
  return spawn(process.execPath, [BIN, ...args], {
    env: { ...inherited, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Runs `wasmgate ARGS` to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const child = spawnCommand(args, options);
  // A command that fails before it reads its input closes the pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  if (options.readsOnlyFirstChunk === true) child.stdout.once('data', () => child.stdout.destroy());
  const output = options.readsOnlyFirstChunk === true ? '' : text(child.stdout);
  const [stdout, stderr] = await Promise.all([output, text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode ?? child.signalCode, stdout, stderr };
}

/** A `wasmgate` that serves. */
export interface ServingCommand {
  readonly child: Child;
  readonly log: LineWatch;
  readonly port: number;
  /** Of the admin listener; 0 if there is none. */
  readonly adminPort: number;
  readonly url: (path: string) => string;
  /** Resolves when the process is gone. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** For the end of a test: whatever state it is in, it goes. */
  readonly kill: () => void;
}

/**
 * Starts `wasmgate ARGS` and resolves when it listens.
 * @throws Error with its stderr if it ends before
 */
export async function serveCommand(args: readonly string[], options: CommandOptions = {}): Promise<ServingCommand> {
  const child = spawnCommand(args, options);
  child.stdin.end();
  const log = new LineWatch();
  createInterface({ input: child.stdout }).on('line', (line) => log.add(line));
  const stderr = text(child.stderr);
  const ended = once(child, 'exit').then(() => ({ code: child.exitCode, signal: child.signalCode }));
  const listening = log.find(({ msg }) => String(msg).startsWith('listening on '));
  const first = await Promise.race([listening, ended.then(async () => Promise.reject(new Error(await stderr)))]);
  const port = portOf(first['msg']);
  const admin = log.lines.find(({ msg }) => msg === 'admin listener ready');
  return {
    child,
    log,
    port,
    adminPort: admin === undefined ? 0 : portOf(admin['address']),
    url: (path) => `http://127.0.0.1:${port}${path}`,
    ended,
    kill: () => child.kill('SIGKILL'),
  };
}

function portOf(text: unknown): number {
  return Number(String(text).split(':').at(-1));
}
