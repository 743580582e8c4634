// Deals a hand of queues to a flow: two flows rarely share their whole hand, so that one that floods its queues leaves the other a way. The
// algorithm is that of k8s.io/apiserver pkg/util/shufflesharding; it knows nothing of requests.
import { createHash } from 'node:crypto';

/** More would need more than the 60 bits of the hash that are dealt from. */
export function entropyBits(queues: number, handSize: number): number {
  return Math.ceil(Math.log2(queues) * handSize);
}

export const maxEntropyBits = 60;

/** The same hand for the same flow: `handSize` different numbers below `queues`. */
export function dealHand(flow: string, queues: number, handSize: number): readonly number[] {
  let rest = createHash('sha256').update(flow).digest().readBigUInt64LE() >> 4n;
  const hand: number[] = [];
  for (let i = 0; i < handSize; i++) {
    const left = BigInt(queues - i);
    // The `card`th of the queues that are not dealt yet.
    let card = Number(rest % left);
    for (const dealt of hand.toSorted((a, b) => a - b)) if (card >= dealt) card++;
    hand.push(card);
    rest /= left;
  }
  return hand;
}
