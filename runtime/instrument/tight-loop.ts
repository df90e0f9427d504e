// Tells tight loops from others (see SITE.tightLoop). Whether a loop is tight shows only at its end; until then the
// innermost one is taken to be, and what was noted for it is withdrawn when a loop or a call shows up in it.

import type { SiteList } from './sites.ts';
import { SITE, TIGHT_LOOP_BLOCKS } from './sites.ts';

const NONE = -1;

export class TightLoop {
  readonly #sites: SiteList;
  /** Place of the loop among the open blocks, or NONE. */
  #place = NONE;
  #site = 0;

  constructor(sites: SiteList) {
    this.#sites = sites;
  }

  get isOpen(): boolean {
    return this.#place !== NONE;
  }

  clear(): void {
    this.#place = NONE;
  }

  begin(place: number, offset: number, blockType: number): void {
    this.#place = place;
    this.#site = this.#sites.add(offset, SITE.tightLoop, blockType);
  }

  giveUp(): void {
    if (this.#place === NONE) return;
    this.#place = NONE;
    this.#sites.withdraw(this.#site);
    for (let site = this.#site + 1; site < this.#sites.length; site++) {
      const kind = this.#sites.kind(site);
      if (kind === SITE.label) this.#sites.withdraw(site);
      else if (kind === SITE.loop) this.#sites.setValue(site, 0);
    }
  }

  /** At the end of the block that was open at `place`. */
  end(place: number, offset: number): void {
    if (place !== this.#place) return;
    this.#place = NONE;
    this.#sites.add(offset, SITE.tightLoopEnd, 0);
  }

  /** At a label that means the block at `target`: one outside of the loop counts the blocks that are opened around it. */
  label(target: number, label: number, offset: number): void {
    if (target < this.#place) this.#sites.add(offset, SITE.label, label + TIGHT_LOOP_BLOCKS);
  }
}
