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
  const options = {
    port: Number(values.port),
    connections: Number(values.connections),
    seconds: Number(values.seconds),
    warmUpSeconds: Number(values['warm-up']),
    rate: values.rate === undefined ? undefined : Number(values.rate),
  };
  const isCount = (value: number, max: number): boolean => Number.isInteger(value) && value >= 1 && value <= max;
  if (!isCount(options.port, 65_535)) throw new TypeError(`--port must be from 1 to 65535, got ${values.port}`);
  if (!isCount(options.connections, 10_000)) throw new TypeError('--connections must be from 1 to 10000');
  if (!(options.seconds > 0 && options.seconds <= 3600)) throw new TypeError('--seconds must be at most 3600');
  if (!(options.warmUpSeconds >= 0 && options.warmUpSeconds <= 3600)) throw new TypeError('--warm-up must be at most 3600');
  if (options.rate !== undefined && !(options.rate > 0 && options.rate <= 1e7)) {
    throw new TypeError('--rate must be a number of requests per second up to 10000000');
  }
  return options;
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
