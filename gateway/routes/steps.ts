// A route compiles, at load, to a chain of steps; a request runs down the chain without an allocation for it.

import type { Exchange, Handler } from '../triggers/http/exchange.ts';

/**
 * One stage of a route. It answers or fails the exchange, or calls `next` with it once, now or later. What it throws in
 * the same turn becomes ERR_INTERNAL; what it starts must end in `answer`, `fail` or `next`.
 */
export type Step = (exchange: Exchange, next: Handler) => void;

/** Chains the steps in front of the last handler. Called once a route, at load. */
export function compileSteps(steps: readonly Step[], last: Handler): Handler {
  return steps.reduceRight<Handler>((next, step) => (exchange) => step(exchange, next), last);
}

/** Reads the request body into `exchange.body` before the next step, so that slow clients hold no sandbox. */
export function bodyStep(maxBytes: number): Step {
  return (exchange, next) => exchange.readBody(maxBytes, next);
}
