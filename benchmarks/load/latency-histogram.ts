// Latencies by logarithm: constant memory however many are recorded, and the same relative precision for a microsecond
// and for a minute.

/** Quantiles are exact to 2^(1/64), about 1.1 %. */
const BUCKETS_PER_OCTAVE = 64;
/** 2^32 µs are 71 minutes. */
const OCTAVES = 32;

export interface LatencySummary {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export class LatencyHistogram {
  readonly #buckets = new Uint32Array(BUCKETS_PER_OCTAVE * OCTAVES);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  record(latencyMs: number): void {
    const bucket = Math.floor(Math.log2(latencyMs * 1000 + 1) * BUCKETS_PER_OCTAVE);
    this.#buckets[Math.min(bucket, this.#buckets.length - 1)]!++;
    this.#count++;
    if (latencyMs > this.#maxMs) this.#maxMs = latencyMs;
  }

  /** The latency that the given share (0 to 1) of all records does not exceed; 0 if there are none. */
  quantileMs(share: number): number {
    const rank = Math.ceil(share * this.#count);
    let seen = 0;
    for (let bucket = 0; seen < rank && bucket < this.#buckets.length; bucket++) {
      seen += this.#buckets[bucket]!;
      const upperMs = (2 ** ((bucket + 1) / BUCKETS_PER_OCTAVE) - 1) / 1000;
      if (seen >= rank) return Math.min(upperMs, this.#maxMs);
    }
    return 0;
  }

  summary(): LatencySummary {
    return {
      p50Ms: this.quantileMs(0.5),
      p90Ms: this.quantileMs(0.9),
      p99Ms: this.quantileMs(0.99),
      maxMs: this.#maxMs,
    };
  }
}
