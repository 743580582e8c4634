// The alert channels and their wiring in real workerd: the same tests as on Node.
import '../functions/alerts/channels/channels.test.ts';
import '../functions/alerts/channels/http.test.ts';
import '../functions/alerts/channels/pagerduty-event.test.ts';
import '../functions/entry/wire-channels.test.ts';
