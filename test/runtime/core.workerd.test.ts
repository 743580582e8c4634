// The core in real workerd: the same unit tests as on Node, for what decides, plans, keeps and carries out.
import '../functions/alerts/claims.test.ts';
import '../functions/alerts/groups.test.ts';
import '../functions/alerts/lives.test.ts';
import '../functions/alerts/outbox.test.ts';
import '../functions/decision/health/ladder.test.ts';
import '../functions/decision/machine/outage.test.ts';
import '../functions/decision/machine/recovery.test.ts';
import '../functions/plan/build.test.ts';
import '../functions/plan/fence.test.ts';
import '../functions/snapshot/build.test.ts';
import '../functions/snapshot/codec.test.ts';
import '../functions/snapshot/zone-file.test.ts';
import '../scenarios/outage.test.ts';
import '../functions/vantage/receiver/receive.test.ts';
import '../functions/vantage/receiver/capture-requests.test.ts';
import '../functions/vantage/protocol/sign.test.ts';
