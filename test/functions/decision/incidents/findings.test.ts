// What is wrong now, for whoever looks: by the rules that page, and before they do.
import { describe, expect, it } from 'vitest';
import { said } from '../../../../functions/alerts/catalogue/index.ts';
import { findingsOf } from '../../../../functions/decision/incidents/findings.ts';
import { parseState } from '../../../../functions/decision/machine/state-schema.ts';
import { dnsA, only, Story } from '../story.ts';

const found = ({ state, policy, now }: Story) => findingsOf(state, policy, now);
const inWords = (story: Story) =>
  found(story).map(({ facts, severity, isOpen }) => `${facts.kind} ${severity} ${isOpen ? 'open' : 'seen'}`);

function peace(): Story {
  const story = new Story();
  story.standby = 'healthy';
  story.rounds(8);
  return story;
}

describe('what is found', () => {
  it('is nothing in peace', () => {
    expect(found(peace())).toEqual([]);
  });

  it('is seen from the first bad round on, and open when it is told', () => {
    const story = peace();
    story.rounds(1, { a: 'unsynced' });
    expect(inWords(story)).toEqual(['dns warning seen']);
    expect(only(story.all, 'page')).toEqual([]);
    story.rounds(2, { a: 'unsynced' });
    expect(inWords(story)).toEqual(['dns warning open']);
    expect(found(story)[0]).toMatchObject({
      dedupKey: `prod/dns/${dnsA}`,
      since: only(story.all, 'page')[0]?.notice.since,
    });
  });

  it('goes on until it is closed, with its facts of now', () => {
    const story = peace();
    story.rounds(4, { a: 'unsynced' });
    story.rounds(2);
    const [one] = found(story);
    expect(one).toMatchObject({ isOpen: true, facts: { kind: 'dns', isHealthy: true } });
    const { headline } = said(one?.facts ?? { kind: 'test' }, { cluster: 'prod', at: story.now });
    expect(headline).toBe(`CoreDNS ${dnsA} is healthy again, not for long yet`);
    story.rounds(6);
    expect(found(story)).toEqual([]);
  });

  it('has the severity that it was told with', () => {
    const story = peace();
    story.rounds(4, { standby: 'timeout' });
    expect(inWords(story)).toEqual(['standby-degraded warning open']);
  });

  it('is told of a hold as soon as the cluster is down', () => {
    const story = peace();
    story.operator('hold');
    expect(inWords(story)).toEqual(['hold-forgotten warning seen']);
    story.rounds(1, { api: 'gone' });
    expect(inWords(story)).toEqual(['hold-forgotten warning seen', 'outage-in-hold critical seen']);
    story.rounds(3, { api: 'gone' });
    expect(inWords(story)).toContain('outage-in-hold critical open');
  });

  it('is what was said where no rule knows the incident', () => {
    const story = peace();
    const open = { openedAt: story.now, pagedAt: story.now, repeat: 0, severity: 'info', summary: '[prod] news' };
    const state = parseState(JSON.parse(JSON.stringify({ ...story.state, incidents: { 'prod/what': open } })));
    expect(findingsOf(state, story.policy, story.now)).toEqual([
      {
        ...{ dedupKey: 'prod/what', severity: 'info', since: story.now, seenFrom: [], isOpen: true },
        facts: { kind: 'told', summary: '[prod] news' },
      },
    ]);
  });

  it('of an outage of DNS is seen from where the replicas are seen', () => {
    const story = peace();
    const gone = { a: 'gone', b: 'gone' } as const;
    story.rounds(6, gone, 'edge');
    const activation = found(story).find(({ facts }) => facts.kind === 'activation');
    expect(activation?.seenFrom).toEqual(story.state.verdicts[`dns ${dnsA}`]?.seenFrom);
    expect(activation?.seenFrom.length).toBeGreaterThan(0);
  });
});
