// The address of a cluster's page, for whoever is paged to open. Pure.

/** `https://lifeboat.example/clusters/prod`; undefined where the page has no address. `pageOrigin` is the configuration's `api.url`. */
export function pageLink(pageOrigin: string | undefined, cluster: string): string | undefined {
  return pageOrigin === undefined ? undefined : `${pageOrigin}/clusters/${encodeURIComponent(cluster)}`;
}
