// What is built for the cluster tests, from which Go module and with which flags. Data only: build.ts carries it out.

/** One binary and everything that decides what comes out of its build. */
export interface Recipe {
  /** Also the file name of the binary. */
  readonly name: string;
  readonly version: string;
  /** Folder of the Go module, below `go/`. */
  readonly module: string;
  /** The main package to build, seen from the module. */
  readonly package: string;
  readonly ldflags: string;
}

const strip = '-s -w';
const kubernetes = '1.36.3';
const kubernetesVersion = [
  `-X k8s.io/component-base/version.gitVersion=v${kubernetes}`,
  '-X k8s.io/component-base/version.gitMajor=1',
  '-X k8s.io/component-base/version.gitMinor=36',
].join(' ');

/** The recipes in the order in which they are built: the quickest first, etcd after the API server that shares its packages. */
export const recipes = {
  coredns: { name: 'coredns', version: '1.15.0', module: 'coredns', package: '.', ldflags: strip },
  kubeApiserver: {
    name: 'kube-apiserver',
    version: kubernetes,
    module: 'apiserver',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    ldflags: `${strip} ${kubernetesVersion}`,
  },
  etcd: { name: 'etcd', version: '3.6.8', module: 'apiserver', package: 'go.etcd.io/etcd/server/v3', ldflags: strip },
} as const satisfies Record<string, Recipe>;
