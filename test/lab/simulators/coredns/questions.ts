// What a CoreDNS answers about the cluster of cases/objects.ts: one list for the real one and for ours. Every answer was given by CoreDNS
// 1.15.0 with `pods insecure`, `ttl 30`, the two reverse zones and no other zone; none is made up.
import type { Shown } from './cases/ask.ts';
import { longName } from './cases/objects.ts';

/** A question as `name TYPE`, and the whole answer but for the serial. */
export interface Question extends Omit<Shown, 'question'> {
  readonly text: string;
}

/**
 * A line for a question, then a line for each record: `@` is the name asked for, `+` an additional record. `NODATA` and `NXDOMAIN` come with the
 * SOA of the zone as authority, and AA; `REFUSED` comes with nothing.
 */
const table = `
# The zone itself, and the names that only hold others: they exist for every type but TXT.
cluster.local. A = NODATA
cluster.local. AAAA = NODATA
cluster.local. SRV = NODATA
cluster.local. TXT = NXDOMAIN
cluster.local. NS = NODATA
cluster.local. MX = NODATA
cluster.local. SOA
  @ 30 SOA ns.dns.cluster.local. hostmaster.cluster.local. SERIAL 7200 1800 86400 30
CLUSTER.Local. SOA
  @ 30 SOA ns.dns.CLUSTER.Local. hostmaster.CLUSTER.Local. SERIAL 7200 1800 86400 30
svc.cluster.local. A = NODATA
svc.cluster.local. TXT = NXDOMAIN
pod.cluster.local. SRV = NODATA
shop.svc.cluster.local. A = NODATA
shop.svc.cluster.local. TXT = NXDOMAIN
vacant.svc.cluster.local. A = NODATA
shop.pod.cluster.local. A = NODATA
x.cluster.local. A = NXDOMAIN
dns.cluster.local. A = NXDOMAIN
ns.dns.cluster.local. A = NODATA
NS.dns.Cluster.local. A = NXDOMAIN
ns.dns.cluster.local. PTR = NXDOMAIN
dns-version.cluster.local. TXT
  @ 28800 TXT 1.1.0
DNS-Version.Cluster.Local. TXT
  @ 28800 TXT 1.1.0
dns-version.cluster.local. A = NXDOMAIN

# Namespaces that are not there, or no more.
nobody.svc.cluster.local. A = NXDOMAIN
nobody.pod.cluster.local. A = NXDOMAIN
gone.svc.cluster.local. A = NXDOMAIN
orphan.gone.svc.cluster.local. A = NXDOMAIN
10-1-2-3.gone.pod.cluster.local. A = NXDOMAIN

# Services with an address. The case of the question is kept; a missing type is no missing name; SOA is asked in vain.
web.shop.svc.cluster.local. A
  @ 30 A 10.96.1.1
WEB.Shop.svc.CLUSTER.local. A
  @ 30 A 10.96.1.1
web.shop.svc.cluster.local. AAAA = NODATA
web.shop.svc.cluster.local. SRV
  @ 30 SRV 0 33 443 web.shop.svc.cluster.local.
  @ 30 SRV 0 33 53 web.shop.svc.cluster.local.
  @ 30 SRV 0 33 80 web.shop.svc.cluster.local.
  + @ 30 A 10.96.1.1
web.shop.svc.cluster.local. TXT = NODATA
web.shop.svc.cluster.local. CNAME = NODATA
web.shop.svc.cluster.local. PTR = NODATA
web.shop.svc.cluster.local. ANY = NODATA
web.shop.svc.cluster.local. DS = NODATA
web.bank.svc.cluster.local. A
  @ 30 A 10.96.2.1
dual.shop.svc.cluster.local. A
  @ 30 A 10.96.1.2
dual.shop.svc.cluster.local. AAAA
  @ 30 AAAA fd00:10:96::2
dual.shop.svc.cluster.local. SRV
  @ 30 SRV 0 50 80 dual.shop.svc.cluster.local.
  + @ 30 A 10.96.1.2
  + @ 30 AAAA fd00:10:96::2
_http._tcp.dual.shop.svc.cluster.local. SRV
  @ 30 SRV 0 50 80 dual.shop.svc.cluster.local.
  + dual.shop.svc.cluster.local. 30 A 10.96.1.2
  + dual.shop.svc.cluster.local. 30 AAAA fd00:10:96::2
unnamed.shop.svc.cluster.local. A
  @ 30 A 10.96.1.3
unnamed.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 8080 unnamed.shop.svc.cluster.local.
  + @ 30 A 10.96.1.3
node.shop.svc.cluster.local. A
  @ 30 A 10.96.1.4
balanced.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 80 balanced.shop.svc.cluster.local.
  + @ 30 A 10.96.1.5
${longName}.shop.svc.cluster.local. A
  @ 30 A 10.96.1.6
kubernetes.default.svc.cluster.local. SRV
  @ 30 SRV 0 100 443 kubernetes.default.svc.cluster.local.
  + @ 30 A 10.96.0.1
missing.shop.svc.cluster.local. A = NXDOMAIN
missing.shop.svc.cluster.local. SOA = NODATA
missing.shop.svc.cluster.local. NS = NXDOMAIN
missing.shop.svc.cluster.local. TXT = NXDOMAIN

# Ports: with underscores or without, in any case, also for addresses.
_http._tcp.web.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 80 web.shop.svc.cluster.local.
  + web.shop.svc.cluster.local. 30 A 10.96.1.1
_HTTP._Tcp.web.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 80 web.shop.svc.cluster.local.
  + web.shop.svc.cluster.local. 30 A 10.96.1.1
http.tcp.web.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 80 web.shop.svc.cluster.local.
  + web.shop.svc.cluster.local. 30 A 10.96.1.1
_dns._udp.web.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 53 web.shop.svc.cluster.local.
  + web.shop.svc.cluster.local. 30 A 10.96.1.1
_http._tcp.web.shop.svc.cluster.local. A
  @ 30 A 10.96.1.1
_dns._tcp.web.shop.svc.cluster.local. SRV = NXDOMAIN
_nope._tcp.web.shop.svc.cluster.local. SRV = NXDOMAIN
_._tcp.unnamed.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 8080 unnamed.shop.svc.cluster.local.
  + unnamed.shop.svc.cluster.local. 30 A 10.96.1.3
_tcp.web.shop.svc.cluster.local. SRV = NXDOMAIN
a._http._tcp.web.shop.svc.cluster.local. SRV = NXDOMAIN
_http._tcp.10-244-1-1.web.shop.svc.cluster.local. SRV = NXDOMAIN

# Endpoints have names also under a Service with an address; nothing matches by pattern.
10-244-1-1.web.shop.svc.cluster.local. A
  @ 30 A 10.244.1.1
10-244-1-1.web.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 80 10-244-1-1.web.shop.svc.cluster.local.
  + @ 30 A 10.244.1.1
Mirrored.web.shop.svc.cluster.local. A
  @ 30 A 10.244.1.3
10-244-1-2.web.shop.svc.cluster.local. A = NXDOMAIN
10-244-1-3.web.shop.svc.cluster.local. A = NXDOMAIN
*.shop.svc.cluster.local. A = NXDOMAIN
any.shop.svc.cluster.local. A = NXDOMAIN

# Headless Services: addresses of every slice, once each; weights of a hundred shared by all, doubles too.
db.shop.svc.cluster.local. A
  @ 30 A 10.244.2.1
  @ 30 A 10.244.2.2
  @ 30 A 10.244.2.3
  @ 30 A 10.244.2.5
db.shop.svc.cluster.local. AAAA
  @ 30 AAAA fd00:1::
  @ 30 AAAA fd00:1::5
_pg._tcp.db.shop.svc.cluster.local. SRV
  @ 30 SRV 0 14 5432 10-244-2-3.db.shop.svc.cluster.local.
  @ 30 SRV 0 14 5432 10-244-2-5.db.shop.svc.cluster.local.
  @ 30 SRV 0 14 5432 db-0.db.shop.svc.cluster.local.
  @ 30 SRV 0 14 5432 db-1.db.shop.svc.cluster.local.
  @ 30 SRV 0 14 5432 fd00-1--0.db.shop.svc.cluster.local.
  @ 30 SRV 0 14 5432 fd00-1--5.db.shop.svc.cluster.local.
  + 10-244-2-3.db.shop.svc.cluster.local. 30 A 10.244.2.3
  + 10-244-2-5.db.shop.svc.cluster.local. 30 A 10.244.2.5
  + db-0.db.shop.svc.cluster.local. 30 A 10.244.2.1
  + db-1.db.shop.svc.cluster.local. 30 A 10.244.2.2
  + fd00-1--0.db.shop.svc.cluster.local. 30 AAAA fd00:1::
  + fd00-1--5.db.shop.svc.cluster.local. 30 AAAA fd00:1::5
db-0.db.shop.svc.cluster.local. A
  @ 30 A 10.244.2.1
DB-1.Db.shop.svc.cluster.local. A
  @ 30 A 10.244.2.2
10-244-2-3.db.shop.svc.cluster.local. A
  @ 30 A 10.244.2.3
10-244-2-4.db.shop.svc.cluster.local. A = NXDOMAIN
10-244-2-1.db.shop.svc.cluster.local. A = NXDOMAIN
fd00-1--0.db.shop.svc.cluster.local. AAAA
  @ 30 AAAA fd00:1::
fd00-1--.db.shop.svc.cluster.local. AAAA = NXDOMAIN
fd00-1--5.db.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 5432 fd00-1--5.db.shop.svc.cluster.local.
  + @ 30 AAAA fd00:1::5
_http._tcp.db.shop.svc.cluster.local. SRV = NXDOMAIN

# One hostname for two endpoints, no ports, a port without a name, none ready, no slice, not known whether ready, a name for an address.
twins.shop.svc.cluster.local. A
  @ 30 A 10.244.4.1
  @ 30 A 10.244.4.2
twin.twins.shop.svc.cluster.local. A
  @ 30 A 10.244.4.1
  @ 30 A 10.244.4.2
_http._tcp.twins.shop.svc.cluster.local. SRV
  @ 30 SRV 0 50 80 twin.twins.shop.svc.cluster.local.
  + twin.twins.shop.svc.cluster.local. 30 A 10.244.4.1
  + twin.twins.shop.svc.cluster.local. 30 A 10.244.4.2
twins.shop.svc.cluster.local. SRV
  @ 30 SRV 0 25 443 twin.twins.shop.svc.cluster.local.
  @ 30 SRV 0 25 80 twin.twins.shop.svc.cluster.local.
  + twin.twins.shop.svc.cluster.local. 30 A 10.244.4.1
  + twin.twins.shop.svc.cluster.local. 30 A 10.244.4.2
bare.shop.svc.cluster.local. A
  @ 30 A 10.244.3.1
bare.shop.svc.cluster.local. SRV = NODATA
10-244-3-1.bare.shop.svc.cluster.local. A
  @ 30 A 10.244.3.1
plain.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 9000 10-244-3-2.plain.shop.svc.cluster.local.
  + 10-244-3-2.plain.shop.svc.cluster.local. 30 A 10.244.3.2
_._tcp.plain.shop.svc.cluster.local. SRV
  @ 30 SRV 0 100 9000 10-244-3-2.plain.shop.svc.cluster.local.
  + 10-244-3-2.plain.shop.svc.cluster.local. 30 A 10.244.3.2
idle.shop.svc.cluster.local. A = NXDOMAIN
unseen.shop.svc.cluster.local. A = NXDOMAIN
unsure.shop.svc.cluster.local. A
  @ 30 A 10.244.3.4
named.shop.svc.cluster.local. A
  @ 30 CNAME one.example.com.
  @ 30 CNAME one.example.com.
named.shop.svc.cluster.local. CNAME
  @ 30 CNAME one.example.com.
named.shop.svc.cluster.local. SRV = NODATA

# ExternalName: followed within the zone, asked of the server itself elsewhere, which has no such zone here.
to-web.shop.svc.cluster.local. A
  @ 30 CNAME web.shop.svc.cluster.local.
  web.shop.svc.cluster.local. 30 A 10.96.1.1
to-web.shop.svc.cluster.local. CNAME
  @ 30 CNAME web.shop.svc.cluster.local.
to-web.shop.svc.cluster.local. SRV = NODATA
to-web.shop.svc.cluster.local. TXT = NODATA
to-web.shop.svc.cluster.local. AAAA = NODATA
to-alias.shop.svc.cluster.local. A
  @ 30 CNAME to-web.shop.svc.cluster.local.
  to-web.shop.svc.cluster.local. 30 CNAME web.shop.svc.cluster.local.
  web.shop.svc.cluster.local. 30 A 10.96.1.1
To-Db.shop.svc.cluster.local. A
  @ 30 CNAME db.shop.svc.cluster.local.
  db.shop.svc.cluster.local. 30 A 10.244.2.1
  db.shop.svc.cluster.local. 30 A 10.244.2.2
  db.shop.svc.cluster.local. 30 A 10.244.2.3
  db.shop.svc.cluster.local. 30 A 10.244.2.5
to-dual.shop.svc.cluster.local. AAAA
  dual.shop.svc.cluster.local. 30 AAAA fd00:10:96::2
  @ 30 CNAME dual.shop.svc.cluster.local.
outside.shop.svc.cluster.local. A
  @ 30 CNAME www.example.com.
dotted.shop.svc.cluster.local. A
  @ 30 CNAME www.example.com.
dotted.shop.svc.cluster.local. CNAME
  @ 30 CNAME www.example.com.
literal.shop.svc.cluster.local. A = NXDOMAIN
selfish.shop.svc.cluster.local. A = NODATA
selfish.shop.svc.cluster.local. CNAME
  @ 30 CNAME selfish.shop.svc.cluster.local.
ping.shop.svc.cluster.local. A = NODATA
nowhere.shop.svc.cluster.local. A = NODATA
below.shop.svc.cluster.local. A = NODATA
x.below.shop.svc.cluster.local. A = NXDOMAIN
elsewhere.shop.svc.cluster.local. A
  @ 30 CNAME 5.5.244.10.in-addr.arpa.
_http._tcp.to-web.shop.svc.cluster.local. SRV = NXDOMAIN

# Pods, insecure: whatever address the label spells.
10-1-2-3.shop.pod.cluster.local. A
  @ 30 A 10.1.2.3
10-1-2-3.shop.pod.cluster.local. AAAA = NODATA
10-1-2-3.shop.pod.cluster.local. TXT = NODATA
10-1-2-3.shop.pod.cluster.local. SRV
  @ 30 SRV 0 100 0 10-1-2-3.shop.pod.cluster.local.
  + @ 30 A 10.1.2.3
fd00--1.Shop.pod.cluster.local. AAAA
  @ 30 AAAA fd00::1
--1.shop.pod.cluster.local. AAAA
  @ 30 AAAA ::1
x.10-1-2-3.shop.pod.cluster.local. A
  @ 30 A 10.1.2.3
a.b.10-1-2-3.shop.pod.cluster.local. A
  @ 30 A 10.1.2.3
a.b.c.10-1-2-3.shop.pod.cluster.local. A = NXDOMAIN
10-1-2.shop.pod.cluster.local. A = NXDOMAIN
10-1-2-300.shop.pod.cluster.local. A = NXDOMAIN
010-1-2-3.shop.pod.cluster.local. A = NXDOMAIN

# Addresses to names: the first Service with the address, or else every endpoint with it.
1.1.96.10.in-addr.arpa. PTR
  @ 30 PTR web.shop.svc.cluster.local.
1.1.96.10.In-Addr.ARPA. PTR
  @ 30 PTR web.shop.svc.cluster.local.
2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa. PTR
  @ 30 PTR dual.shop.svc.cluster.local.
1.2.244.10.in-addr.arpa. PTR
  @ 30 PTR db-0.db.shop.svc.cluster.local.
1.4.244.10.in-addr.arpa. PTR
  @ 30 PTR twin.twins.shop.svc.cluster.local.
5.5.244.10.in-addr.arpa. PTR
  @ 30 PTR 10-244-5-5.shared-b.shop.svc.cluster.local.
  @ 30 PTR host.shared-a.shop.svc.cluster.local.
1.1.244.10.in-addr.arpa. PTR
  @ 30 PTR 10-244-1-1.web.shop.svc.cluster.local.
5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa. PTR
  @ 30 PTR fd00-1--5.db.shop.svc.cluster.local.
4.2.244.10.in-addr.arpa. PTR = NXDOMAIN
1.96.10.in-addr.arpa. PTR = NXDOMAIN
x.1.1.96.10.in-addr.arpa. PTR = NXDOMAIN
1.1.96.10.in-addr.arpa. A = NXDOMAIN
1.1.96.10.in-addr.arpa. TXT = NXDOMAIN
in-addr.arpa. SOA
  @ 30 SOA ns.dns.in-addr.arpa. hostmaster.in-addr.arpa. SERIAL 7200 1800 86400 30
ip6.arpa. A = NODATA
svc.in-addr.arpa. A = NODATA
web.shop.svc.in-addr.arpa. A = NXDOMAIN

# Not of this server, and transfers without a connection.
example.com. A = REFUSED
local. SOA = REFUSED
. NS = REFUSED
cluster.local. AXFR = REFUSED
cluster.local. IXFR = REFUSED
web.shop.svc.cluster.local. AXFR = REFUSED
`;

export const questions: readonly Question[] = table
  .split(/\n(?=\S)/)
  .filter((entry) => !entry.startsWith('#') && entry.trim() !== '')
  .map(readEntry);

function readEntry(entry: string): Question {
  const [head = '', ...lines] = entry.trim().split(/\n\s*/);
  const [text = '', denial] = head.split(' = ');
  const name = text.split(' ')[0] ?? '';
  const records = lines.map((line) => line.replace('@', () => name)).sort();
  const isRefused = denial === 'REFUSED';
  return {
    text,
    rcode: denial === undefined || denial === 'NODATA' ? 'NOERROR' : denial,
    flags: isRefused ? 'rd' : 'aa rd',
    answers: records.filter((line) => !line.startsWith('+ ')),
    authorities: denial === undefined || isRefused ? [] : [soaLine(name)],
    additionals: records.filter((line) => line.startsWith('+ ')).map((line) => line.slice(2)),
  };
}

/** In the case of the question. */
function soaLine(name: string): string {
  const zone = /(cluster\.local|in-addr\.arpa|ip6\.arpa)\.$/i.exec(name)?.[0] ?? name;
  return `${zone} 30 SOA ns.dns.${zone} hostmaster.${zone} SERIAL 7200 1800 86400 30`;
}

/** The answer with the word SERIAL for every serial: it is the moment of the last change that a replica saw. */
export function withoutSerials(shown: Shown): Omit<Shown, 'question'> {
  const hide = (lines: readonly string[]): readonly string[] =>
    lines.map((line) => line.replace(/( SOA \S+ \S+) \d+ /, '$1 SERIAL ')).sort();
  const { rcode, flags, answers, authorities, additionals } = shown;
  return { rcode, flags, answers: hide(answers), authorities: hide(authorities), additionals: hide(additionals) };
}
