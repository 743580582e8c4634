// The core in real workerd: the same unit tests as on Node, for what decides, plans, keeps and carries out.
import '../functions/alerts/claims.test.ts';
import '../functions/alerts/groups.test.ts';
import '../functions/alerts/lives.test.ts';
import '../functions/alerts/outbox.test.ts';
import '../functions/decision/ladder.test.ts';
import '../functions/decision/outage.test.ts';
import '../functions/decision/recovery.test.ts';
import '../functions/plan/build.test.ts';
import '../functions/plan/fence.test.ts';
import '../functions/snapshot/build.test.ts';
import '../functions/snapshot/codec.test.ts';
import '../functions/snapshot/zone-file.test.ts';
import '../functions/tasks/outage.test.ts';
import '../functions/tasks/hear-vantages.test.ts';
import '../functions/tasks/vantage-wishes.test.ts';
import '../functions/vantage/sign.test.ts';
