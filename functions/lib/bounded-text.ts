// Reads the body of a request or an answer as UTF-8 text, within a limit: what is longer is given up while it comes in. No domain words.

export interface BoundedText {
  /** What came within the limit. */
  readonly text: string;
  /** That was all of it. */
  readonly isWhole: boolean;
}

/**
 * `as-it-came`: for what a signature may stand over; what is not UTF-8 is a TypeError. `readable`: what is not UTF-8 is shown as such. Rejects with
 * what the stream rejects with.
 */
export async function readBoundedText(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  how: 'as-it-came' | 'readable' = 'readable',
): Promise<BoundedText> {
  const decoder = new TextDecoder('utf-8', { fatal: how === 'as-it-came', ignoreBOM: how === 'as-it-came' });
  const reader = body?.getReader();
  const parts: string[] = [];
  let room = maxBytes;
  for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) {
    parts.push(decoder.decode(next.value.subarray(0, room), { stream: true }));
    room -= next.value.length;
    if (room >= 0) continue;
    await reader?.cancel().catch(() => {});
    return { text: parts.join(''), isWhole: false };
  }
  parts.push(decoder.decode());
  return { text: parts.join(''), isWhole: true };
}
