// The contracts that a function can be bound to, by the name that the config gives.

import type { Contract } from './contract.ts';
import { gojinnContract } from './gojinn.ts';
import { jsonContract } from './json.ts';

const CONTRACTS = { json: jsonContract, gojinn: gojinnContract } as const satisfies Record<string, Contract>;

export type ContractName = keyof typeof CONTRACTS;

export const CONTRACT_NAMES = Object.keys(CONTRACTS) as readonly ContractName[];

export function contractByName(name: ContractName): Contract {
  return CONTRACTS[name];
}
