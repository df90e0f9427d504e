// What a log record looks like on a terminal: one line for people, without what only machines read.

/** A record as pino writes it. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** Fields of every record, and those that `terminalLine` puts into words. */
const TOLD = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'source', 'function']);

export function terminalLine(record: LogRecord): string {
  const { msg, function: functionName } = record;
  if (msg === 'request' && 'status' in record) return requestLine(record);
  if (record['source'] === 'guest') return `${text(functionName)}: ${text(msg)}`;
  const rest = Object.entries(record).filter(([key, value]) => !TOLD.has(key) && value !== undefined);
  const told = rest.map(([key, value]) => `${key} ${text(value)}`);
  if (functionName !== undefined) told.unshift(`function ${text(functionName)}`);
  return told.length === 0 ? text(msg) : `${text(msg)} (${told.join(', ')})`;
}

function requestLine({ method, path, status, ms, code, reason }: LogRecord): string {
  const line = `${text(method)} ${text(path)} ${text(status)} in ${text(ms)} ms`;
  return code === undefined ? line : `${line}, ${text(code)}: ${text(reason)}`;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  return JSON.stringify(value) ?? '';
}
