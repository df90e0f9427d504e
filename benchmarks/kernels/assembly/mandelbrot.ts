// The Mandelbrot set on a grid of 64 × 64, at most 200 iterations: floating point in one loop with two ways out.

const SIZE: i32 = 64;
const MAX_ITERATIONS: i32 = 200;

function iterations(re: f64, im: f64): i32 {
  let x = 0.0;
  let y = 0.0;
  let count = 0;
  while (x * x + y * y <= 4.0 && count < MAX_ITERATIONS) {
    const next = x * x - y * y + re;
    y = 2.0 * x * y + im;
    x = next;
    count++;
  }
  return count;
}

/** All iterations added up. */
export function mandelbrot(rounds: i32): u32 {
  let sum: u32 = 0;
  for (let round = 0; round < rounds; round++) {
    sum = 0;
    for (let row = 0; row < SIZE; row++) {
      for (let column = 0; column < SIZE; column++) {
        sum += iterations(<f64>column * (3.0 / SIZE) - 2.25, <f64>row * (3.0 / SIZE) - 1.5);
      }
    }
  }
  return sum;
}
