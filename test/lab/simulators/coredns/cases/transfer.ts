// What a transfer of `cluster.local` holds for the cluster of objects.ts between its two SOA records, as CoreDNS 1.15.0 sent it. Not
// what questions are answered: other weights, no names of endpoints of Services with an address, doubles left in.
import { longName } from './objects.ts';

/** Sorted. */
export const transferRecords: readonly string[] = `
10-244-2-3.db.shop.svc.cluster.local. 30 A 10.244.2.3
10-244-2-5.db.shop.svc.cluster.local. 30 A 10.244.2.5
10-244-3-1.bare.shop.svc.cluster.local. 30 A 10.244.3.1
10-244-3-2.plain.shop.svc.cluster.local. 30 A 10.244.3.2
10-244-3-4.unsure.shop.svc.cluster.local. 30 A 10.244.3.4
10-244-5-5.shared-b.shop.svc.cluster.local. 30 A 10.244.5.5
10-96-1-1.shared-b.shop.svc.cluster.local. 30 A 10.96.1.1
_dns._udp.web.shop.svc.cluster.local. 30 SRV 0 100 53 web.shop.svc.cluster.local.
_http._tcp.balanced.shop.svc.cluster.local. 30 SRV 0 100 80 balanced.shop.svc.cluster.local.
_http._tcp.dual.shop.svc.cluster.local. 30 SRV 0 100 80 dual.shop.svc.cluster.local.
_http._tcp.${longName}.shop.svc.cluster.local. 30 SRV 0 100 80 ${longName}.shop.svc.cluster.local.
_http._tcp.named.shop.svc.cluster.local. 30 SRV 0 100 80 .
_http._tcp.node.shop.svc.cluster.local. 30 SRV 0 100 80 node.shop.svc.cluster.local.
_http._tcp.shared-a.shop.svc.cluster.local. 30 SRV 0 100 80 host.shared-a.shop.svc.cluster.local.
_http._tcp.shared-b.shop.svc.cluster.local. 30 SRV 0 50 80 10-244-5-5.shared-b.shop.svc.cluster.local.
_http._tcp.shared-b.shop.svc.cluster.local. 30 SRV 0 50 80 10-96-1-1.shared-b.shop.svc.cluster.local.
_http._tcp.twins.shop.svc.cluster.local. 30 SRV 0 50 80 twin.twins.shop.svc.cluster.local.
_http._tcp.twins.shop.svc.cluster.local. 30 SRV 0 50 80 twin.twins.shop.svc.cluster.local.
_http._tcp.unsure.shop.svc.cluster.local. 30 SRV 0 100 80 10-244-3-4.unsure.shop.svc.cluster.local.
_http._tcp.web.bank.svc.cluster.local. 30 SRV 0 100 80 web.bank.svc.cluster.local.
_http._tcp.web.shop.svc.cluster.local. 30 SRV 0 100 80 web.shop.svc.cluster.local.
_https._tcp.kubernetes.default.svc.cluster.local. 30 SRV 0 100 443 kubernetes.default.svc.cluster.local.
_https._tcp.named.shop.svc.cluster.local. 30 SRV 0 100 443 .
_https._tcp.twins.shop.svc.cluster.local. 30 SRV 0 50 443 twin.twins.shop.svc.cluster.local.
_https._tcp.twins.shop.svc.cluster.local. 30 SRV 0 50 443 twin.twins.shop.svc.cluster.local.
_https._tcp.web.shop.svc.cluster.local. 30 SRV 0 100 443 web.shop.svc.cluster.local.
_pg._tcp.db.shop.svc.cluster.local. 30 SRV 0 33 5432 10-244-2-3.db.shop.svc.cluster.local.
_pg._tcp.db.shop.svc.cluster.local. 30 SRV 0 33 5432 db-0.db.shop.svc.cluster.local.
_pg._tcp.db.shop.svc.cluster.local. 30 SRV 0 33 5432 db-1.db.shop.svc.cluster.local.
_pg._tcp.db.shop.svc.cluster.local. 30 SRV 0 50 5432 10-244-2-5.db.shop.svc.cluster.local.
_pg._tcp.db.shop.svc.cluster.local. 30 SRV 0 50 5432 db-0.db.shop.svc.cluster.local.
_pg._tcp.db.shop.svc.cluster.local. 30 SRV 0 50 5432 fd00-1--0.db.shop.svc.cluster.local.
_pg._tcp.db.shop.svc.cluster.local. 30 SRV 0 50 5432 fd00-1--5.db.shop.svc.cluster.local.
balanced.shop.svc.cluster.local. 30 A 10.96.1.5
balanced.shop.svc.cluster.local. 30 SRV 0 100 80 balanced.shop.svc.cluster.local.
bare.shop.svc.cluster.local. 30 A 10.244.3.1
below.shop.svc.cluster.local. 30 CNAME x.below.shop.svc.cluster.local.
db-0.db.shop.svc.cluster.local. 30 A 10.244.2.1
db-0.db.shop.svc.cluster.local. 30 A 10.244.2.1
db-1.db.shop.svc.cluster.local. 30 A 10.244.2.2
db.shop.svc.cluster.local. 30 A 10.244.2.1
db.shop.svc.cluster.local. 30 A 10.244.2.1
db.shop.svc.cluster.local. 30 A 10.244.2.2
db.shop.svc.cluster.local. 30 A 10.244.2.3
db.shop.svc.cluster.local. 30 A 10.244.2.5
db.shop.svc.cluster.local. 30 AAAA fd00:1::
db.shop.svc.cluster.local. 30 AAAA fd00:1::5
dotted.shop.svc.cluster.local. 30 CNAME www.example.com.
dual.shop.svc.cluster.local. 30 A 10.96.1.2
dual.shop.svc.cluster.local. 30 AAAA fd00:10:96::2
dual.shop.svc.cluster.local. 30 SRV 0 100 80 dual.shop.svc.cluster.local.
elsewhere.shop.svc.cluster.local. 30 CNAME 5.5.244.10.in-addr.arpa.
fd00-1--0.db.shop.svc.cluster.local. 30 AAAA fd00:1::
fd00-1--5.db.shop.svc.cluster.local. 30 AAAA fd00:1::5
host.shared-a.shop.svc.cluster.local. 30 A 10.244.5.5
kubernetes.default.svc.cluster.local. 30 A 10.96.0.1
kubernetes.default.svc.cluster.local. 30 SRV 0 100 443 kubernetes.default.svc.cluster.local.
${longName}.shop.svc.cluster.local. 30 A 10.96.1.6
${longName}.shop.svc.cluster.local. 30 SRV 0 100 80 ${longName}.shop.svc.cluster.local.
node.shop.svc.cluster.local. 30 A 10.96.1.4
node.shop.svc.cluster.local. 30 SRV 0 100 80 node.shop.svc.cluster.local.
nowhere.shop.svc.cluster.local. 30 CNAME missing.shop.svc.cluster.local.
outside.shop.svc.cluster.local. 30 CNAME www.example.com.
ping.shop.svc.cluster.local. 30 CNAME pong.shop.svc.cluster.local.
plain.shop.svc.cluster.local. 30 A 10.244.3.2
pong.shop.svc.cluster.local. 30 CNAME ping.shop.svc.cluster.local.
selfish.shop.svc.cluster.local. 30 CNAME selfish.shop.svc.cluster.local.
shared-a.shop.svc.cluster.local. 30 A 10.244.5.5
shared-b.shop.svc.cluster.local. 30 A 10.244.5.5
shared-b.shop.svc.cluster.local. 30 A 10.96.1.1
to-alias.shop.svc.cluster.local. 30 CNAME to-web.shop.svc.cluster.local.
to-db.shop.svc.cluster.local. 30 CNAME db.shop.svc.cluster.local.
to-dual.shop.svc.cluster.local. 30 CNAME dual.shop.svc.cluster.local.
to-web.shop.svc.cluster.local. 30 CNAME web.shop.svc.cluster.local.
twin.twins.shop.svc.cluster.local. 30 A 10.244.4.1
twin.twins.shop.svc.cluster.local. 30 A 10.244.4.2
twins.shop.svc.cluster.local. 30 A 10.244.4.1
twins.shop.svc.cluster.local. 30 A 10.244.4.2
unnamed.shop.svc.cluster.local. 30 A 10.96.1.3
unnamed.shop.svc.cluster.local. 30 SRV 0 100 8080 unnamed.shop.svc.cluster.local.
unsure.shop.svc.cluster.local. 30 A 10.244.3.4
web.bank.svc.cluster.local. 30 A 10.96.2.1
web.bank.svc.cluster.local. 30 SRV 0 100 80 web.bank.svc.cluster.local.
web.shop.svc.cluster.local. 30 A 10.96.1.1
web.shop.svc.cluster.local. 30 SRV 0 100 443 web.shop.svc.cluster.local.
web.shop.svc.cluster.local. 30 SRV 0 100 53 web.shop.svc.cluster.local.
web.shop.svc.cluster.local. 30 SRV 0 100 80 web.shop.svc.cluster.local.
`
  .trim()
  .split('\n');
