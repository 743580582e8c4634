// An embedded kube-apiserver for a machine that has nothing but Node: `node main.ts --flags`, with the flags of the real one. It stores, serves
// and guards a small set of kinds in the way of the real server; it runs no controllers, and it is for tests and demonstrations on loopback.
import { parseFlags } from './flags.ts';
import { startServer } from './server.ts';

const parentPollMs = 1_000;

try {
  const server = await startServer(parseFlags(process.argv.slice(2)));
  const end = (): never => {
    server.close();
    process.exit(0);
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || end(), parentPollMs).unref();
} catch (error) {
  console.error(`kube-apiserver: ${(error as Error).message}`);
  process.exit(1);
}
