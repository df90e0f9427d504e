// All that one config builds, as one object: functions and routes. A reload builds the next one beside it.

import { ModuleError } from '../runtime/errors.ts';
import type { LoadedFunction } from '../runtime/runtime.ts';
import type { Config, FunctionConfig } from './config/config.ts';
import { ConfigError, type Problem } from './config/problems.ts';
import { dispatchTo } from './routes/dispatch.ts';
import { functionHandler, type GuestLog } from './routes/function-handler.ts';
import { buildRouteTable } from './routes/route-table.ts';
import { bodyStep, compileSteps } from './routes/steps.ts';
import type { Handler } from './triggers/http/exchange.ts';

export interface Site {
  readonly config: Config;
  readonly functions: ReadonlyMap<string, LoadedFunction>;
  /** Serves one exchange. */
  readonly handler: Handler;
  /** Lets the last invocations of its functions end and gives back what they hold. */
  close(): Promise<void>;
}

/** Where the functions of a site are loaded. */
export interface FunctionLoader {
  /** @throws ModuleError if the module cannot be read or served */
  load(config: FunctionConfig): Promise<LoadedFunction>;
}

/**
 * Loads every function and compiles every route.
 * @throws ConfigError with a problem for each module that cannot be served; nothing stays loaded then
 */
export async function buildSite(config: Config, loader: FunctionLoader, guestLog: GuestLog): Promise<Site> {
  const functions = await loadFunctions([...config.functions.values()], loader);
  const routes = config.routes.map((route) => {
    const fn = functions.get(route.functionName)!;
    const last = functionHandler(fn, { guestLog, serverTiming: config.http.serverTiming });
    return { ...route, handler: compileSteps([bodyStep(route.bodyBytes)], last) };
  });
  return {
    config,
    functions,
    handler: dispatchTo(buildRouteTable(routes)),
    close: async () => void (await Promise.all([...functions.values()].map((fn) => fn.unload()))),
  };
}

/** @throws ConfigError naming every function whose module cannot be served */
export async function loadFunctions(
  configs: readonly FunctionConfig[],
  loader: FunctionLoader,
): Promise<ReadonlyMap<string, LoadedFunction>> {
  const results = await Promise.allSettled(configs.map((config) => loader.load(config)));
  const problems: Problem[] = [];
  const functions = new Map<string, LoadedFunction>();
  results.forEach((result, i) => {
    const config = configs[i]!;
    if (result.status === 'fulfilled') functions.set(config.name, result.value);
    else problems.push(toProblem(config, result.reason));
  });
  if (problems.length === 0) return functions;
  await Promise.all([...functions.values()].map((fn) => fn.unload()));
  throw new ConfigError(problems);
}

function toProblem({ name, at }: FunctionConfig, reason: unknown): Problem {
  if (!(reason instanceof ModuleError)) throw reason;
  return { at, message: `function "${name}": ${reason.message}` };
}
