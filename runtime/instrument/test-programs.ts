// Random guest programs for property tests: valid, always ending, and full of what the passes touch: loops left in every
// way, calls direct, indirect and in tail position, bulk operations, exceptions, traps.

import * as fc from 'fast-check';

/** Functions of a program; each calls only those after it, so that every program ends. */
const FUNCTIONS = 3;
const LOCALS = 3;

type Expression = (context: Context) => string;
type Statement = (context: Context) => string;

interface Context {
  /** Index of the function. */
  readonly function: number;
  /** Open blocks, innermost first; true for those that may be branched to: a loop's header is not. */
  readonly blocks: readonly boolean[];
}

const enter = (context: Context, isTarget: boolean): Context => ({ ...context, blocks: [isTarget, ...context.blocks] });

/** The label of an open block that may be branched to, chosen by `seed`, or null. */
function label({ blocks }: Context, seed: number): number | null {
  const targets = blocks.flatMap((isTarget, label) => (isTarget ? [label] : []));
  return targets.length === 0 ? null : targets[seed % targets.length]!;
}

const seed = fc.nat(1000);
const local = fc.nat(LOCALS - 1).map((index) => `$l${index}`);
const binary = fc.constantFrom('add', 'sub', 'mul', 'xor', 'and', 'shl', 'lt_u', 'eq', 'div_u', 'rem_s');

const { expression, statement } = fc.letrec<{ expression: Expression; statement: Statement }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer({ min: -5, max: 70_000 }).map(
      (value): Expression =>
        () =>
          `(i32.const ${value})`,
    ),
    local.map(
      (name): Expression =>
        () =>
          `(local.get ${name})`,
    ),
    fc.constant<Expression>(() => '(global.get $g)'),
    fc.tuple(binary, tie('expression'), tie('expression')).map(
      ([operator, a, b]): Expression =>
        (c) =>
          `(i32.${operator} ${a(c)} ${b(c)})`,
    ),
    tie('expression').map(
      (address): Expression =>
        (c) =>
          `(i32.load offset=64 (i32.and ${address(c)} (i32.const 0xffff)))`,
    ),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, test]): Expression => (c) => {
      const inner = enter(c, false);
      return `(if (result i32) ${test(c)} (then ${a(inner)}) (else ${b(inner)}))`;
    }),
    fc.tuple(tie('expression'), tie('expression')).map(([value, test]): Expression => (c) => {
      const inner = enter(c, false);
      return `(block (result i32) (br_if 0 ${value(inner)} ${test(inner)}))`;
    }),
    fc.tuple(seed, tie('expression'), fc.boolean()).map(([callee, argument, isIndirect]): Expression => (c) => {
      const first = c.function + 1;
      if (first >= FUNCTIONS) return argument(c);
      const index = first + (callee % (FUNCTIONS - first));
      return isIndirect
        ? `(call_indirect (type $t) ${argument(c)} (i32.const ${index}))`
        : `(call $f${index} ${argument(c)})`;
    }),
  ),
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(local, tie('expression')).map(
      ([name, value]): Statement =>
        (c) =>
          `(local.set ${name} ${value(c)})`,
    ),
    tie('expression').map(
      (value): Statement =>
        (c) =>
          `(global.set $g ${value(c)})`,
    ),
    fc.tuple(tie('expression'), tie('expression')).map(([address, value]): Statement => (c) => {
      return `(i32.store (i32.and ${address(c)} (i32.const 0x1ffff)) ${value(c)})`;
    }),
    fc
      .tuple(
        tie('expression'),
        fc.array(tie('statement'), { maxLength: 2 }),
        fc.array(tie('statement'), { maxLength: 2 }),
      )
      .map(
        ([test, yes, no]): Statement =>
          (c) =>
            `(if ${test(c)} (then ${join(yes, enter(c, true))}) (else ${join(no, enter(c, true))}))`,
      ),
    fc.array(tie('statement'), { maxLength: 3 }).map(
      (body): Statement =>
        (c) =>
          `(block ${join(body, enter(c, true))})`,
    ),
    fc.tuple(fc.nat(6), fc.array(tie('statement'), { maxLength: 3 })).map(([count, body]): Statement => (c) => {
      // The counter is on the shadow stack of the function's activation: nested loops have one each.
      const inner = enter(c, false);
      const counter = `$n${Math.min(c.blocks.length, MAX_COUNTERS - 1)}`;
      if (c.blocks.length >= MAX_COUNTERS) return '(nop)';
      return `(local.set ${counter} (i32.const ${count}))
        (loop ${join(body, inner)}
          (br_if 0 (i32.gt_s (local.tee ${counter} (i32.sub (local.get ${counter}) (i32.const 1))) (i32.const 0))))`;
    }),
    fc.tuple(seed, tie('expression')).map(([choice, test]): Statement => (c) => {
      const target = label(c, choice);
      return target === null ? '(nop)' : `(br_if ${target} ${test(c)})`;
    }),
    fc.tuple(seed, seed, tie('expression')).map(([a, b, test]): Statement => (c) => {
      const inner = enter(c, true);
      return `(block (br_table 0 ${label(inner, a)} ${label(inner, b)} ${test(inner)}))`;
    }),
    tie('expression').map(
      (value): Statement =>
        (c) =>
          `(if ${value(c)} (then (return ${value(enter(c, true))})))`,
    ),
    tie('expression').map((length): Statement => (c) => {
      return `(memory.fill (i32.const 256) (i32.const 7) (i32.and ${length(c)} (i32.const 0x7ff)))`;
    }),
    fc.tuple(tie('expression'), tie('statement')).map(([value, caught]): Statement => (c) => {
      const inner = enter(c, false);
      return `(try (do (if ${value(inner)} (then (throw $oops ${value(enter(inner, false))})))) (catch $oops (drop) ${caught(inner)}))`;
    }),
  ),
}));

const MAX_COUNTERS = 12;

function join(statements: readonly Statement[], context: Context): string {
  return statements.map((statement) => statement(context)).join(' ');
}

const body = fc.tuple(fc.array(statement, { maxLength: 4 }), expression, seed, fc.boolean());

/** A module in text format that exports `run: (i32) -> i32`, `memory`, and `global`. */
export const programs: fc.Arbitrary<string> = fc
  .array(body, { minLength: FUNCTIONS, maxLength: FUNCTIONS })
  .map((bodies) => {
    const locals = [...Array(LOCALS - 1).keys()].map((index) => `(local $l${index + 1} i32)`).join(' ');
    const counters = [...Array(MAX_COUNTERS).keys()].map((index) => `(local $n${index} i32)`).join(' ');
    const functions = bodies.map(([statements, result, callee, isTailCall], index) => {
      const context = { function: index, blocks: [] };
      const value = result(context);
      const next = index + 1 + (callee % Math.max(1, FUNCTIONS - index - 1));
      const last = isTailCall && next < FUNCTIONS ? `(return_call $f${next} ${value})` : value;
      return `(func $f${index} (type $t) (param $l0 i32) (result i32) ${locals} ${counters}
      ${join(statements, context)} ${last})`;
    });
    return `(module
    (type $t (func (param i32) (result i32)))
    (tag $oops (param i32))
    (memory (export "memory") 1)
    (table $table ${FUNCTIONS} funcref)
    (elem (i32.const 0) ${[...Array(FUNCTIONS).keys()].map((index) => `$f${index}`).join(' ')})
    (global $g (export "global") (mut i32) (i32.const 3))
    (export "run" (func $f0))
    ${functions.join('\n')})`;
  });
