// The standby server as a process: an authoritative DNS server for one zone that takes signed updates and transfers, in place of Knot
// where there is nothing but Node. It is for tests and the lab, and listens on loopback only. What lies in `--data-dir` goes before `--zone-file`.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../functions/lib/errors.ts';
import { openJournal } from './journal.ts';
import { listen } from './listen.ts';
import { readOptions } from './options.ts';
import { createResponder } from './responder.ts';
import { soaOf } from './zone.ts';
import { readZoneText } from './zone-source.ts';

const parentPollMs = 1_000;

/** What happened, one line each; at most so long, whatever a client sent. */
function say(line: string): void {
  console.log(`${new Date().toISOString()} ${line.slice(0, 500)}`);
}

/** First the address, then the data: a second process on the same address must not touch them. */
async function start(args: readonly string[]): Promise<void> {
  const parent = process.ppid;
  const { listen: address, zone: apex, zoneFile, key, dataDir } = readOptions(args);
  const first = () => {
    try {
      return readZoneText(readFileSync(zoneFile, 'utf8'), apex);
    } catch (error) {
      throw new Error(`--zone-file ${zoneFile}: ${messageOf(error)}`);
    }
  };
  const listener = await listen(address, () => {
    if (!existsSync(dataDir)) mkdirSync(dataDir);
    const { zone, save } = openJournal({ file: join(dataDir, 'zone.journal'), apex, first, say });
    say(`${apex} with serial ${soaOf(zone).serial} on ${address.host} port ${address.port}`);
    return createResponder({ zone, key, save, say });
  });
  // An update is on disk before it is confirmed: there is nothing to wait for.
  const stop = (): never => {
    listener.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  setInterval(() => process.ppid === parent || stop(), parentPollMs).unref();
}

start(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`standby: ${messageOf(error).split('\n').join(' ')}`);
  process.exit(1);
});
