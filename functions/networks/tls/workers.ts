// Starts Go's TLS in workerd, where a .wasm file is imported as a compiled module. Only entries of Workers may import this file.
import { type GoTls, startGoTls } from './instance.ts';
import wasm from './tls.wasm';

/** A new instance; nothing runs until this is called. */
export function startTlsInstance(): GoTls {
  return startGoTls(wasm);
}
