// A server that is measured, as a child process: started on a free port, ready when it has given its first right answer.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from '../load/http-connection.ts';
import { TaxWorkload } from '../load/tax-workload.ts';

export interface RunningServer {
  readonly port: number;
  readonly pid: number;
  /** From the start of the process to its first complete and right answer. */
  readonly firstAnswerMs: number;
  /** Ends the process and waits for its end. */
  stop(): Promise<void>;
}

const CONNECT_INTERVAL_MS = 2;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;
/** How much of what a server printed is kept, to be shown if it fails. */
const KEPT_OUTPUT_CHARACTERS = 4000;

export interface ServerOptions {
  /** Default: this Node, so that the arguments name a program for it. */
  readonly executable?: string;
  /** Called with each line that it prints. */
  readonly onLine?: (line: string) => void;
}

/**
 * Starts a server, given its arguments for the port that it is to listen on.
 * @throws Error with what it printed if it ends or says nothing; LoadFailure if its first answer is wrong
 */
export async function startServer(
  argsFor: (port: number) => Promise<readonly string[]>,
  { executable = process.execPath, onLine }: ServerOptions = {},
): Promise<RunningServer> {
  const port = await findFreePort();
  const args = await argsFor(port);
  const startedAtMs = performance.now();
  const child = spawn(executable, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collectOutput(child);
  if (onLine !== undefined) createInterface(child.stdout).on('line', onLine);
  const stop = (): Promise<void> => stopProcess(child);
  try {
    await waitForFirstAnswer(child, port, startedAtMs + START_TIMEOUT_MS);
    return { port, pid: child.pid!, firstAnswerMs: performance.now() - startedAtMs, stop };
  } catch (error) {
    await stop();
    throw new Error(`${executable} ${args.join(' ')}: ${(error as Error).message}\n${output()}`, { cause: error });
  }
}

/** A port that was free a moment ago: a log that tells the port that a server chose would be part of what is measured. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function collectOutput(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-KEPT_OUTPUT_CHARACTERS);
    });
  }
  return () => output;
}

async function waitForFirstAnswer(child: ChildProcess, port: number, giveUpAtMs: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`ended with ${child.exitCode ?? child.signalCode} before its first answer`);
    }
    if (performance.now() > giveUpAtMs) throw new Error(`no answer within ${START_TIMEOUT_MS} ms`);
    if (await askOnce(port)) return;
    await delay(CONNECT_INTERVAL_MS);
  }
}

/** False if nothing listens yet. */
async function askOnce(port: number): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let connection: HttpConnection;
  try {
    connection = await HttpConnection.open(port, { answered: () => resolve(), failed: reject });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false;
    throw error;
  }
  const timer = setTimeout(() => connection.giveUp('no answer'), START_TIMEOUT_MS);
  try {
    connection.send(new TaxWorkload(port).next(), performance.now());
    await promise;
    return true;
  } finally {
    clearTimeout(timer);
    connection.close();
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
