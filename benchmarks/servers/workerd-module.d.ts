// The import by which workerd-worker.ts gets its module from workerd.

declare module 'tax.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
