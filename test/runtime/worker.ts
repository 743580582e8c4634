// The empty Worker in which the workerd tests run.
export default { fetch: () => new Response('test worker') };
