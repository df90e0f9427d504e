// Where, when and with what a result was measured: a number without these means nothing.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Environment {
  /** ISO 8601, UTC. */
  readonly date: string;
  /** Null outside a git repository. */
  readonly commit: string | null;
  /** Whether the working tree differs from the commit, earlier results apart. */
  readonly dirty: boolean;
  readonly node: string;
  readonly v8: string;
  readonly os: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Processes that wanted a core in the minute before: above 0.5 the machine was not quiet. */
  readonly loadAverage: number;
}

export async function describeEnvironment(): Promise<Environment> {
  const commit = await git('rev-parse', 'HEAD');
  const changes = await git('status', '--porcelain', '--', ':/', ':(top,exclude)benchmarks/results');
  return {
    date: new Date().toISOString(),
    commit: commit ?? null,
    dirty: Boolean(changes),
    node: process.versions.node,
    v8: process.versions.v8,
    os: `${type()} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    loadAverage: loadavg()[0]!,
  };
}

/** What a git command prints, or undefined if there is no git or no repository. */
async function git(...args: string[]): Promise<string | undefined> {
  return run('git', args, { cwd: import.meta.dirname }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/**
 * Physical memory that a process holds, in bytes.
 * @throws Error if there is no such process
 */
export async function residentBytes(pid: number): Promise<number> {
  if (process.platform === 'linux') {
    const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (kibibytes === undefined) throw new Error(`process ${pid} has ended`);
    return Number(kibibytes) * 1024;
  }
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) * 1024;
}
