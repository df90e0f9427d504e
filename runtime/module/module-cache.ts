// Modules ready to run, one for each content and settings, however many functions use it. Keyed by content, so that the
// same path with new bytes is a new module and old bytes under a new path are not compiled again.

import { Compiler } from './compiler.ts';
import { type InspectLimits, inspectModule } from './inspect.ts';
import type { PreparedModule } from './prepare.ts';
import { type ModuleBytes, readModule } from './read-module.ts';

interface Entry {
  readonly prepared: Promise<PreparedModule>;
  users: number;
}

export interface ModuleSource {
  readonly path: string;
  /** SHA-256 as hex; null for any. */
  readonly pin: string | null;
  readonly limits: InspectLimits;
  /** Whether its instructions are counted. */
  readonly isMetered: boolean;
}

export interface ModuleLease {
  readonly prepared: PreparedModule;
  /** Of the module's bytes, as hex. */
  readonly sha256: string;
  /** To be called once, when the user is done with the module. */
  release(): void;
}

export class ModuleCache {
  readonly #compiler = new Compiler();
  readonly #entries = new Map<string, Entry>();

  /** How many modules it holds. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * @param content of the module if it is at hand, else it is read from its path
   * @throws ModuleError for whatever is wrong with the file or the module
   */
  async acquire({ path, pin, limits, isMetered }: ModuleSource, content?: ModuleBytes): Promise<ModuleLease> {
    const { bytes, sha256 } = content ?? (await readModule(path, pin));
    const key = `${sha256} ${limits.memoryBytes} ${limits.tableEntries} ${isMetered}`;
    const entry = this.#entries.get(key) ?? { prepared: this.#prepare(bytes, limits, isMetered), users: 0 };
    this.#entries.set(key, entry);
    entry.users++;
    const release = (): void => {
      if (--entry.users === 0) this.#entries.delete(key);
    };
    try {
      return { prepared: await entry.prepared, sha256, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #prepare(bytes: Uint8Array<ArrayBuffer>, limits: InspectLimits, isMetered: boolean): Promise<PreparedModule> {
    const facts = inspectModule(bytes, limits);
    const { memoryBytes, tableEntries } = limits;
    return { facts, ...(await this.#compiler.compile(bytes, { memoryBytes, tableEntries, isMetered })) };
  }
}
