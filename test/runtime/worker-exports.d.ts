// What `exports` and `env` of cloudflare:workers are in the workerd tests: the test Worker's own.
declare namespace Cloudflare {
  interface Env {
    readonly ASKER: DurableObjectNamespace<import('./worker.ts').Asker>;
  }
  interface GlobalProps {
    mainModule: typeof import('./worker.ts');
  }
}
