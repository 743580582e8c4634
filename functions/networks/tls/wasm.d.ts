// What an import of a .wasm file is in workerd: a compiled module (the CompiledWasm rule of wrangler), not yet an instance.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
