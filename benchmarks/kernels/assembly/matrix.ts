// Multiplication of two 80 × 80 matrices of doubles: three nested loops.

const SIZE: i32 = 80;
const a = new StaticArray<f64>(SIZE * SIZE);
const b = new StaticArray<f64>(SIZE * SIZE);
const product = new StaticArray<f64>(SIZE * SIZE);

/** The trace of the product, an integer. */
export function matrix(rounds: i32): u32 {
  for (let i = 0; i < SIZE * SIZE; i++) {
    a[i] = i % 7;
    b[i] = i % 11;
  }
  for (let round = 0; round < rounds; round++) {
    for (let row = 0; row < SIZE; row++) {
      for (let column = 0; column < SIZE; column++) {
        let sum = 0.0;
        for (let k = 0; k < SIZE; k++) sum += a[row * SIZE + k] * b[k * SIZE + column];
        product[row * SIZE + column] = sum;
      }
    }
  }
  let trace = 0.0;
  for (let i = 0; i < SIZE; i++) trace += product[i * SIZE + i];
  return <u32>trace;
}
