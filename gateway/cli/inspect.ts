// `wasmgate inspect FILE.wasm`: what a module is and whether it can be served.

import { Command, Option } from 'commander';
import { type ModuleFacts, inspectModule } from '../../runtime/module/inspect.ts';
import { readModule } from '../../runtime/module/read-module.ts';
import { importNames, standardHostModules } from '../../runtime/sandbox/host-modules.ts';
import { configForModule } from '../config/module-config.ts';
import { type JsonOption, jsonOption } from './options.ts';
import { escapeLine, formatBytes, formatTable, paint } from './terminal.ts';

const PAGE_BYTES = 65_536;

interface InspectOptions extends JsonOption {
  readonly memory?: string;
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('Show what a module is; exits with 2 and the reason if it cannot be served.')
    .argument('<file.wasm>', 'the module')
    .addOption(new Option('--memory <size>', 'the memory limit to check against (default: 64MiB)'))
    .addOption(jsonOption())
    .action(async (path: string, { memory, json }: InspectOptions) => {
      const config = configForModule({ modulePath: path, limits: { memory } });
      const { memoryBytes, tableEntries } = [...config.functions.values()][0]!.limits;
      const { bytes, sha256 } = await readModule(path);
      const knownImports = importNames(standardHostModules());
      const facts = inspectModule(bytes, { memoryBytes, tableEntries, knownImports });
      process.stdout.write(
        json ? `${JSON.stringify({ path, sha256, ...facts }, null, 2)}\n` : toText(path, sha256, facts),
      );
    });
}

function toText(path: string, sha256: string, facts: ModuleFacts): string {
  const { kind, sizeBytes, functionCount, codeBytes, memory, tables, hasStart } = facts;
  const max =
    memory.maxPages === null ? 'no maximum of its own' : `at most ${formatBytes(memory.maxPages * PAGE_BYTES)}`;
  const rows: [string, string][] = [
    ['file', path],
    ['sha256', sha256],
    ['kind', kind === 'command' ? 'command (_start)' : 'reactor (handle)'],
    ['size', `${formatBytes(sizeBytes)}, ${functionCount} functions with ${formatBytes(codeBytes)} of code`],
    ['memory', `${formatBytes(memory.minPages * PAGE_BYTES)} at start, ${max}`],
    ['tables', tables.map(({ type, min, max }) => `${min}..${max ?? ''} ${type}`).join(', ') || 'none'],
    ['start', hasStart ? 'has a start function' : 'none'],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const summary = rows.map(([label, text]) => `${paint('bold', label.padEnd(width))}  ${escapeLine(text)}\n`).join('');
  const imports = facts.imports.map(({ module, name, type = '' }) => ['import', `${module}.${name}`, type]);
  const exports = facts.exports.map(({ kind, name, type = '' }) => ['export', name, type === '' ? kind : type]);
  const table = [...imports, ...exports].map((row) => row.map(escapeLine));
  return `${summary}\n${formatTable(['', 'NAME', 'TYPE'], table)}`;
}
