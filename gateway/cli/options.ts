// Options that several commands have.

import { Option } from 'commander';

export interface ConfigOption {
  readonly config: string;
}

export function configOption(): Option {
  return new Option('-c, --config <file>', 'the config file').default('wasmgate.yaml');
}

export interface JsonOption {
  readonly json?: true;
}

export function jsonOption(): Option {
  return new Option('--json', 'print JSON, for scripts');
}
