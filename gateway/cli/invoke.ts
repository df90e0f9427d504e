// `wasmgate invoke FUNCTION --event FILE|-`: one invocation without HTTP, with the function's own limits.

import { isUtf8 } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { type CollectedAnswer, collectAnswer } from '../../runtime/collect-answer.ts';
import { CodedError } from '../../runtime/errors.ts';
import type { InvocationReport } from '../../runtime/invocation.ts';
import { Runtime } from '../../runtime/runtime.ts';
import type { Config, FunctionConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { nearest } from '../config/nearest.ts';
import { loadFunctions } from '../site.ts';
import { createRequestIds } from '../triggers/http/request-id.ts';
import { parseEvent } from './event-file.ts';
import { exitForCertain } from '../exit.ts';
import { EXIT_FAILURE, messageOf } from './failure.ts';
import { type ConfigOption, configOption, type JsonOption, jsonOption } from './options.ts';
import { escapeControls, escapeLine, formatBytes, formatMs, outputWritten, paint } from './terminal.ts';

interface InvokeOptions extends ConfigOption, JsonOption {
  readonly event: string;
}

export function invokeCommand(): Command {
  return new Command('invoke')
    .description('Run one invocation without HTTP: the answer on stdout, logs and cost on stderr.')
    .argument('<function>', 'its name in the config file')
    .requiredOption('--event <file>', 'the event as JSON, or - for stdin (required)')
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', EVENT_HELP)
    .action(async (name: string, options: InvokeOptions) => {
      const config = await loadConfig(options.config);
      const definition = findFunction(config, name);
      const event = parseEvent(await readEvent(options.event), options.event === '-' ? 'stdin' : options.event);
      let isAnswered = false;
      const observer = { threadReplaced: () => undefined };
      const runtime = await Runtime.open({ threads: 1, queueLength: 1, observer });
      try {
        const fn = (await loadFunctions([definition], runtime)).get(name)!;
        const answer = await collectAnswer(fn, { id: createRequestIds(Date.now, randomFillSync)(), event });
        if (options.json === true) printJson(answer);
        else printText(answer);
        isAnswered = answer.ok;
      } finally {
        await runtime.close();
      }
      if (isAnswered) return;
      // The guest may still hold its thread, which a normal exit would wait for.
      await outputWritten();
      exitForCertain(EXIT_FAILURE);
    });
}

const EVENT_HELP = `
An event with a "method" is an HTTP request:
  {"method": "POST", "uri": "/api/tax?a=1", "headers": {"content-type": "application/json"}, "body": "{}"}
with "encoding": "base64" for a binary body, and "params" and "route" where the function needs them.
Any other JSON is handed over as it is, with trigger "invoke".`;

function findFunction({ functions }: Config, name: string): FunctionConfig {
  const found = functions.get(name);
  if (found !== undefined) return found;
  const names = [...functions.keys()];
  const suggestion = nearest(name, names);
  const others = names.length === 0 ? 'it has none' : `there are ${names.join(', ')}`;
  const hint = suggestion === undefined ? others : `did you mean "${suggestion}"?`;
  throw new CodedError('ERR_USAGE', `the config has no function "${name}": ${hint}`, { name });
}

async function readEvent(source: string): Promise<string> {
  if (source === '-') return text(process.stdin);
  try {
    return await readFile(source, 'utf8');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const reason = isMissing ? 'it does not exist' : messageOf(cause);
    const message = `cannot read the event ${source}: ${reason}; name a file, or - for stdin`;
    throw new CodedError('ERR_USAGE', message, { source }, { cause });
  }
}

/** In the form of the JSON contract, so that what a guest printed can be compared with it. */
function printJson(answer: CollectedAnswer): void {
  const { cost, logs, droppedLogLines } = answer.report;
  const outcome = answer.ok
    ? { status: answer.status, headers: groupHeaders(answer.headers), ...encodeBody(answer.body) }
    : { error: { code: answer.error.code, message: answer.error.message, details: answer.error.details } };
  process.stdout.write(`${JSON.stringify({ ...outcome, cost, logs, droppedLogLines }, null, 2)}\n`);
}

function groupHeaders(flat: readonly string[]): Record<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let i = 0; i < flat.length; i += 2) headers.set(flat[i]!, [...(headers.get(flat[i]!) ?? []), flat[i + 1]!]);
  return Object.fromEntries(headers);
}

function encodeBody(body: Buffer): { body: string; encoding: 'utf8' | 'base64' } {
  const encoding = isUtf8(body) ? 'utf8' : 'base64';
  return { body: body.toString(encoding), encoding };
}

function printText(answer: CollectedAnswer): void {
  printLogs(answer.report);
  if (answer.ok) {
    process.stdout.write(`${paint('bold', String(answer.status))}\n`);
    for (let i = 0; i < answer.headers.length; i += 2) {
      process.stdout.write(`${paint('dim', `${answer.headers[i]}:`)} ${answer.headers[i + 1]}\n`);
    }
    process.stdout.write('\n');
    process.stdout.write(process.stdout.isTTY ? `${escapeControls(answer.body.toString())}\n` : answer.body);
  } else {
    const label = paint('red', 'error', process.stderr);
    process.stderr.write(`${label}: ${escapeControls(answer.error.message)} (${answer.error.code})\n`);
    const { frames } = answer.error.details;
    if (Array.isArray(frames)) for (const frame of frames) process.stderr.write(`  ${escapeLine(String(frame))}\n`);
  }
  printCost(answer.report);
}

function printLogs({ logs, droppedLogLines }: InvocationReport): void {
  for (const { text } of logs) process.stderr.write(`${paint('dim', 'log', process.stderr)}  ${escapeLine(text)}\n`);
  if (droppedLogLines > 0) process.stderr.write(`${droppedLogLines} more log lines were dropped\n`);
}

function printCost({ cost }: InvocationReport): void {
  const parts = [
    `queued ${formatMs(cost.queueMs)}`,
    `instantiated ${formatMs(cost.instantiateMs)}`,
    `ran ${formatMs(cost.runMs)}`,
    `CPU ${formatMs(cost.cpuMs)}`,
    ...(cost.fuel === null ? [] : [`fuel ${cost.fuel}`]),
    `memory ${formatBytes(cost.memoryBytes)}`,
    `${cost.hostCalls} host calls`,
  ];
  process.stderr.write(`${paint('dim', 'cost', process.stderr)} ${parts.join(', ')}\n`);
}
