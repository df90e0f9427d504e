// Runs a script of the WebAssembly specification tests, as wast2json writes it, in this engine. Test support.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Value {
  readonly type: string;
  readonly value?: string | readonly string[];
  readonly lane_type?: string;
}

interface Action {
  readonly type: 'invoke' | 'get';
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly Value[];
}

export interface Command {
  readonly type: string;
  readonly line: number;
  readonly name?: string;
  readonly as?: string;
  readonly filename?: string;
  readonly module_type?: 'binary' | 'text';
  readonly action?: Action;
  readonly expected?: readonly Value[];
}

export interface Script {
  readonly source_filename: string;
  readonly commands: readonly Command[];
}

/** A module made ready: what to compile and what to give it; `started` is called once it is instantiated. */
export interface Prepared {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports: WebAssembly.Imports;
  started?(instance: WebAssembly.Instance): void;
}

/** How many assertions of each kind held, and where one did not. */
export interface ScriptResult {
  readonly passed: Map<string, number>;
  readonly failures: string[];
}

/** Assertions whose values JavaScript cannot pass or see. */
const needsVector = ({ action, expected = [] }: Command): boolean =>
  [...(action?.args ?? []), ...expected].some(({ type }) => type === 'v128');

export function runScript(folder: string, script: Script, prepare: (bytes: Uint8Array) => Prepared): ScriptResult {
  return new ScriptRun(folder, prepare).run(script);
}

class ScriptRun {
  readonly #folder: string;
  readonly #prepare: (bytes: Uint8Array) => Prepared;
  readonly #registered: Record<string, Record<string, unknown>> = { spectest: spectestModule() };
  readonly #named = new Map<string, WebAssembly.Instance>();
  #last: WebAssembly.Instance | undefined;
  readonly #result: ScriptResult = { passed: new Map(), failures: [] };

  constructor(folder: string, prepare: (bytes: Uint8Array) => Prepared) {
    this.#folder = folder;
    this.#prepare = prepare;
  }

  run(script: Script): ScriptResult {
    for (const command of script.commands) {
      if (command.module_type === 'text' || needsVector(command)) continue;
      let problem: string | null;
      try {
        problem = this.#command(command);
      } catch (error) {
        problem = String(error);
      }
      if (problem === null) this.#result.passed.set(command.type, (this.#result.passed.get(command.type) ?? 0) + 1);
      else this.#result.failures.push(`${script.source_filename}:${command.line} ${command.type}: ${problem}`);
    }
    return this.#result;
  }

  /** Returns what is wrong, or null. */
  #command(command: Command): string | null {
    switch (command.type) {
      case 'module':
        this.#last = this.#instantiate(command.filename!);
        if (command.name !== undefined) this.#named.set(command.name, this.#last);
        return null;
      case 'register':
        this.#registered[command.as!] = { ...this.#instance(command.name).exports };
        return null;
      case 'action':
        this.#act(command.action!);
        return null;
      case 'assert_return':
        return difference(this.#act(command.action!), command.expected ?? []);
      case 'assert_trap':
        return refusal(() => this.#act(command.action!), WebAssembly.RuntimeError);
      case 'assert_exhaustion':
        return refusal(() => this.#act(command.action!), RangeError);
      case 'assert_uninstantiable':
        return refusal(() => this.#instantiate(command.filename!), WebAssembly.RuntimeError);
      case 'assert_unlinkable':
        return refusal(() => this.#instantiate(command.filename!), Error);
      case 'assert_invalid':
      case 'assert_malformed':
        return this.#isRefused(command.filename!) ? null : 'the module was accepted';
      default:
        return 'unknown command';
    }
  }

  #instance(name: string | undefined): WebAssembly.Instance {
    const instance = name === undefined ? this.#last : this.#named.get(name);
    if (instance === undefined) throw new Error(`no instance ${name ?? ''}`);
    return instance;
  }

  #instantiate(filename: string): WebAssembly.Instance {
    const prepared = this.#prepare(readFileSync(join(this.#folder, filename)));
    const module = new WebAssembly.Module(prepared.bytes);
    const instance = new WebAssembly.Instance(module, { ...this.#registered, ...prepared.imports });
    prepared.started?.(instance);
    return instance;
  }

  #isRefused(filename: string): boolean {
    try {
      return !WebAssembly.validate(this.#prepare(readFileSync(join(this.#folder, filename))).bytes);
    } catch {
      return true;
    }
  }

  #act({ module, type, field, args = [] }: Action): unknown {
    const exported = this.#instance(module).exports[field];
    if (type === 'get') return exported instanceof WebAssembly.Global ? exported.value : undefined;
    if (typeof exported !== 'function') throw new Error(`no exported function ${field}`);
    return exported(...args.map(toJs));
  }
}

function spectestModule(): Record<string, unknown> {
  const print = (): void => {};
  const global = (value: 'i32' | 'i64' | 'f32' | 'f64', initial: unknown) => new WebAssembly.Global({ value }, initial);
  return {
    print,
    print_i32: print,
    print_i64: print,
    print_f32: print,
    print_f64: print,
    print_i32_f32: print,
    print_f64_f64: print,
    global_i32: global('i32', 666),
    global_i64: global('i64', 666n),
    global_f32: global('f32', 666.6),
    global_f64: global('f64', 666.6),
    table: new WebAssembly.Table({ element: 'anyfunc', initial: 10, maximum: 20 }),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}

/** Any error but one of `expected` is a problem, and so is none. */
function refusal(act: () => unknown, expected: abstract new (...args: never[]) => Error): string | null {
  try {
    act();
  } catch (error) {
    return error instanceof expected ? null : String(error);
  }
  return 'nothing was thrown';
}

const scratch = new DataView(new ArrayBuffer(8));

function fromBits32(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

function fromBits64(bits: bigint): number {
  scratch.setBigUint64(0, bits);
  return scratch.getFloat64(0);
}

function toJs({ type, value }: Value): unknown {
  if (typeof value !== 'string') throw new Error(`no value of type ${type}`);
  switch (type) {
    case 'i32':
      return Number(value) | 0;
    case 'i64':
      return BigInt.asIntN(64, BigInt(value));
    case 'f32':
      return fromBits32(Number(value));
    case 'f64':
      return fromBits64(BigInt(value));
    default:
      return value === 'null' ? null : EXTERN_VALUES[Number(value)];
  }
}

/** Stand for the external references of the tests, by number. */
const EXTERN_VALUES = Array.from({ length: 16 }, (_, index) => ({ reference: index }));

function difference(actual: unknown, expected: readonly Value[]): string | null {
  const values = expected.length > 1 && Array.isArray(actual) ? actual : [actual];
  const wrong = expected.find((value, index) => !isSame(values[index], value));
  return wrong === undefined ? null : `expected ${JSON.stringify(expected)}, got ${String(actual)}`;
}

function isSame(actual: unknown, { type, value }: Value): boolean {
  if (value === 'nan:canonical' || value === 'nan:arithmetic') return Number.isNaN(actual);
  if (type === 'funcref' && value !== 'null') return typeof actual === 'function';
  const wanted = toJs({ type, ...(value === undefined ? {} : { value }) });
  // The payload of a NaN is lost on its way to JavaScript; Object.is tells zeros apart.
  return Object.is(actual, wanted);
}
