// What `exports` and `env` of cloudflare:workers are in the workerd tests: the test Worker's own.
declare namespace Cloudflare {
  interface Env {
    readonly ASKER: DurableObjectNamespace<import('./worker.ts').Asker>;
    readonly CLUSTERS: DurableObjectNamespace<import('../../functions/entry/worker/main.ts').ClusterObject>;
    readonly PAGERS: DurableObjectNamespace<import('../../functions/entry/worker/main.ts').PagerObject>;
    readonly STORAGE: DurableObjectNamespace<import('./worker.ts').StorageObject>;
    readonly BUCKET: R2Bucket;
    readonly OTHER_BUCKET: R2Bucket;
    readonly TUNNEL: Fetcher;
  }
  interface GlobalProps {
    mainModule: typeof import('./worker.ts');
  }
}
