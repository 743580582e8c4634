// The configuration file of a deployment, under the name by which the Worker imports it: an alias in wrangler.toml says where it lies.
declare module 'lifeboat.config' {
  const config: unknown;
  export default config;
}
