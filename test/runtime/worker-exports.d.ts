// What `exports` of cloudflare:workers is in the workerd tests: the test Worker's own.
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('./worker.ts');
  }
}
