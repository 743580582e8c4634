// The `forward` plugin: passes queries to upstreams, one after the other until one answers well enough (plugin/forward). Plain DNS only.
import { rcodes } from '../../dns/codes.ts';
import {
  addressText,
  durationMs,
  expectArgs,
  integer,
  oneArg,
  rcodeNumber,
  upstreams as readUpstreams,
  zone as readZone,
  unknownOption,
} from '../arguments.ts';
import { CorefileError, type Directive, type Option } from '../corefile.ts';
import { replyTo } from '../messages.ts';
import type { Metrics } from '../metrics.ts';
import { isWithin } from '../names.ts';
import { answered, failed, type Plugin, type Query, type Reply, type Transport } from '../plugin.ts';
import type { Message } from '../wire.ts';
import { createUpstream, type Upstream } from './upstream.ts';

interface Settings {
  readonly policy: 'random' | 'round_robin' | 'sequential';
  readonly failover: readonly number[];
  readonly preferUdp: boolean;
  readonly forceTcp: boolean;
  /** 0: an upstream is never left out. */
  readonly maxFails: number;
  readonly healthCheck: { readonly intervalMs: number; readonly recursionDesired: boolean; readonly domain: string };
  /** 0: no limit. */
  readonly maxConcurrent: number;
}

export interface Forward {
  readonly plugin: Plugin;
  close(): void;
}

/** No upstream is asked after this (plugin/forward, defaultTimeout). */
const deadlineMs = 5_000;
const attemptsPerUpstream = 2;
const mostUpstreams = 15;

const defaults: Settings = {
  policy: 'random',
  failover: [],
  preferUdp: false,
  forceTcp: false,
  maxFails: 2,
  healthCheck: { intervalMs: 500, recursionDesired: true, domain: '.' },
  maxConcurrent: 0,
};

export function readForward(directive: Directive, metrics: Metrics): Forward {
  const [from = '', ...to] = expectArgs(directive, 2, 1 + mostUpstreams);
  const zone = readZone(directive, from);
  const addresses = to.flatMap((word) => readUpstreams(directive, word));
  const unique = [...new Map(addresses.map((address) => [addressText(address), address])).values()];
  if (unique.length < 1 || unique.length > mostUpstreams) {
    throw new CorefileError(directive.line, `"forward" takes 1 to ${mostUpstreams} upstreams, got ${unique.length}`);
  }
  const settings: Settings = Object.assign(
    {},
    defaults,
    ...directive.options.map((option) => readOption(directive, option)),
  );
  const list = unique.map((address) => {
    const onFailure = (): void =>
      metrics.count('coredns_forward_healthcheck_failures_total', { to: addressText(address) });
    const transport: Transport = settings.forceTcp ? 'tcp' : 'udp';
    return createUpstream(address, { ...settings.healthCheck, transport, onFailure });
  });
  return {
    plugin: createPlugin(zone, list, settings),
    close() {
      for (const upstream of list) upstream.close();
    },
  };
}

function readOption(directive: Directive, option: Option): Partial<Settings> {
  switch (option.name) {
    case 'policy': {
      const word = oneArg(option);
      if (word === 'random' || word === 'round_robin' || word === 'sequential') return { policy: word };
      throw new CorefileError(option.line, `"policy": "${word}" is not random, round_robin or sequential`);
    }
    case 'failover': {
      const failover = expectArgs(option, 1, 20).map((word) => rcodeNumber(option, word));
      if (failover.includes(rcodes.NOERROR)) throw new CorefileError(option.line, '"failover": NOERROR is no failure');
      return { failover };
    }
    case 'prefer_udp':
      expectArgs(option, 0);
      return { preferUdp: true };
    case 'force_tcp':
      expectArgs(option, 0);
      return { forceTcp: true };
    case 'max_fails':
      return { maxFails: integer(option, oneArg(option), 0, 1_000_000) };
    case 'max_concurrent':
      return { maxConcurrent: integer(option, oneArg(option), 0, 1_000_000) };
    case 'health_check':
      return { healthCheck: readHealthCheck(option) };
    default:
      throw unknownOption(directive, option);
  }
}

/** `health_check DURATION [no_rec] [domain NAME]` */
function readHealthCheck(option: Option): Settings['healthCheck'] {
  const [duration = '', ...words] = expectArgs(option, 1, 4);
  let recursionDesired = true;
  let domain = '.';
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 'no_rec') recursionDesired = false;
    else if (words[i] === 'domain' && words[i + 1] !== undefined) domain = readZone(option, words[++i] ?? '');
    else throw new CorefileError(option.line, `"health_check": "${words[i]}" is not no_rec or domain NAME`);
  }
  return { intervalMs: durationMs(option, duration, 10, 3_600_000), recursionDesired, domain };
}

function createPlugin(zone: string, list: readonly Upstream[], settings: Settings): Plugin {
  const order = createOrder(list, settings.policy);
  let underWay = 0;
  return async (query, next) => {
    if (!isWithin(zone, query.name)) return next(query);
    if (settings.maxConcurrent > 0 && underWay >= settings.maxConcurrent) {
      return failed(rcodes.REFUSED, `concurrent queries exceeded maximum ${settings.maxConcurrent}`);
    }
    underWay++;
    try {
      return await askInTurn(query, order(), settings);
    } finally {
      underWay--;
    }
  };
}

/**
 * ServeDNS of plugin/forward: round and round the list until the deadline. An upstream that is down is passed over, unless all are: then the
 * checks are not believed and one is taken by chance. A failover code counts as an answer from the last upstream only.
 */
async function askInTurn(query: Query, list: readonly Upstream[], settings: Settings): Promise<Reply> {
  const endAtMs = performance.now() + deadlineMs;
  const mostAttempts = attemptsPerUpstream * list.length;
  let failovers = 0;
  let down = 0;
  let reason = 'no healthy proxies';
  for (let i = 0, attempts = 0; performance.now() < endAtMs && attempts < mostAttempts; i++) {
    if (i % list.length === 0) down = 0;
    let upstream = list[i % list.length] as Upstream;
    if (settings.maxFails > 0 && upstream.failures() > settings.maxFails) {
      if (++down < list.length) continue;
      upstream = list[Math.floor(Math.random() * list.length)] as Upstream;
    }
    let answer: Message;
    try {
      answer = await exchange(upstream, query, settings);
    } catch (error) {
      reason = (error as Error).message;
      if (settings.maxFails > 0) upstream.check();
      attempts++;
      // Every upstream is down by its checks, and so it turned out.
      if (down >= list.length) break;
      continue;
    }
    if (!fits(query, answer)) return answered(replyTo(query.message, { rcode: rcodes.FORMERR }));
    if (settings.failover.includes(answer.rcode) && ++failovers < list.length) continue;
    return answered(answer);
  }
  return failed(rcodes.SERVFAIL, reason);
}

async function exchange(upstream: Upstream, query: Query, { forceTcp, preferUdp }: Settings): Promise<Message> {
  const first: Transport = forceTcp ? 'tcp' : preferUdp ? 'udp' : query.transport;
  const answer = await upstream.exchange(query.message, first);
  return answer.tc && preferUdp && first === 'udp' ? upstream.exchange(query.message, 'tcp') : answer;
}

function fits({ name, message }: Query, answer: Message): boolean {
  const { question } = answer;
  const asked = message.question;
  return (
    answer.qr && question?.name.toLowerCase() === name && question.type === asked.type && question.class === asked.class
  );
}

function createOrder(list: readonly Upstream[], policy: Settings['policy']): () => readonly Upstream[] {
  let turn = 0;
  return () => {
    if (policy === 'sequential') return list;
    if (policy === 'round_robin') {
      const first = ++turn % list.length;
      return [...list.slice(first, first + 1), ...list.slice(0, first), ...list.slice(first + 1)];
    }
    return list
      .map((upstream) => ({ upstream, chance: Math.random() }))
      .sort((a, b) => a.chance - b.chance)
      .map(({ upstream }) => upstream);
  };
}
