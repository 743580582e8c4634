// The alert channels, their wiring and the pager in real workerd: the same tests as on Node.
import '../functions/alerts/channels/channels.test.ts';
import '../functions/alerts/channels/http.test.ts';
import '../functions/alerts/channels/pagerduty/event.test.ts';
import '../functions/entry/wire-channels.test.ts';
import '../functions/tasks/alert/pager.test.ts';
