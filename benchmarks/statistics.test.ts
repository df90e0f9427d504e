import { expect, test } from 'vitest';
import { geometricMean, median, quantile, slope } from './statistics.ts';

test.for([
  { values: [3, 1, 2], middle: 2 },
  { values: [4, 1, 2, 3], middle: 2.5 },
  { values: [], middle: NaN },
])('the median of $values is $middle', ({ values, middle }) => {
  expect(median(values)).toBe(middle);
});

test('a quantile is a value that was measured, and the largest of few', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(quantile(values, 0.99)).toBe(99);
  expect(quantile([1, 2], 0.99)).toBe(2);
});

test('in the geometric mean twice as slow and twice as fast cancel out', () => {
  expect(geometricMean([2, 0.5])).toBe(1);
  expect(geometricMean([1.1, 1.1, 1.1])).toBeCloseTo(1.1, 12);
  expect(geometricMean([])).toBeNaN();
});

test.for([
  { what: 'a line', points: [-1, 0, 5, 6].map((x) => ({ x, y: 3 * x - 2 })), rise: 3 },
  { what: 'noise on both sides of a line', points: [1, -1, -1, 1].map((noise, x) => ({ x, y: x + noise })), rise: 1 },
  { what: 'a plateau', points: [1, 2, 3].map((x) => ({ x, y: 7 })), rise: 0 },
])('finds the slope of $what', ({ points, rise }) => {
  expect(slope(points)).toBeCloseTo(rise, 12);
});

test('one point has no slope', () => {
  expect(slope([{ x: 1, y: 1 }])).toBeNaN();
});
