// Builds the examples into examples/<name>/build/<name>.wasm. One whose compiler is missing is skipped, saying how to
// get it; one that is newer than its sources is left alone.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);

interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface Example {
  readonly name: string;
  /** What installs the compiler. */
  readonly install: string;
  /** The command that compiles the example when run in its folder, or undefined if the compiler is missing. */
  compile(output: string): Promise<Command | undefined>;
}

export const EXAMPLES: readonly Example[] = [
  {
    name: 'quickstart',
    install: 'npm ci',
    async compile(output) {
      const asc = path.join(import.meta.dirname, '../node_modules/assemblyscript/bin/asc.js');
      if (!existsSync(asc)) return undefined;
      return { file: process.execPath, args: [asc, '--config', 'asconfig.json', '--outFile', output] };
    },
  },
  {
    name: 'compute-tax-c',
    install: 'apt-get install clang lld wasi-libc libclang-rt-dev-wasm32, or set WASI_SDK_PATH to a wasi-sdk',
    async compile(output) {
      const clang = await findClang();
      const flags = ['-O2', '-Wall', '-Wextra', '-Wl,--strip-all', '-o', output, 'main.c', 'json.c'];
      return clang && { file: clang.file, args: [...clang.args, ...flags] };
    },
  },
  {
    name: 'compute-tax-rust',
    install: 'rustup target add wasm32-wasip1, or apt-get install rustc libstd-rust-dev-wasm32',
    async compile(output) {
      const rustc = await findRustc();
      const flags = ['--edition=2021', '-O', '-Cpanic=abort', '-Clto', '-Cstrip=symbols', '-o', output, 'main.rs'];
      return rustc && { file: rustc.file, args: [...rustc.args, ...flags] };
    },
  },
  {
    name: 'compute-tax-go',
    install: 'Go 1.21 or later, from https://go.dev/dl/',
    async compile(output) {
      const version = await outputOf('go', ['env', 'GOVERSION']);
      if (Number(/^go1\.(\d+)/.exec(version ?? '')?.[1] ?? 0) < 21) return undefined;
      const env = { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm' };
      return { file: 'go', args: ['build', '-trimpath', '-ldflags=-s -w', '-o', output, '.'], env };
    },
  },
];

/** A clang that can link for WASI: that of a wasi-sdk, or Debian's, whose WASI headers and libraries are in /usr. */
async function findClang(): Promise<Command | undefined> {
  const sdk = process.env['WASI_SDK_PATH'];
  if (sdk) return { file: path.join(sdk, 'bin/clang'), args: [] };
  const args = ['--target=wasm32-wasi', '--sysroot=/usr', '-I/usr/include/wasm32-wasi', '-L/usr/lib/wasm32-wasi'];
  const builtins = await outputOf('clang', [...args, '--rtlib=compiler-rt', '-print-libgcc-file-name']);
  const linker = await outputOf('wasm-ld', ['--version']);
  const isComplete = builtins && existsSync(builtins) && linker && existsSync('/usr/lib/wasm32-wasi/libc.a');
  return isComplete ? { file: 'clang', args } : undefined;
}

/** A rustc with a WASI standard library. Debian's stays usable where a rustup without the target is first in PATH. */
async function findRustc(): Promise<Command | undefined> {
  for (const file of ['rustc', '/usr/bin/rustc']) {
    for (const target of ['wasm32-wasip1', 'wasm32-wasi']) {
      const library = await outputOf(file, ['--print', 'target-libdir', '--target', target]);
      if (library && existsSync(library)) return { file, args: ['--target', target] };
    }
  }
  return undefined;
}

/** What a command prints, or undefined if it fails or does not exist. */
async function outputOf(file: string, args: readonly string[]): Promise<string | undefined> {
  return run(file, args).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}

/** The path of an example's module. */
export function modulePath(name: string): string {
  return path.join(import.meta.dirname, name, 'build', `${name}.wasm`);
}

async function modifiedMs(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => -Infinity,
  );
}

/** Whether the module is newer than every file of its example and this one, which holds the flags. */
async function isUpToDate(name: string): Promise<boolean> {
  const folder = path.join(import.meta.dirname, name);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const inputs = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(path.join(folder, 'build') + path.sep) && !/\.(md|yaml)$/.test(file));
  const times = await Promise.all([...inputs, import.meta.filename].map(modifiedMs));
  return (await modifiedMs(modulePath(name))) > Math.max(...times);
}

type Outcome = { kind: 'built' | 'skipped' } | { kind: 'failed'; reason: string };

async function build(example: Example): Promise<Outcome> {
  const { name } = example;
  if (await isUpToDate(name)) {
    report(`${name}: up to date`);
    return { kind: 'built' };
  }
  const output = modulePath(name);
  // The module appears under its name only when it is whole, so that an interrupted build is not taken for a finished one.
  const unfinished = path.join(path.dirname(output), `unfinished-${process.pid}.wasm`);
  const command = await example.compile(unfinished);
  if (command === undefined) {
    report(`${name}: skipped, its compiler is missing; to get it: ${example.install}`);
    return { kind: 'skipped' };
  }
  report(`${name}: building with ${command.file}`);
  const startedAtMs = performance.now();
  try {
    await mkdir(path.dirname(output), { recursive: true });
    await run(command.file, command.args, { cwd: path.join(import.meta.dirname, name), env: command.env });
    await rename(unfinished, output);
  } catch (error) {
    return { kind: 'failed', reason: describe(error) };
  }
  const { size } = await stat(output);
  report(`${name}: built ${Math.ceil(size / 1024)} KiB in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  return { kind: 'built' };
}

/** The compiler's own words if it ran, else why it did not. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  return words || error.message;
}

function report(line: string): void {
  process.stdout.write(`${line}\n`);
}

const HELP = `Usage: node examples/build.ts [options] [name…]

Builds the named examples, or all of them: ${EXAMPLES.map(({ name }) => name).join(', ')}.

Options:
  --require-all  fail if a compiler is missing (default: skip its example)
  --help         print this
`;

/** Returns the exit code: 0 if nothing failed, 1 if a build did. */
async function buildAll(examples: readonly Example[], requireAll: boolean): Promise<number> {
  let exitCode = 0;
  for (const example of examples) {
    const outcome = await build(example);
    if (outcome.kind === 'failed') process.stderr.write(`${example.name}: failed\n${outcome.reason}\n`);
    if (outcome.kind === 'failed' || (outcome.kind === 'skipped' && requireAll)) exitCode = 1;
  }
  return exitCode;
}

/** @throws TypeError if an option or a name is unknown. */
function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { 'require-all': { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const unknown = positionals.find((name) => !EXAMPLES.some((example) => example.name === name));
  if (unknown !== undefined) throw new TypeError(`no example is named "${unknown}"`);
  const examples = EXAMPLES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { examples, requireAll: values['require-all'], help: values.help };
}

async function main(args: string[]): Promise<number> {
  let options;
  try {
    options = parse(args);
  } catch (error) {
    process.stderr.write(`${describe(error)}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  return buildAll(options.examples, options.requireAll);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
