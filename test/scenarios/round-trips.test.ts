// Whatever one side writes the other can read: the stored record with state and outbox in it, snapshots, and the order of a command.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertActions } from '../../functions/alerts/alert.ts';
import { claim } from '../../functions/alerts/claims.ts';
import { enqueue } from '../../functions/alerts/enqueue.ts';
import { emptyOutbox, type Outbox } from '../../functions/alerts/outbox.ts';
import { parseOutbox } from '../../functions/alerts/outbox-schema.ts';
import { settle } from '../../functions/alerts/settle.ts';
import { conditions, reasons, signals } from '../../functions/decision/health/observation.ts';
import type { ClusterEvent } from '../../functions/decision/machine/event.ts';
import { type ClusterState, initialState } from '../../functions/decision/machine/state.ts';
import { parseState } from '../../functions/decision/machine/state-schema.ts';
import { step } from '../../functions/decision/machine/step.ts';
import { operatorCommands } from '../../functions/model/outage.ts';
import { severities } from '../../functions/model/severity.ts';
import { child } from '../../functions/records/name.ts';
import { buildSnapshot } from '../../functions/snapshot/build.ts';
import { decodeSnapshot, encodeSnapshot } from '../../functions/snapshot/codec.ts';
import { type ClusterRecord, readRecord, updateRecord } from '../../functions/tasks/cluster/record.ts';
import { anyText } from '../fakes/any-text.ts';
import { createFakeCluster, zone } from '../fakes/cluster.ts';
import { dnsA, dnsB, policy, seen, t0 } from '../functions/decision/story.ts';

const vantage = fc.constantFrom('local', 'rack', 'constructor');
const observed: fc.Arbitrary<ClusterEvent> = fc.record({
  kind: fc.constant('observed' as const),
  vantage,
  group: fc.constantFrom('a', 'b'),
  observations: fc.array(
    fc
      .tuple(fc.constantFrom(...signals), fc.constantFrom(...conditions), fc.constantFrom(...reasons), anyText(500))
      .map(([signal, condition, reason, evidence]) =>
        seen(signal, condition, reason, { evidence, observedAt: Number.NaN, server: dnsB }),
      ),
    { maxLength: 5 },
  ),
});
const event: fc.Arbitrary<ClusterEvent> = fc.oneof(
  { weight: 5, arbitrary: observed },
  fc.record({
    kind: fc.constant('operator' as const),
    command: fc.constantFrom(...operatorCommands),
    who: anyText(80),
    why: anyText(500),
  }),
  fc.record({
    kind: fc.constant('vantage-refused' as const),
    vantage: fc.option(vantage),
    refusal: fc.constantFrom('malformed', 'in-part'),
    reason: anyText(300),
    count: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({
    kind: fc.constant('marker-read' as const),
    standby: fc.constant('knot'),
    activation: fc.nat(9),
    freeze: anyText(300),
  }),
  fc.constantFrom({ kind: 'tick' } as const, { kind: 'restarted' } as const),
);

/** What the work that was asked for may come to. */
const outcome = fc.record({ isGood: fc.boolean(), reason: anyText(500) });

function lived(steps: readonly (readonly [ClusterEvent, { readonly isGood: boolean; readonly reason: string }])[]) {
  let state: ClusterState = initialState('prod', t0);
  let now = t0;
  const expected = { ...policy, vantages: ['rack', 'constructor'], dnsServers: [dnsA, dnsB] };
  for (const [given, { isGood, reason }] of steps) {
    now += 2500;
    const dated =
      given.kind === 'observed'
        ? { ...given, observations: given.observations.map((one) => ({ ...one, observedAt: now })) }
        : given;
    const stepped = step(state, dated, expected, now);
    state = stepped.state;
    for (const effect of stepped.effects) {
      const events: readonly ClusterEvent[] =
        effect.kind === 'capture'
          ? [isGood ? { kind: 'captured', effect, snapshot: 1 } : { kind: 'capture-refused', effect, reason }]
          : effect.kind === 'publish'
            ? [
                isGood
                  ? { kind: 'published', effect, heldDeletes: 1, activation: 0 }
                  : { kind: 'publish-failed', effect, status: 'conflict', reason },
              ]
            : [];
      for (const one of events) state = step(state, one, expected, now).state;
    }
  }
  return state;
}

/** The evidence of verdicts is what the vantages saw, and not stored again. */
function withoutEvidence(record: ClusterRecord): ClusterRecord {
  const verdicts = Object.entries(record.machine.verdicts).map(([key, verdict]) => [key, { ...verdict, evidence: [] }]);
  return { ...record, machine: { ...record.machine, verdicts: Object.fromEntries(verdicts) } };
}

// Many runs, on whatever machine.
describe('what is written', { timeout: 60_000 }, () => {
  it('as the state of a machine is read', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(event, outcome), { maxLength: 40 }), (steps) => {
        const state = lived(steps);
        const text = JSON.stringify(state);
        expect(parseState(JSON.parse(text))).toEqual(state);
        expect(text).not.toMatch(/\\ud[89a-f]/);
      }),
      { numRuns: 80 },
    );
  });

  const notice = fc.record({
    dedupKey: fc.constantFrom('prod/a', 'prod/b'),
    cluster: fc.constant('prod'),
    severity: fc.constantFrom(...severities),
    summary: anyText(1100),
    whatIsWrong: anyText(5000),
    since: fc.nat(),
    seenFrom: fc.array(vantage, { maxLength: 40 }),
    whatLifeboatDid: anyText(100),
    whatToRunNext: anyText(100),
    at: fc.nat(),
    repeat: fc.nat(3),
  });
  const claimant = { seat: 'watch', life: 'one' } as const;
  const told = fc.array(fc.tuple(fc.constantFrom(...alertActions), notice, outcome), { maxLength: 20 });
  const outboxOf = (alerts: typeof told extends fc.Arbitrary<infer T> ? T : never): Outbox => {
    let outbox = emptyOutbox;
    for (const [action, fields, { isGood, reason }] of alerts) {
      outbox = enqueue(outbox, action, fields, ['oncall', 'backup'], t0).outbox;
      const claimed = claim(outbox, claimant, () => 60_000, t0);
      outbox = claimed.outbox;
      const [first] = claimed.deliveries;
      const failed = { status: isGood ? 'retry' : 'rejected', reason } as const;
      const result = reason.length % 3 === 0 ? ({ status: 'delivered', memory: reason } as const) : failed;
      if (first !== undefined) outbox = settle(outbox, first.id, claimant, result, t0);
    }
    return outbox;
  };

  it('as an outbox is read', () => {
    fc.assert(
      fc.property(told, (alerts) => {
        const outbox = outboxOf(alerts);
        const text = JSON.stringify(outbox);
        expect(parseOutbox(JSON.parse(text))).toEqual(outbox);
        expect(text).not.toMatch(/\\ud[89a-f]/);
      }),
      { numRuns: 80 },
    );
  });

  it('as the record of a cluster is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(event, outcome), { maxLength: 10 }), told, async (steps, alerts) => {
        const { ports } = createFakeCluster();
        const members = {
          machine: lived(steps),
          outbox: outboxOf(alerts),
          captures: [{ source: 'axfr', at: t0, bytes: 9, requests: 0 }],
        };
        const written = await updateRecord(ports, (record) => ({ ...record, ...members }));
        expect(withoutEvidence((await readRecord(ports)).record)).toEqual(withoutEvidence(written));
      }),
      { numRuns: 30 },
    );
  });

  it('as a snapshot is read', async () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const address = fc.ipV4();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(label, label, address), { maxLength: 20 }), fc.nat(), async (all, number) => {
        const records = all.map(([service, namespace, value]) => ({
          name: child(`${service}.${namespace}.svc`, zone),
          type: 'A' as const,
          ttlSeconds: 30,
          value,
        }));
        const origin = { kind: 'axfr', server: '10.0.0.10:53', signed: true } as const;
        const built = await buildSnapshot({
          cluster: 'prod',
          zone,
          origin,
          freshness: { kind: 'serial', serial: 1 },
          takenAt: t0,
          records,
        });
        const snapshot = { ...built, number };
        expect(await decodeSnapshot(await encodeSnapshot(snapshot))).toEqual(snapshot);
      }),
      { numRuns: 50 },
    );
  });
});
