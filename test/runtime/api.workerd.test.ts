// The API in real workerd: the same tests as on Node.
import '../functions/api/clusters.test.ts';
import '../functions/api/metrics.test.ts';
import '../functions/api/no-token.test.ts';
import '../functions/api/orders.test.ts';
import '../functions/api/reports.test.ts';
import '../functions/api/sessions.test.ts';
import '../functions/api/tokens.test.ts';
