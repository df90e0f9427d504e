// The load client: a process of its own, so that it does not share an event loop with what starts it. Prints the result
// as JSON; exits with 1 and shows the request and the answer as soon as one answer is wrong.

import { execFile } from 'node:child_process';
import { parseArgs, promisify } from 'node:util';
import { LoadFailure } from './load/http-connection.ts';
import { type LoadOptions, type LoadResult, runLoad } from './load/load-run.ts';

const HELP = `Usage: node benchmarks/load-client.ts --port PORT [options]

Sends POST /api/tax to 127.0.0.1, every request with a body of its own, and checks every byte of every answer.

Options:
  --port PORT         where the server listens
  --connections N     keep-alive connections, one request in flight each (default: 32)
  --seconds S         how long requests count (default: 10)
  --warm-up S         how long requests are sent before that (default: 1)
  --rate R            requests per second at fixed times, latency from the time when each was due
                      (default: each connection sends its next request when it has an answer)
  --help              print this
`;

/**
 * Runs a load client as a child process.
 * @throws LoadFailure on the first answer that is wrong or does not come
 */
export async function spawnLoadClient(options: LoadOptions): Promise<LoadResult> {
  const { port, connections, seconds, warmUpSeconds, rate } = options;
  const args = [`--port=${port}`, `--connections=${connections}`, `--seconds=${seconds}`, `--warm-up=${warmUpSeconds}`];
  if (rate !== undefined) args.push(`--rate=${rate}`);
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, ...args]);
    return JSON.parse(stdout) as LoadResult;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new LoadFailure(stderr || message, { cause: error });
  }
}

/** @throws TypeError if an option is unknown or no number that it takes. */
function parse(args: string[]): LoadOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      connections: { type: 'string', default: '32' },
      seconds: { type: 'string', default: '10' },
      'warm-up': { type: 'string', default: '1' },
      rate: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    port: readInteger('--port', values.port, 1, 65_535),
    connections: readInteger('--connections', values.connections, 1, 10_000),
    seconds: readNumber('--seconds', values.seconds, 0.01, 3600),
    warmUpSeconds: readNumber('--warm-up', values['warm-up'], 0, 3600),
    rate: values.rate === undefined ? undefined : readNumber('--rate', values.rate, 1, 1e7),
  };
}

/** @throws TypeError if it is no integer in the range */
function readInteger(option: string, text: string | undefined, min: number, max: number): number {
  const value = readNumber(option, text, min, max);
  if (Number.isInteger(value)) return value;
  throw new TypeError(`${option} must be an integer from ${min} to ${max}, got "${text}"`);
}

/** @throws TypeError if it is no number in the range */
function readNumber(option: string, text: string | undefined, min: number, max: number): number {
  const value = Number(text);
  if (text !== undefined && text.trim() !== '' && value >= min && value <= max) return value;
  throw new TypeError(`${option} must be a number from ${min} to ${max}, got ${JSON.stringify(text) ?? 'none'}`);
}

async function main(args: string[]): Promise<number> {
  let options;
  try {
    options = parse(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    process.stdout.write(`${JSON.stringify(await runLoad(options))}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
