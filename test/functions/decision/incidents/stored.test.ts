// Incidents as they are stored: with their facts; those of the version before with what was said of them, and of a later one likewise.
import { describe, expect, it } from 'vitest';
import { noticeOf } from '../../../../functions/alerts/catalogue/notice.ts';
import { rulesOf } from '../../../../functions/decision/incidents/track.ts';
import { parseState } from '../../../../functions/decision/machine/state-schema.ts';
import { type Incident, incidentSchema } from '../../../../functions/model/incident.ts';
import { only, Story } from '../story.ts';

const key = 'prod/activation/1';
const summary = '[prod] still, after 2 h: control-plane outage, activation 1: it is gone';

/** An outage whose incident is stored like this. */
function stored(change: (open: object) => object): Story {
  const story = new Story();
  story.rounds(3);
  story.rounds(6, { api: 'gone' });
  const open = story.state.incidents[key];
  if (open === undefined) throw new Error('an activation is needed');
  const incidents = { ...story.state.incidents, [key]: change(open) };
  story.state = parseState(JSON.parse(JSON.stringify({ ...story.state, incidents })));
  return story;
}

const before = ({ facts, ...open }: { readonly facts?: Incident }) => ({ ...open, summary });
const after = (open: object) => ({ ...open, summary, facts: { kind: 'quake', magnitude: 7 } });

describe.each([
  ['by the version before', before],
  ['by a later one, of a kind that is not known', after],
])('an incident that was stored %s', (_by, change) => {
  it('goes on under its key, with what was said of it', () => {
    const story = stored(change);
    expect(story.state.incidents[key]).toMatchObject({ severity: 'critical', facts: { kind: 'told', summary } });
    story.rounds(3, { api: 'gone' });
    expect(story.open).toContain('activation/1');
  });

  it('is told with its facts again when it is told again', () => {
    const story = stored(change);
    const [again] = only(story.wait(story.policy.remindAfterMs), 'page').filter(
      ({ telling }) => telling.dedupKey === key,
    );
    expect(again?.notice).toMatchObject({
      repeat: 1,
      summary: expect.stringMatching(/^\[prod\] still, after 1 h: control-plane outage, activation 1: the API server/),
    });
    expect(story.state.incidents[key]?.facts.kind).toBe('activation');
  });

  it('is resolved in the words that were said', () => {
    const story = stored(change);
    story.rounds(8);
    story.operator('failback');
    story.rounds(2);
    const last = only(story.all, 'resolve').findLast(({ telling }) => telling.dedupKey === key);
    expect(last?.notice.summary).toMatch(/^resolved after [^:]*: \[prod\] still, after 2 h: control-plane outage/);
  });
});

describe('facts', () => {
  it('of every rule are read back as they were', () => {
    const story = new Story({ vantages: ['rack'] });
    story.rounds(3);
    for (const rule of rulesOf(story.state, story.policy, story.now)) {
      const { facts } = rule.tell();
      expect(incidentSchema.parse(JSON.parse(JSON.stringify(facts))), rule.key).toEqual(facts);
    }
  });

  it('give a resolve the line that was told', () => {
    const story = new Story();
    story.rounds(3);
    story.rounds(4, { a: 'unsynced' });
    const [told] = only(story.all, 'page');
    const [over] = only(story.rounds(8), 'resolve');
    expect(told?.notice.summary).toBe('[prod] CoreDNS 10.0.0.10:53 is down: CoreDNS has no API data (unsynced)');
    expect(over === undefined ? '' : noticeOf(over.telling).summary.replace(/^resolved after [^:]*: /, '')).toBe(
      told?.notice.summary,
    );
  });
});
