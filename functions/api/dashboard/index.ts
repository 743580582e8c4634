// The page's routes. There is no page yet.
import { Hono } from 'hono';
import type { ApiDeps, ApiEnv } from '../context.ts';

export function dashboardRoutes(_deps: ApiDeps): Hono<ApiEnv> {
  return new Hono<ApiEnv>();
}
