// Faults that the suite must find: each takes one safeguard out of the product, and names the test files of which one must fail then. The texts
// are those of the sources, exactly once each; `npm run test:mutants` says when one is not found any more. Data only.

export interface Mutant {
  /** What is broken, in a few words. */
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Below test/. */
  readonly tests: readonly string[];
}

const publisher = ['functions/tasks/publish/publish.test.ts', 'functions/providers/publishers.test.ts'];
const pair = ['scenarios/pair.test.ts'];
const fence = ['functions/plan/fence.test.ts'];
const inventory = ['scenarios/inventory.test.ts'];
const marker = ['functions/plan/marker.test.ts'];

export const mutants: readonly Mutant[] = [
  {
    name: 'deletes go out though the cluster went bad on the way',
    file: 'functions/tasks/publish/publish.ts',
    from: 'const why = await request.whyStop(isTaking);',
    to: 'const why = changes.length < 0 ? await request.whyStop(true) : undefined;',
    tests: publisher,
  },
  {
    name: 'nothing is read back',
    file: 'functions/tasks/publish/publish.ts',
    from: 'const difference = batches === 0 ? undefined : await compare(deps, request, plan, marker, rrsets);',
    to: 'const difference = batches === -1 ? await compare(deps, request, plan, marker, rrsets) : undefined;',
    tests: publisher,
  },
  {
    name: 'something is taken away before what was added is served',
    file: 'functions/tasks/publish/publish.ts',
    from: 'if (isTaking) await unsettled.end();',
    to: 'if (isTaking && index < 0) await unsettled.end();',
    tests: publisher,
  },
  {
    name: 'a zone is filled beyond what its host lets it hold',
    file: 'functions/plan/build.ts',
    from: 'const over = overQuota(request.capabilities, tried.changes);',
    to: 'const over = overQuota(request.capabilities, []);',
    tests: ['functions/plan/guards.test.ts'],
  },
  {
    name: 'a marker that was written alone is not read back',
    file: 'functions/tasks/publish/publish.ts',
    from: 'const isThere = there !== undefined && formatMarker(there) === formatMarker(marker);',
    to: 'const isThere = there !== undefined;',
    tests: publisher,
  },
  {
    name: 'the inventory is gone by though the marker has moved',
    file: 'functions/plan/inventory.ts',
    from: "if (there === undefined || there.phase === 'partial' || formatMarker(there) !== formatMarker(marker)) return false;",
    to: "if (there === undefined || there.phase === 'partial' || there.writer !== marker.writer) return false;",
    tests: inventory,
  },
  {
    name: 'a zone is never read whole again',
    file: 'functions/plan/inventory.ts',
    from: 'return readAt <= now && now - readAt < fullReadEveryMs;',
    to: 'return readAt <= now;',
    tests: inventory,
  },
  {
    name: 'half an inventory is believed',
    file: 'functions/tasks/publish/inventory.ts',
    from: 'return (await zoneDigest(zone, rrsets)) === marker.digest ? {',
    to: 'return (await zoneDigest(zone, rrsets)) !== marker.writer ? {',
    tests: inventory,
  },
  {
    name: 'a zone that was found damaged is taken for what its inventory says',
    file: 'functions/decision/machine/publications.ts',
    from: "const read = intent.kind === 'failback' || damageOf(state, id) !== undefined ? 'zone' : 'marker';",
    to: "const read = intent.kind === 'failback' ? 'zone' : 'marker';",
    tests: inventory,
  },
  {
    name: 'the digest in the marker is that of the snapshot',
    file: 'functions/tasks/publish/publish.ts',
    from: 'await zoneDigest(deps.provider.zone, rrsets));',
    to: 'await zoneDigest(deps.provider.zone, request.snapshot.rrsets));',
    tests: inventory,
  },
  {
    name: 'the fence is skipped',
    file: 'functions/tasks/publish/plan-zone.ts',
    from: "if (fence.status === 'ok' || fence.status === 'adopt') return undefined;",
    to: "if (fence.status !== 'foreign') return undefined;",
    tests: publisher,
  },
  {
    name: 'the marker says warm before the last batch',
    file: 'functions/tasks/publish/publish.ts',
    from: "const phase: MarkerPhase = index === batches.length - 1 ? done.phase : 'partial';",
    to: 'const phase: MarkerPhase = done.phase;',
    tests: publisher,
  },
  {
    name: 'a zone without its marker is deleted from at once',
    file: 'functions/tasks/publish/plan-zone.ts',
    from: "clusterHealthy: request.clusterHealthy && fence.status !== 'adopt',",
    to: 'clusterHealthy: request.clusterHealthy,',
    tests: publisher,
  },
  {
    name: 'a lease is not renewed while nothing changes',
    file: 'functions/tasks/publish/publish.ts',
    from: 'saysTheSame(state.marker, done) && !request.renew) {',
    to: 'saysTheSame(state.marker, done)) {',
    tests: [...publisher, ...pair],
  },
  {
    name: 'a second writer with an old marker is let in',
    file: 'functions/providers/zone-state.ts',
    from: 'if (text(marker) !== text(batch.expected)) {',
    to: "if (text(marker) === 'none' && batch.expected !== undefined) {",
    tests: publisher,
  },
  {
    name: 'the marker is not moved by an update',
    file: 'functions/providers/rfc2136/update-message.ts',
    from: 'steps: [replaceMarker, ...changes].flatMap(stepsOf),',
    to: 'steps: (changes.length > 0 ? changes : [replaceMarker]).flatMap(stepsOf),',
    tests: ['functions/providers/rfc2136/rfc2136.test.ts'],
  },
  {
    name: 'an update does not name the marker that it expects',
    file: 'functions/providers/rfc2136/update-message.ts',
    from: 'prerequisites: [markerPrerequisite(zone, expected), ...changes.map(prerequisiteOf)],',
    to: 'prerequisites: changes.map(prerequisiteOf),',
    tests: ['functions/providers/rfc2136/rfc2136.test.ts'],
  },
  {
    name: 'deletes go out first',
    file: 'functions/plan/order.ts',
    from: 'return [...units.put, ...units.shrink, ...units.switch, ...units.delete];',
    to: 'return [...units.delete, ...units.put, ...units.shrink, ...units.switch];',
    tests: ['functions/plan/properties.test.ts', ...publisher],
  },
  {
    name: 'what is held is sent',
    file: 'functions/plan/build.ts',
    from: 'const guard = guards.get(change);',
    to: "const guard = guards.get(change) === 'forgotten' ? 'forgotten' : undefined;",
    tests: ['functions/plan/guards.test.ts', ...publisher],
  },
  {
    name: 'a set shrinks in an outage',
    file: 'functions/plan/holds.ts',
    from: "losses.filter((loss) => loss.kind !== 'replace' || shrinks(loss));",
    to: "losses.filter((loss) => loss.kind !== 'replace');",
    tests: ['functions/plan/guards.test.ts', 'functions/tasks/publish/sequences.test.ts'],
  },
  {
    name: 'what a dead life was sending waits for its lease',
    file: 'functions/alerts/claims.ts',
    from: 'claim !== null && claim.seat === seat && claim.life !== life && !living.has(claim.life);',
    to: "claim !== null && claim.seat === seat && claim.life === '';",
    tests: ['functions/alerts/claims.test.ts', 'functions/alerts/lives.test.ts'],
  },
  {
    name: 'a channel is not told what it remembers',
    file: 'functions/alerts/receipts.ts',
    from: "return receiptOf(outbox, channel, alert.dedupKey)?.memory ?? '';",
    to: "return receiptOf(outbox, channel, '')?.memory ?? '';",
    tests: ['functions/alerts/receipts.test.ts', 'scenarios/toy-channel.test.ts'],
  },
  {
    name: 'the memory of an incident outlives its resolve',
    file: 'functions/alerts/settle.ts',
    from: ': hide(dropReceipt(rest, delivery), delivery);',
    to: ': hide(rest, delivery);',
    tests: ['functions/alerts/receipts.test.ts', 'functions/alerts/lives.test.ts'],
  },
  {
    name: 'a receiver that reminds by itself does not hear that it became critical',
    file: 'functions/alerts/enqueue.ts',
    from: 'receiptOf(outbox, channel, dedupKey)?.severity === alert.severity;',
    to: 'receiptOf(outbox, channel, dedupKey) !== undefined;',
    tests: ['functions/alerts/receipts.test.ts'],
  },
  {
    name: 'who asks the pager again gets no memory',
    file: 'functions/tasks/alert/pager.ts',
    from: 'JSON.stringify(memory === undefined ? { at } : { at, memory })',
    to: 'JSON.stringify(memory === undefined ? { at } : { at })',
    tests: ['functions/tasks/alert/pager.test.ts', 'scenarios/toy-channel.test.ts'],
  },
  {
    name: 'the host of a secret address is shown',
    file: 'functions/alerts/channels/deps.ts',
    from: 'return { url: readChannelUrl(secretOf(deps, url).trim()), shown };',
    to: 'return { url: readChannelUrl(secretOf(deps, url).trim()), shown: redactUrl(secretOf(deps, url)) };',
    tests: ['functions/alerts/channels/channels.test.ts', 'scenarios/toy-channel.test.ts'],
  },
  {
    name: "another cluster's zone is written",
    file: 'functions/plan/fence.ts',
    from: 'if (current.cluster !== null && current.cluster !== self.cluster) return foreign(current, self);',
    to: 'if (current.cluster === self.writer) return foreign(current, self);',
    tests: fence,
  },
  {
    name: "another deployment's zone is written",
    file: 'functions/plan/fence.ts',
    from: 'if (current.writer !== self.writer) return overAnother(current, intent, self, standing);',
    to: 'if (current.writer === self.cluster) return overAnother(current, intent, self, standing);',
    tests: [...fence, ...pair],
  },
  {
    name: 'a lease runs out although the marker has moved',
    file: 'functions/plan/fence.ts',
    from: 'takeOver.writer === writer && takeOver.generation === generation;',
    to: 'takeOver.writer === writer && takeOver.generation <= generation;',
    tests: fence,
  },
  {
    name: 'a frozen zone whose marker was removed is published to',
    file: 'functions/plan/fence.ts',
    from: "if (known === 'freeze' && intent.kind === 'publish') {",
    to: "if (known === 'freeze' && intent.kind === 'activate') {",
    tests: [...fence, ...publisher],
  },
  {
    name: 'the activation in a marker goes back',
    file: 'functions/plan/fence.ts',
    from: 'const activation = Math.max(next.activation, current?.activation ?? 0);',
    to: 'const { activation } = next;',
    tests: fence,
  },
  {
    name: 'the generation runs past what can be read',
    file: 'functions/plan/fence.ts',
    from: 'current.generation >= maxMarkerCount ? 1 :',
    to: 'current.generation > maxMarkerCount ? 1 :',
    tests: marker,
  },
  {
    name: 'a marker is written that cannot be read',
    file: 'functions/plan/marker.ts',
    from: 'if (!pattern.test(text)) {',
    to: 'if (text.length > 4096) {',
    tests: marker,
  },
  {
    name: 'a frozen standby is frozen again and again',
    file: 'functions/decision/machine/publications.ts',
    from: 'if (standby.frozen >= number) return dueAgain(',
    to: 'if (standby.frozen > number) return dueAgain(',
    tests: ['sim/machine.test.ts'],
  },
  {
    name: 'a zone that was frozen by its marker is not read',
    file: 'functions/decision/machine/frozen-zone.ts',
    from: 'return now >= standby.readNextAt &&',
    to: 'return now < 0 &&',
    tests: ['functions/decision/machine/frozen-zone.test.ts', 'scenarios/frozen-zone.test.ts'],
  },
  {
    name: 'a host that has only accepted a freeze is judged at once',
    file: 'functions/decision/machine/settling.ts',
    from: 'return now < settlesUntil;',
    to: 'return now < settlesUntil - 1e12;',
    tests: ['scenarios/slow-host.test.ts'],
  },
  {
    name: 'deletes go out in an outage',
    file: 'functions/decision/machine/selectors.ts',
    from: "if (state.phase !== 'watching' && state.phase !== 'recovering') return false;",
    to: "if (state.phase === 'held') return false;",
    tests: ['sim/machine.test.ts', 'functions/decision/machine/publications.test.ts'],
  },
  {
    name: 'what is stored under a label is forgotten',
    file: 'functions/decision/machine/standby-names.ts',
    from: "(name, label, now) => label === '' && name === now.label,",
    to: '() => false,',
    tests: ['functions/decision/machine/standby-names.test.ts'],
  },
  {
    name: 'a standby has what is known of another that had its name',
    file: 'functions/decision/machine/standby-names.ts',
    from: '(name, label, now) => name === now.id && label === now.label,',
    to: '(name, _label, now) => name === now.id,',
    tests: ['functions/decision/machine/standby-names.test.ts', 'scenarios/standby-order.test.ts'],
  },
  {
    name: 'an open incident is told anew under the id of its standby',
    file: 'functions/decision/incidents/track.ts',
    from: 'keysOf(rule.key, state.standbys)',
    to: '[rule.key]',
    tests: ['functions/decision/incidents/track.test.ts'],
  },
  {
    name: 'what is held back is forgotten with the id of its standby',
    file: 'functions/tasks/publish/holds.ts',
    from: "own(document.labels, id) ?? ''",
    to: "''",
    tests: ['functions/tasks/publish/holds.test.ts'],
  },
];
