// The `errors` and `log` plugins: a line for each failed query, and for each query.
import { typeText } from '../../dns/codes.ts';
import { expectArgs, expectNoBlock } from '../arguments.ts';
import type { Directive } from '../corefile.ts';
import type { Plugin } from '../plugin.ts';

export function readErrors(directive: Directive): Plugin {
  expectArgs(directive, 0);
  expectNoBlock(directive);
  return async (query, next) => {
    const reply = await next(query);
    if (reply.status === 'failed' && reply.reason !== undefined) {
      console.error(
        `[ERROR] plugin/errors: ${reply.rcode} ${query.name} ${typeText(query.message.question.type)}: ${reply.reason}`,
      );
    }
    return reply;
  };
}

export function readLog(directive: Directive): Plugin {
  expectArgs(directive, 0);
  expectNoBlock(directive);
  return async (query, next) => {
    const startedAt = performance.now();
    const reply = await next(query);
    const rcode = reply.status === 'failed' ? reply.rcode : (reply.messages[0]?.rcode ?? 'dropped');
    const { id, question } = query.message;
    const tookMs = (performance.now() - startedAt).toFixed(3);
    console.log(
      `[INFO] ${query.client} - ${id} "${typeText(question.type)} ${query.name} ${query.transport}" ${rcode} ${tookMs} ms`,
    );
    return reply;
  };
}
