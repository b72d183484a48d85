// SPDX-License-Identifier: GPL-2.0
/*
 * One connection at a host of Linux's own TCP and one at a host of KITE's are taken through the
 * same steps: segments of a peer's, most of them such as no honest one would say, and calls. After
 * each the two must have said the same on the wire, and must tell their programs the same. Where
 * KITE differs on purpose is said below, and in docs/MIRROR.md.
 *
 * No timer has a part in it: both are patient, and acknowledge at once. One that fires all the same
 * does not do so in each of several attempts.
 *
 * The environment says how many segments (KITE_FUZZ_COUNT) and which (KITE_FUZZ_SEED); a seed that
 * is 0 is drawn anew. KITE_FUZZ_TARGET is the one connection to be looked at, and every step of it
 * is shown. Steps that make a difference are left out one by one, until each is needed.
 * time limit: 300 s
 */
#include "tcp_same.h"

#include "tap.h"

#include <linux/sockios.h>

#define ACTIVE_PORT	7001	/* the host's, of connections that it opens itself */
#define STEPS		64	/* at one connection; */
#define STEPS_DEBUG	24	/* no more than a slow kernel takes before a timer is due */
#define STEPS_MAX	(STEPS + 16)
#define HEARD_MAX	24
#define MSS_LEAST	536
#define TIMEOUT_LEAST	1000	/* without a round trip's time, milliseconds */
#define ATTEMPTS	4
#define DIFFERING	30	/* connections until it is enough */
#define MANY		60000	/* ports of ours */

/*
 * struct host - one of the two
 * @w: where it is
 * @tap: the wire
 * @family: of its sockets
 * @listener: it
 * @table: /proc/net/tcp
 * @fd: the socket of the connection, or -1
 * @port: its own
 * @isn: its initial number
 * @clock: its last timestamp
 * @again: segments that it had sent again before the program took the connection
 */
struct host {
	struct wire w;
	struct tap tap;
	int family;
	int listener;
	int table;
	int fd;
	uint16_t port;
	uint32_t isn;
	uint32_t clock;
	unsigned int again;
};

/* A segment of the host's; every number is relative. */
struct heard {
	unsigned int flags;
	int32_t seq;
	int32_t ack;
	unsigned int urgent;
	unsigned int len;
	uint32_t sum;
	unsigned int mss;
	unsigned int wscale;
	unsigned int sack_ok;
	bool has_ts;
	uint32_t tsecr;
	unsigned int n_blocks;
	int32_t blocks[8];
};

/*
 * struct outcome - what came of a step
 * @result: of the call
 * @failed: its errno
 * @sum: of the data that it read
 * @n: segments of the host
 * @heard: they
 * @state: as the socket tells
 * @on_wire: the same, but where that is over or there is none, as /proc/net/tcp tells
 * @events: poll()'s
 * @inq: to be read
 * @outq: not acknowledged
 * @unsent: of those
 * @mark: SIOCATMARK
 * @unacked: whether anything is
 * @sacked: whether anything is reported
 * @mss: of what the host sends
 * @options: that were agreed on
 * @again: segments that were sent again
 * @window: that we offer
 * @acked: octets, by us
 * @received: octets
 * @ooo: segments beyond gaps
 * @data_in: segments with data
 */
struct outcome {
	long result;
	int failed;
	uint32_t sum;
	unsigned int n;
	struct heard heard[HEARD_MAX];
	unsigned int state;
	unsigned int on_wire;
	int events;
	int inq;
	int outq;
	int unsent;
	int mark;
	unsigned int unacked;
	unsigned int sacked;
	unsigned int mss;
	unsigned int options;
	unsigned int again;
	unsigned int window;
	unsigned int acked;
	unsigned int received;
	unsigned int ooo;
	unsigned int data_in;
};

/* Not compared: where the hosts' windows end. */
static int32_t edges[2];
static uint16_t our_port;
static bool shown;

/* --- hosts -------------------------------------------------------------- */

static int host_make(struct host *h, int family)
{
	static const char route[] = "ip route change 10.1.0.0/24 dev t0 proto kernel scope link "
		"src " TAP_HOST " quickack 1 rto_min 15s initcwnd 100 window 20000";
	static const struct {
		const char *name;
		const char *value;
	} settings[] = {
		{ "tcp_invalid_ratelimit", "0" }, { "tcp_challenge_ack_limit", "1000000000" },
		{ "tcp_max_syn_backlog", "100000" }, { "tcp_early_retrans", "0" },
		{ "tcp_recovery", "0" }, { "tcp_autocorking", "0" }, { "tcp_ecn", "0" },
	};
	char path[100];
	unsigned int i;

	h->family = family;
	if (wire_take(&h->w, family) || tap_make(&h->tap, family) || run("%s", route) ||
	    run("ip link set t0 gso_max_segs 1"))
		return -1;
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", settings[i].name);
		if (write_file(path, settings[i].value))
			return -1;
	}
	h->listener = socket(family, SOCK_STREAM, 0);
	set_int(h->listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind_to(h->listener, family, TAP_HOST, HOST_PORT) || listen(h->listener, 10000))
		return -1;
	nonblocking(h->listener);
	h->table = open(family == AF_KITE ? "/proc/self/net/kite/tcp" : "/proc/self/net/tcp",
			O_RDONLY);
	return h->table < 0 ? -1 : 0;
}

/* --- what a host says and tells ----------------------------------------- */

/* Sums of parts add up to that of the whole. */
static uint32_t summed_at(uint32_t place, const unsigned char *data, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += (place + i) * 0x01000193 * (1 + data[i]);
	return sum;
}

static void note_options(struct heard *heard, struct host *h, struct frame *f)
{
	const unsigned char *o = option_of(f, OPT_MSS);
	unsigned int i;

	if (o)
		heard->mss = o[2] << 8 | o[3];
	o = option_of(f, OPT_WSCALE);
	if (o)
		heard->wscale = 1 + o[2];
	heard->sack_ok = !!option_of(f, OPT_SACK_OK);
	o = option_of(f, OPT_TS);
	if (o) {
		heard->has_ts = true;
		h->clock = get32(o + 2);
		heard->tsecr = get32(o + 6);
	}
	o = option_of(f, OPT_SACK);
	if (o) {
		heard->n_blocks = o[1] / 8;
		for (i = 0; i < heard->n_blocks * 2 && i < 8; i++)
			heard->blocks[i] = get32(o + 2 + 4 * i) - OUR_ISN;
	}
}

static void hear_all(struct host *h, struct outcome *out, int32_t *edge)
{
	static unsigned int wscales[2];
	unsigned int *wscale = &wscales[h->family == AF_KITE];
	static struct frame f;

	while (!tap_receive(&h->tap, &f)) {
		struct tcphdr *th = tcp_of(&f);
		struct heard *heard = &out->heard[out->n];

		if (f.ip.protocol != IPPROTO_TCP || th->dest != htons(our_port) ||
		    th->source != htons(h->port) || out->n == HEARD_MAX)
			continue;
		heard->flags = ((unsigned char *)th)[13];
		if (heard->flags & SYN)
			h->isn = ntohl(th->seq);
		/* One that answers what acknowledges nothing. */
		if ((heard->flags & (RST | ACK)) != (RST | ACK) || th->seq)
			heard->seq = ntohl(th->seq) - h->isn;
		if (heard->flags & ACK)
			heard->ack = ntohl(th->ack_seq) - OUR_ISN;
		heard->urgent = ntohs(th->urg_ptr);
		heard->len = data_len(&f);
		heard->sum = summed_at(heard->seq, data_of(&f), heard->len);
		note_options(heard, h, &f);
		if (heard->flags & SYN)
			*wscale = heard->wscale ? heard->wscale - 1 : 0;
		if ((heard->flags & (ACK | RST)) == ACK)
			*edge = heard->ack + (ntohs(th->window) <<
					      (heard->flags & SYN ? 0 : *wscale));
		out->n++;
	}
}

static unsigned int state_in_table(const struct host *h)
{
	unsigned int local, remote, state, found = 0;
	static char text[1 << 16];
	ssize_t n;
	char *line;

	lseek(h->table, 0, SEEK_SET);
	while ((n = read(h->table, text, sizeof(text) - 1)) > 0) {
		text[n] = 0;
		for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			if (sscanf(line, "%*d: %*x:%x %*x:%x %x", &local, &remote, &state) == 3 &&
			    local == h->port && remote == our_port)
				found = state;
	}
	return found;
}

static int ask(int fd, unsigned int request)
{
	int value = 0;

	return ioctl(fd, request, &value) ? -errno : value;
}

static void look(const struct host *h, struct outcome *out)
{
	struct long_info info;

	if (h->fd < 0) {
		out->on_wire = state_in_table(h);
		return;
	}
	info = long_info_of(h->fd);
	out->state = info.known.tcpi_state;
	out->on_wire = info.known.tcpi_state == TCP_CLOSE ? state_in_table(h) : out->state;
	out->events = polled(h->fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP);
	out->inq = ask(h->fd, SIOCINQ);
	out->mark = ask(h->fd, SIOCATMARK);
	if (info.known.tcpi_state == TCP_CLOSE)
		return;
	out->outq = ask(h->fd, SIOCOUTQ);
	out->unsent = ask(h->fd, SIOCOUTQNSD);
	/* KITE goes by octets, and makes nothing of repeated acknowledgments by that name. */
	out->unacked = !!info.known.tcpi_unacked;
	out->sacked = info.known.tcpi_options & TCPI_OPT_SACK && info.known.tcpi_sacked;
	out->mss = info.known.tcpi_snd_mss;
	out->options = info.known.tcpi_options;
	/* AF_INET counts SYN-ACKs also that were sent again because the SYN came again. */
	out->again = info.known.tcpi_total_retrans - h->again;
	out->window = info.snd_wnd;
	/* AF_INET counts its own SYN, but not with that of a connection that it accepts. */
	out->acked = info.bytes_acked;
	if (h->family == AF_INET && h->port == ACTIVE_PORT && out->acked)
		out->acked--;
	out->received = info.bytes_received;
	out->ooo = info.rcv_ooopack;
	out->data_in = info.data_segs_in;
}

/* --- steps -------------------------------------------------------------- */

static void say(struct host *h, const struct step *s)
{
	static struct frame f;
	struct tcphdr *th;
	unsigned char *p;
	unsigned int i;

	packet(&f, TAP_PEER, TAP_HOST, IPPROTO_TCP, sizeof(*th) + s->optlen + s->len);
	th = tcp_of(&f);
	th->source = htons(our_port);
	th->dest = htons(h->port);
	th->seq = htonl(OUR_ISN + s->seq);
	th->ack_seq = htonl(s->flags & ACK ? h->isn + s->ack : 0);
	th->doff = (sizeof(*th) + s->optlen) / 4;
	((unsigned char *)th)[13] = s->flags;
	th->window = htons(s->window);
	th->urg_ptr = htons(s->urgent);
	p = (unsigned char *)(th + 1);
	memcpy(p, s->options, s->optlen);
	for (i = 0; i + 4 <= s->optlen; i++) {
		if (s->by_isn >> i & 1)
			put32(p + i, get32(p + i) + h->isn);
		if (s->by_clock >> i & 1)
			put32(p + i, get32(p + i) + h->clock);
	}
	p += s->optlen;
	for (i = 0; i < s->len; i++)
		p[i] = (s->seq + i) * 7 + (s->seq + i) / 256;
	seal_segment(&f);
	if (tap_send(&h->tap, &f))
		abort();
}

static long host_opens(struct host *h)
{
	int fd;

	if (h->fd >= 0 || setns(h->w.host, CLONE_NEWNET))
		return -2;
	fd = socket(h->family, SOCK_STREAM, 0);
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind_to(fd, h->family, TAP_HOST, ACTIVE_PORT))
		abort();
	h->port = ACTIVE_PORT;
	h->fd = fd;
	nonblocking(fd);
	return connect_to(fd, h->family, TAP_PEER, our_port);
}

static long host_accepts(struct host *h)
{
	if (h->fd >= 0)
		return -2;
	h->fd = accept(h->listener, NULL, NULL);
	if (h->fd < 0)
		return -1;
	h->again = info_of(h->fd).tcpi_total_retrans;
	return 0;
}

static long host_closes(struct host *h, bool gently)
{
	int fd = h->fd;

	h->fd = -1;
	if (!gently)
		abortive(fd);
	return close(fd);
}

static long host_calls(struct host *h, const struct step *s, struct outcome *out)
{
	static unsigned char data[1 << 16];
	long n;

	if (s->call == CONNECT)
		return host_opens(h);
	if (s->call == ACCEPT)
		return host_accepts(h);
	if (h->fd < 0)
		return -2;
	switch (s->call) {
	case SEND:
		for (n = 0; n < s->arg; n++)
			data[n] = n * 5 + n / 256;
		return send(h->fd, data, s->arg, MSG_DONTWAIT | MSG_NOSIGNAL);
	case SEND_OOB:
		return send(h->fd, "out", s->arg, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_OOB);
	case RECV:
	case PEEK:
	case RECV_OOB:
		n = s->call == RECV_OOB ? recv(h->fd, data, 1, MSG_DONTWAIT | MSG_OOB) :
			recv(h->fd, data, s->arg, MSG_DONTWAIT |
			     (s->call == PEEK ? MSG_PEEK : 0));
		if (n > 0)
			out->sum = summed(0, data, n);
		return n;
	case SHUT_RX:
		return shutdown(h->fd, SHUT_RD);
	case SHUT_TX:
		return shutdown(h->fd, SHUT_WR);
	case CLOSE:
	case CLOSE_ABORTIVE:
		return host_closes(h, s->call == CLOSE);
	case NODELAY:
		return set_int(h->fd, SOL_TCP, TCP_NODELAY, s->arg);
	case CORK:
		return set_int(h->fd, SOL_TCP, TCP_CORK, s->arg);
	case QUICKACK:
		return set_int(h->fd, SOL_TCP, TCP_QUICKACK, s->arg);
	case OOBINLINE:
		return set_int(h->fd, SOL_SOCKET, SO_OOBINLINE, s->arg);
	default:
		return so_error(h->fd);
	}
}

static void take_step(struct host *h, const struct step *s, struct outcome *out, int32_t *edge)
{
	memset(out, 0, sizeof(*out));
	if (s->call == SEGMENT) {
		say(h, s);
	} else {
		errno = 0;
		out->result = host_calls(h, s, out);
		out->failed = out->result == -1 ? errno : 0;
	}
	hear_all(h, out, edge);
	look(h, out);
}

/* --- one connection ----------------------------------------------------- */

static struct host hosts[2];

static void begin(void)
{
	int i;

	our_port = our_port < 1024 || our_port > MANY ? 1024 : our_port + 1;
	for (i = 0; i < 2; i++) {
		hosts[i].fd = -1;
		hosts[i].port = HOST_PORT;
		hosts[i].isn = 5000;
		hosts[i].clock = 0;
		hosts[i].again = 0;
		edges[i] = 0;
	}
}

/* Nothing of this connection is left that another would meet. */
static void end(const struct life *l)
{
	static struct outcome out;
	struct step rst = { .call = SEGMENT, .flags = RST, .seq = l->next };
	int i, fd;

	for (i = 0; i < 2; i++) {
		if (hosts[i].fd >= 0)
			host_closes(&hosts[i], false);
		say(&hosts[i], &rst);
		while ((fd = accept(hosts[i].listener, NULL, NULL)) >= 0) {
			abortive(fd);
			close(fd);
		}
		memset(&out, 0, sizeof(out));
		hear_all(&hosts[i], &out, &edges[i]);
	}
}

/* What follows from a step for what is said next. */
static void learn(struct life *l, const struct step *s, const struct outcome *out)
{
	unsigned int i;

	if (s->call == SEGMENT) {
		int32_t last = s->seq + s->len + !!(s->flags & SYN) + !!(s->flags & FIN);

		l->corners[l->n_corners++ % CORNERS] = s->seq;
		l->corners[l->n_corners++ % CORNERS] = last;
		if (s->flags & ACK && s->ack > l->una && s->ack <= l->sent)
			l->una = s->ack;
		if (last > l->reached && last < l->edge[1])
			l->reached = last;
	}
	for (i = 0; i < out->n; i++) {
		const struct heard *h = &out->heard[i];
		int32_t last = h->seq + h->len + !!(h->flags & SYN) + !!(h->flags & FIN);

		if (h->flags & RST)
			continue;
		if (h->flags & SYN) {
			l->syn = true;
			l->sent = 1;
			l->una = 0;
		}
		if (last > l->sent)
			l->sent = last;
		if (h->flags & ACK && h->ack > l->next)
			l->next = h->ack;
	}
	l->edge[0] = edges[0] < edges[1] ? edges[0] : edges[1];
	l->edge[1] = edges[0] < edges[1] ? edges[1] : edges[0];
}

/* --- to be shown -------------------------------------------------------- */

static const char *flag_names(unsigned int flags)
{
	static const char names[] = "FSRPAUEC";
	static char text[4][9];
	static unsigned int turn;
	char *t = text[turn++ % 4], *p = t;
	int i;

	for (i = 0; i < 8; i++)
		if (flags >> i & 1)
			*p++ = names[i];
	*p = 0;
	return t;
}

static void tell_step(const struct step *s)
{
	static const char *const names[] = {
		"segment", "connect", "accept", "send", "recv", "peek", "recv OOB", "send OOB",
		"shutdown RD", "shutdown WR", "close", "close, abortive", "NODELAY", "CORK",
		"QUICKACK", "OOBINLINE", "SO_ERROR",
	};
	unsigned int i;

	if (s->call != SEGMENT) {
		printf("# > %s %d\n", names[s->call], s->arg);
		return;
	}
	printf("# > %s seq %d len %u ack %d win %u", flag_names(s->flags), s->seq, s->len, s->ack,
	       s->window);
	if (s->urgent)
		printf(" urg %u", s->urgent);
	for (i = 0; i < s->optlen; i++) {
		if (s->by_isn >> i & 1 || s->by_clock >> i & 1) {
			printf(" %s%+d", s->by_isn >> i & 1 ? "isn" : "clock",
			       (int)get32(s->options + i));
			i += 3;
		} else {
			printf(" %02x", s->options[i]);
		}
	}
	printf("\n");
}

static void tell_outcome(const char *who, const struct outcome *out, int32_t edge)
{
	unsigned int i, k;

	printf("#      options %#x again %u window %u acked %u received %u ooo %u data in %u\n",
	       out->options, out->again, out->window, out->acked, out->received, out->ooo,
	       out->data_in);
	printf("#   %s: %ld (%s) %#x state %u %u events %#x in %d out %d (%d) mark %d unacked %u"
	       " sacked %u mss %u edge %d\n", who, out->result,
	       out->failed ? strerror(out->failed) : "", out->sum, out->state, out->on_wire,
	       out->events, out->inq, out->outq, out->unsent, out->mark, out->unacked,
	       out->sacked, out->mss, edge);
	for (i = 0; i < out->n; i++) {
		const struct heard *h = &out->heard[i];

		printf("#      < %s seq %d len %u (%#x) ack %d", flag_names(h->flags), h->seq,
		       h->len, h->sum, h->ack);
		if (h->urgent)
			printf(" urg %u", h->urgent);
		if (h->mss)
			printf(" mss %u wscale %d sack %u", h->mss, (int)h->wscale - 1, h->sack_ok);
		if (h->has_ts)
			printf(" tsecr %#x", h->tsecr);
		for (k = 0; k < h->n_blocks && k < 4; k++)
			printf(" %d-%d", h->blocks[2 * k], h->blocks[2 * k + 1]);
		printf("\n");
	}
}

/* --- what is compared --------------------------------------------------- */

enum verdict { SAME, OVER, DIFFERS };

/*
 * struct before - what was there when the step was taken
 * @state: of the connection
 * @has_socket: and a program holds its socket
 * @next: our number that the hosts expected
 * @sent: the host's number behind all that it had sent
 * @beyond: something came beyond a gap: AF_INET made what it has to send smaller then, and may
 *	go by the window that a segment before the gap told later
 * @edge: where the hosts' windows ended, the nearer and the farther one
 */
struct before {
	unsigned int state;
	bool has_socket;
	bool beyond;
	int32_t next;
	int32_t sent;
	int32_t edge[2];
};

static int32_t end_of(const struct step *s)
{
	return s->seq + s->len + !!(s->flags & SYN) + !!(s->flags & FIN);
}

/* The windows of the two need not end at the same octet; what comes between is not compared. */
static bool is_between_edges(const struct step *s, const struct before *b)
{
	int32_t last = end_of(s);

	return b->edge[0] < b->edge[1] &&
	       ((s->seq >= b->edge[0] && s->seq <= b->edge[1]) ||
		(last > b->edge[0] && last <= b->edge[1]));
}

/* Who is told that the peer is late asks again at once, and that is when a timer fires. */
static bool sets_a_timer(const struct step *s, const struct before *b)
{
	return b->state == TCP_SYN_SENT && s->flags & ACK && s->ack != 1;
}

/* Whether a segment of the host's is no more than an acknowledgment. */
static bool is_mere_ack(const struct heard *h)
{
	return (h->flags & ~(PSH | URG)) == ACK && !h->len;
}

/* What the one reports does not count: it is what the other does. */
static void report_as(struct heard *h, const struct heard *other)
{
	h->n_blocks = other->n_blocks;
	memcpy(h->blocks, other->blocks, sizeof(h->blocks));
}

static void leave_out(struct outcome *out, unsigned int i)
{
	out->n--;
	memmove(&out->heard[i], &out->heard[i + 1], (out->n - i) * sizeof(out->heard[0]));
	memset(&out->heard[out->n], 0, sizeof(out->heard[0]));
}

static bool reports_beside_data(const struct outcome *out)
{
	unsigned int i;

	for (i = 0; i < out->n; i++)
		if (out->heard[i].len && out->heard[i].n_blocks)
			return true;
	return false;
}

/* Whether all that is different is that something in a block is said to have come twice. */
static bool repeats_within(const struct heard *h, const struct heard *other)
{
	return h->n_blocks == other->n_blocks + 1 && h->n_blocks > 1 &&
	       h->blocks[0] >= h->blocks[2] && h->blocks[1] <= h->blocks[3] &&
	       !memcmp(h->blocks + 2, other->blocks, other->n_blocks * 8);
}

/* Whether it says nothing but a time that is before the one that is echoed, milliseconds. */
static bool is_old(const struct step *s, const struct heard *h, int by)
{
	unsigned int at = __builtin_ctzll(s->by_clock | 1ULL << 40);

	return end_of(s) == s->seq && at < s->optlen &&
	       (int32_t)(h->tsecr - get32(s->options + at - 4)) > by;
}

static bool peer_has_closed(unsigned int state)
{
	return state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING ||
	       state == TCP_TIME_WAIT;
}

static unsigned int data_in(const struct outcome *out)
{
	unsigned int i, len = 0;

	for (i = 0; i < out->n; i++)
		len += out->heard[i].len;
	return len;
}

/* Whether all that is different is that one sends more again than the other. */
static bool sends_more_again(const struct outcome *out, int32_t sent)
{
	const struct outcome *more = out[0].n > out[1].n ? &out[0] : &out[1];
	const struct outcome *less = out[0].n > out[1].n ? &out[1] : &out[0];
	unsigned int i;

	for (i = less->n; i < more->n; i++)
		if (!more->heard[i].len || more->heard[i].seq >= sent)
			return false;
	return !memcmp(more->heard, less->heard, less->n * sizeof(less->heard[0]));
}

/* As if all data had gone out with what is acknowledged at last. */
static void acknowledge_at_once(struct outcome *out)
{
	unsigned int i, last = out->n - 1;

	for (i = 0; i < out->n; i++) {
		out->heard[i].ack = out->heard[last].ack;
		out->heard[i].tsecr = out->heard[last].tsecr;
		report_as(&out->heard[i], &(struct heard){});
	}
	for (i = out->n; i--;)
		if (is_mere_ack(&out->heard[i]))
			leave_out(out, i);
}

/* Whether data was sent, and not the same by both. */
static bool is_data_otherwise(const struct outcome *out)
{
	return (data_in(&out[0]) || data_in(&out[1])) &&
	       (out[0].n != out[1].n || memcmp(out[0].heard, out[1].heard, sizeof(out[0].heard)));
}

static bool answers_alone(const struct outcome *one, const struct outcome *other)
{
	return one->n == 1 && is_mere_ack(&one->heard[0]) && !other->n;
}

/* What is_on_purpose() says, of what came of a segment. */
static bool is_segment_on_purpose(const struct step *s, const struct before *b,
				  struct outcome *inet, struct outcome *kite)
{
	bool half_open = b->state == TCP_SYN_RECV;
	bool both_ack = inet->n == 1 && kite->n == 1 && is_mere_ack(&inet->heard[0]) &&
		is_mere_ack(&kite->heard[0]);

	/* What is sent again acknowledges the data of the segment that asked for it. */
	if (s->len && inet->n > 1 && kite->n && !is_mere_ack(&inet->heard[0])) {
		acknowledge_at_once(inet);
		acknowledge_at_once(kite);
	}
	/* AF_INET may go by the window of what was before the gap, and so by its age. */
	if (b->beyond && s->seq == b->next && is_old(s, &inet->heard[0], 1) &&
	    answers_alone(inet, kite))
		leave_out(inet, 0);
	/* How old an acknowledgment may be depends on the timeout, and that on round trips. */
	if (s->seq == b->next && is_old(s, &kite->heard[0], TIMEOUT_LEAST) &&
	    answers_alone(kite, inet))
		leave_out(kite, 0);
	/* An acknowledgment of what was never sent, or of nothing, is answered. */
	if (s->flags & ACK && (s->ack > b->sent || s->ack <= 0)) {
		if (answers_alone(kite, inet))
			leave_out(kite, 0);
		if (!s->ack)
			return true;
	}
	/* RFC 5961 for half-open connections and orphans in FIN_WAIT2, too. */
	if (s->flags & (SYN | RST) && !b->has_socket && (half_open || b->state == TCP_FIN_WAIT2))
		return true;
	/* The answer to a SYN is a challenge, which says nothing else (so is Linux's since 6.8). */
	if (s->flags & SYN && both_ack)
		report_as(&inet->heard[0], &kite->heard[0]);
	/* A simultaneous open ends with an acknowledgment of the SYN. */
	if (half_open && b->has_socket && s->flags & ACK && s->ack != b->sent)
		return true;
	/* Data and FIN with a SYN-ACK are taken in. */
	if (b->state == TCP_SYN_SENT && (s->flags & (SYN | ACK)) == (SYN | ACK) &&
	    end_of(s) != s->seq + 1)
		return true;
	/* With the FIN AF_INET forgets what came twice, or tells of what is beyond it. */
	if (inet->n && kite->n && inet->on_wire != b->state && peer_has_closed(inet->on_wire))
		report_as(&inet->heard[0], &kite->heard[0]);
	/* There is nothing behind a FIN; AF_INET takes another one. */
	if (peer_has_closed(b->state) && end_of(s) > b->next)
		return true;
	/* Who is left with FIN_WAIT2 by what is old answers it. */
	if (b->state == TCP_FIN_WAIT1 && inet->on_wire == TCP_FIN_WAIT2 && !b->has_socket &&
	    end_of(s) != s->seq && answers_alone(kite, inet))
		leave_out(kite, 0);
	/* What AF_INET joins to what it follows, it does not see come twice. */
	if (both_ack && repeats_within(&kite->heard[0], &inet->heard[0]))
		report_as(&inet->heard[0], &kite->heard[0]);
	/* AF_INET's half-open connection echoes no timestamp that is 0. */
	if (half_open && both_ack && kite->heard[0].has_ts && !kite->heard[0].tsecr)
		inet->heard[0].has_ts = true;
	return false;
}

/*
 * What KITE does otherwise on purpose, docs/MIRROR.md: the difference is taken out of the
 * outcomes. True when the two do not go on alike after it.
 */
static bool is_on_purpose(const struct step *s, const struct before *b, struct outcome out[2])
{
	struct outcome *inet = &out[0], *kite = &out[1];
	bool half_open = b->state == TCP_SYN_RECV;
	unsigned int i;

	/* Blocks beside data only where they fit; AF_INET makes segments smaller. */
	if (reports_beside_data(inet) || (b->beyond && is_data_otherwise(out)))
		return true;
	/* The window with a SYN-ACK is not scaled, RFC 7323 2.2; and what is old tells none. */
	if (inet->window != kite->window && (b->beyond || s->flags & SYN))
		return true;
	/* The rate of a recovery is one of octets; AF_INET's of segments. */
	if (inet->again != kite->again && sends_more_again(out, b->sent))
		return true;
	/* How small segments may be when a window is smaller than any. */
	if (inet->mss < MSS_LEAST && kite->mss > inet->mss)
		inet->mss = kite->mss;
	/* With a SYN-ACK only that is offered which the SYN did. */
	for (i = 0; i < inet->n && i < kite->n; i++)
		if ((inet->heard[i].flags & (SYN | ACK)) == (SYN | ACK) && b->has_socket) {
			inet->heard[i].wscale = kite->heard[i].wscale;
			inet->heard[i].sack_ok = kite->heard[i].sack_ok;
			inet->heard[i].has_ts = kite->heard[i].has_ts;
		}
	/* At a mark behind the FIN no reader ever is. */
	if (inet->mark != kite->mark && inet->events & POLLRDHUP)
		return true;
	/* An urgent octet is one of data; AF_INET's may be one of a header. */
	if ((inet->events ^ kite->events) == POLLPRI && inet->events & POLLPRI)
		return true;
	/* Who closes before a simultaneous open is complete says so afterwards. */
	if (s->call == CLOSE && half_open && b->has_socket)
		return true;
	return s->call == SEGMENT && is_segment_on_purpose(s, b, inet, kite);
}

/* What is not promised. */
static void forget_guesses(struct outcome *out)
{
	unsigned int i;

	for (i = 0; i < out->n; i++)
		out->heard[i].flags &= ~PSH;
}

static enum verdict judge(const struct step *s, const struct before *b, struct outcome out[2])
{
	if (s->call == SEGMENT && (is_between_edges(s, b) || sets_a_timer(s, b)))
		return OVER;
	forget_guesses(&out[0]);
	forget_guesses(&out[1]);
	if (!memcmp(&out[0], &out[1], sizeof(out[0])))
		return SAME;
	if (is_on_purpose(s, b, out))
		return OVER;
	return memcmp(&out[0], &out[1], sizeof(out[0])) ? DIFFERS : SAME;
}

static enum verdict take_both(const struct step *s, struct life *l, struct before *b)
{
	static struct outcome out[2];
	enum verdict verdict;
	int side;

	b->next = l->next;
	b->sent = l->sent;
	memcpy(b->edge, l->edge, sizeof(b->edge));
	for (side = 0; side < 2; side++)
		take_step(&hosts[side], s, &out[side], &edges[side]);
	if (shown) {
		tell_step(s);
		tell_outcome("IPv4", &out[0], edges[0]);
		tell_outcome("KITE", &out[1], edges[1]);
	}
	verdict = judge(s, b, out);
	b->beyond |= s->call == SEGMENT && s->seq > l->next;
	learn(l, s, &out[0]);
	b->state = out[0].on_wire;
	b->has_socket = hosts[0].fd >= 0 && out[0].state == out[0].on_wire;
	return verdict;
}

/* --- and one again, with fewer steps ------------------------------------ */

/* Whether they still make a difference; how many of them until then. */
static unsigned int differs(const struct step *steps, unsigned int n)
{
	enum verdict verdict = SAME;
	struct before b = {};
	struct life l = {};
	unsigned int i;

	begin();
	for (i = 0; i < n && verdict == SAME; i++)
		verdict = take_both(&steps[i], &l, &b);
	end(&l);
	return verdict == DIFFERS ? i : 0;
}

static unsigned int always_differs(const struct step *steps, unsigned int n)
{
	unsigned int i, found = 0;

	for (i = 0; i < ATTEMPTS; i++) {
		found = differs(steps, n);
		if (!found)
			return 0;
	}
	return found;
}

/* Leave out what is not needed; how many are. */
static unsigned int shrink(struct step *steps, unsigned int n)
{
	static struct step fewer[STEPS_MAX];
	unsigned int i, found;

	for (i = n - 1; i--;) {
		memcpy(fewer, steps, i * sizeof(*steps));
		memcpy(fewer + i, steps + i + 1, (n - i - 1) * sizeof(*steps));
		found = differs(fewer, n - 1);
		if (!found)
			continue;
		n = found;
		memcpy(steps, fewer, n * sizeof(*steps));
		if (i > n - 1)
			i = n - 1;
	}
	return n;
}

/* How many segments it took; whether there was a difference. */
static unsigned int meet(unsigned long seed, unsigned long number, bool *differing)
{
	static struct step steps[STEPS_MAX];
	const char *way = ways[number % WAYS].way;
	unsigned int n = 0, segments = 0;
	enum verdict verdict = SAME;
	struct before b = {};
	struct life l;

	life_begin(&l, seed, number);
	begin();
	while (n < (is_debug_kernel() ? STEPS_DEBUG : STEPS) && verdict == SAME) {
		struct step *s = &steps[n++];

		*s = *way ? on_the_way(&l, *way++) : drawn(&l);
		segments += s->call == SEGMENT;
		verdict = take_both(s, &l, &b);
		/* It is over. */
		if (!*way && n > 8 && hosts[0].fd < 0 && !b.state && one_in(&l, 4))
			break;
	}
	end(&l);
	if (verdict != DIFFERS)
		return segments;
	n = always_differs(steps, n);
	if (!n)
		return segments;
	*differing = true;
	n = shrink(steps, n);
	printf("# connection %lu, %s: %u steps\n", number, ways[number % WAYS].name, n);
	shown = true;
	differs(steps, n);
	shown = false;
	return segments;
}

FIXTURE(tcp_same) {
};

FIXTURE_SETUP(tcp_same)
{
}

FIXTURE_TEARDOWN(tcp_same)
{
}

TEST_F_TIMEOUT(tcp_same, what_happens_to_one_happens_to_the_other, 3600)
{
	unsigned long count = number("KITE_FUZZ_COUNT", is_debug_kernel() ? 2000 : 30000);
	unsigned long seed = seed_asked_for(), i = number("KITE_FUZZ_TARGET", 0), done = 0;
	unsigned int differing = 0;

	TH_LOG("KITE_FUZZ_COUNT=%lu KITE_FUZZ_SEED=%lu", count, seed);
	ASSERT_EQ(0, stay_on_one_processor());
	ASSERT_EQ(0, host_make(&hosts[0], AF_INET));
	ASSERT_EQ(0, host_make(&hosts[1], AF_KITE));
	shown = getenv("KITE_FUZZ_TARGET");
	for (; done < count && differing < DIFFERING; i++) {
		bool differs = false;

		done += meet(seed, i, &differs);
		differing += differs;
		if (getenv("KITE_FUZZ_TARGET"))
			break;
	}
	EXPECT_EQ(0, differing);
	TH_LOG("%lu segments at %lu connections", done, i);
}

TEST_HARNESS_MAIN
