// The keys of wasmgate.yaml: names, defaults, descriptions and what reads each value. Both the check of a file and the
// published JSON Schema come from here. How values relate to each other is in cross-checks.ts.

import { z } from 'zod';

import { ADDRESS_FORM, readAddress, readLoopbackAddress } from './addresses.ts';
import { CONTRACT_NAMES } from '../../runtime/contract/contracts.ts';
import { ISOLATIONS, LOG_LEVELS } from './config.ts';
import type { Path } from './document-path.ts';
import { show, type Reading } from './problems.ts';
import { HOST_FORM, METHOD_FORM, PATH_FORM, readHost, readMethods, readPath } from './route-pattern.ts';
import { SUBSTITUTION_FORM } from './substitute.ts';
import { COUNT_FORM, readCount, readMemory, readSize, readTime, SIZE_FORM, TIME_FORM } from './units.ts';

const MIB = 1024 ** 2;
/** Bodies and answers are held in memory, and as JSON they must fit into one string of V8 (512 MiB, base64 is 4/3). */
const MAX_BODY_BYTES = 256 * MIB;

export const DEFAULT_LISTEN = '127.0.0.1:8080';
export const DEFAULT_REQUEST_TIMEOUT = '30s';

export const FUNCTION_NAME_FORM = '^[a-z][a-z0-9_-]{0,62}$';
export const VARIABLE_NAME_FORM = '^[^=\\u0000]+$';

type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A value with its own reader. The reader decides and words the problem; `json` tells an editor as much of it as JSON
 * Schema can say.
 */
function value<T>(json: JsonSchema, read: (raw: unknown) => Reading<T>) {
  return z
    .unknown()
    .meta({ ...json })
    .transform((raw, context): T => {
      const reading = read(raw);
      if ('value' in reading) return reading.value;
      context.addIssue({ code: 'custom', message: reading.problem });
      return z.NEVER;
    });
}

const string = (pattern: string): JsonSchema => ({ type: 'string', pattern: `${pattern}|${SUBSTITUTION_FORM}` });
const numberOr = (pattern: string, minimum: number, maximum: number): JsonSchema => ({
  anyOf: [{ type: 'integer', minimum, maximum }, string(pattern)],
});

const size = (maxBytes: number) => value(numberOr(SIZE_FORM, 1, maxBytes), (raw) => readSize(raw, maxBytes));
const time = () => value(string(TIME_FORM), readTime);
const count = (min: number, max: number) => value(numberOr(COUNT_FORM, min, max), (raw) => readCount(raw, min, max));
const flag = () => value({ anyOf: [{ type: 'boolean' }, string('^(true|false)$')] }, readFlag);
const choice = <T extends string>(choices: readonly T[]) =>
  value({ anyOf: [{ enum: choices }, { type: 'string', pattern: SUBSTITUTION_FORM }] }, (raw) =>
    readChoice(raw, choices),
  );

function readFlag(raw: unknown): Reading<boolean> {
  const flag = typeof raw === 'string' ? { true: true, false: false }[raw] : raw;
  return typeof flag === 'boolean' ? { value: flag } : { problem: `must be true or false, got ${show(raw)}` };
}

function readChoice<T extends string>(raw: unknown, choices: readonly T[]): Reading<T> {
  const chosen = choices.find((choice) => choice === raw);
  if (chosen !== undefined) return { value: chosen };
  return { problem: `must be one of ${choices.join(', ')}, got ${show(raw)}` };
}

function readVersion(raw: unknown): Reading<1> {
  return raw === 1 ? { value: 1 } : { problem: `must be 1, the only version of this format, got ${show(raw)}` };
}

function readDigest(raw: unknown): Reading<string> {
  if (typeof raw === 'string' && /^[0-9a-f]{64}$/i.test(raw)) return { value: raw.toLowerCase() };
  return { problem: `must be the 64 hex digits that sha256sum prints, in quotes, got ${show(raw)}` };
}

function readModule(raw: unknown): Reading<string> {
  if (typeof raw === 'string' && raw !== '' && !raw.includes('\0')) return { value: raw };
  return { problem: `must be the path of a .wasm file, got ${show(raw)}` };
}

function readVariable(raw: unknown): Reading<string> {
  if (typeof raw === 'string') {
    return raw.includes('\0') ? { problem: 'must not contain a NUL character, remove it' } : { value: raw };
  }
  if (typeof raw === 'object') return { problem: `must be a string, got ${show(raw)}` };
  return { problem: `must be a string, got the ${typeof raw} ${show(raw)}, put it in quotes` };
}

function readFunctionName(raw: unknown): Reading<string> {
  if (typeof raw === 'string') return { value: raw };
  return { problem: `must be the name of a function, got ${show(raw)}` };
}

const httpSchema = z.strictObject({
  requestLine: size(MIB).prefault('8KiB').describe('Longest request target.'),
  headers: size(MIB).prefault('16KiB').describe('All header fields of a request together.'),
  headerCount: count(1, 2000).prefault(100).describe('Most header fields of a request.'),
  body: size(MAX_BODY_BYTES)
    .prefault('1MiB')
    .describe('Largest request body that a function gets; a route can override it.'),
  headersTimeout: time().prefault('10s').describe('Time to receive the header section; at most requestTimeout.'),
  requestTimeout: time().prefault(DEFAULT_REQUEST_TIMEOUT).describe('Time to receive the whole request.'),
  idleTimeout: time().prefault('5s').describe('How long a kept-alive connection may be idle.'),
  connections: count(1, 1_000_000).prefault(10_000).describe('Most open connections.'),
  serverTiming: flag()
    .prefault(false)
    .describe('Whether answers tell the cost of the invocation in a Server-Timing field.'),
});

const limitsSchema = z.strictObject({
  cpu: time().prefault('100ms').describe('CPU time of one invocation; waiting does not count.'),
  fuel: count(1, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Instructions of one invocation, counted alike on every machine; without it they are not counted.'),
  wall: time().prefault('1s').describe('Wall time of one invocation.'),
  memory: value(numberOr(SIZE_FORM, 65_536, 4096 * MIB), readMemory)
    .prefault('64MiB')
    .describe('Largest linear memory, a multiple of 64KiB.'),
  output: size(MAX_BODY_BYTES).prefault('6MiB').describe('Largest stdout of one invocation.'),
  tableEntries: count(1, 1_000_000).prefault(10_000).describe('Most entries of one table.'),
  queue: count(1, 1_000_000).prefault(100).describe('Most invocations of this function that wait.'),
  queueTimeout: time().prefault('250ms').describe('Longest wait for a thread.'),
});

const functionSchema = z.strictObject({
  module: value({ type: 'string', minLength: 1 }, readModule).describe(
    'Path of the .wasm file, relative to this configuration file.',
  ),
  sha256: value(string('^[0-9A-Fa-f]{64}$'), readDigest)
    .optional()
    .describe("Digest that the module's bytes must have; without it any module at the path is run."),
  contract: choice(CONTRACT_NAMES)
    .prefault('json')
    .describe('How requests and answers are written on stdin and stdout.'),
  state: choice(['fresh', 'shared'])
    .prefault('fresh')
    .describe('Whether each invocation starts from the same state, or instances of a reactor live on.'),
  isolation: choice(ISOLATIONS)
    .prefault('thread')
    .describe('Whether guests run on threads of the gateway, or in a process beside it that may end without it.'),
  limits: limitsSchema.prefault({}).describe('What one invocation may use, and how many may wait.'),
  env: z
    .record(z.string().meta({ pattern: VARIABLE_NAME_FORM }), value({ type: 'string' }, readVariable))
    .prefault({})
    .describe('Environment variables of the guest; values are strings, so numbers need quotes.'),
});

const routeSchema = z.strictObject({
  path: value(string(PATH_FORM), readPath).describe(
    'Path pattern: literal segments, /:name for one segment, /* at the end for the rest.',
  ),
  methods: value({ type: 'array', minItems: 1, uniqueItems: true, items: string(METHOD_FORM) }, readMethods)
    .optional()
    .describe('Methods in upper case; without it any method.'),
  host: value(string(HOST_FORM), readHost)
    .optional()
    .describe('Host without port, or *.example.com for its subdomains; without it any host.'),
  function: value({ type: 'string' }, readFunctionName).describe('Name of the function that answers.'),
  body: size(MAX_BODY_BYTES).optional().describe('Largest request body; without it http.body.'),
});

export const configSchema = z
  .strictObject({
    version: value({ const: 1 }, readVersion).describe('Version of this format.'),
    listen: value(string(ADDRESS_FORM), readAddress)
      .prefault(DEFAULT_LISTEN)
      .describe(
        'Where clients connect: host:port, "[::1]:8080", or :8080 for all interfaces; port 0 is any free port.',
      ),
    admin: z
      .strictObject({
        listen: value(string(ADDRESS_FORM), readLoopbackAddress).describe('Loopback address for operators.'),
      })
      .optional()
      .describe('The admin listener; without it there is none.'),
    http: httpSchema.prefault({}).describe('Limits towards clients.'),
    pool: z
      .strictObject({
        threads: count(1, 64)
          .optional()
          .describe('Worker threads; without it one less than the available cores, at least 1.'),
        queue: count(1, 1_000_000).prefault(1000).describe('Most invocations waiting in the whole pool.'),
      })
      .prefault({})
      .describe('The worker threads that run functions.'),
    shutdown: z
      .strictObject({ drain: time().prefault('10s').describe('Time for requests in flight.') })
      .prefault({})
      .describe('What happens on SIGTERM.'),
    log: z
      .strictObject({
        level: choice(LOG_LEVELS).prefault('info').describe('Least severe level that is logged.'),
        access: flag().prefault(true).describe('Whether each request is logged.'),
      })
      .prefault({})
      .describe('The log on stdout.'),
    functions: z
      .record(z.string().meta({ pattern: FUNCTION_NAME_FORM }), functionSchema)
      .describe('The functions by name.'),
    routes: z.array(routeSchema).describe('Which function answers which requests.'),
  })
  .describe('Configuration of wasmgate.');

/** A file that conforms: defaults filled in, units converted, paths and places still as written. */
export type ConfigFile = z.output<typeof configSchema>;

/** The keys that the mapping at `path` may have. */
export function allowedKeys(path: Path): readonly string[] {
  let schema: unknown = unwrap(configSchema);
  for (const key of path) {
    if (schema instanceof z.ZodObject) schema = unwrap((schema.shape as Record<PropertyKey, unknown>)[key]);
    else if (schema instanceof z.ZodRecord) schema = unwrap(schema.valueType);
    else if (schema instanceof z.ZodArray) schema = unwrap(schema.element);
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

/** The published JSON Schema, as text. */
export function jsonSchemaText(): string {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-07' });
  return `${JSON.stringify({ $schema, title: 'wasmgate.yaml', ...rest }, undefined, 2)}\n`;
}
