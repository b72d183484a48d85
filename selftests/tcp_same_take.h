/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host that is taken through a step, and what came of that: all that it said, and all that it
 * tells its program.
 */
#ifndef _KITE_TCP_SAME_TAKE_H
#define _KITE_TCP_SAME_TAKE_H

#include "tap.h"
#include "tcp_same.h"

#define ACTIVE_PORT	7001	/* the host's, of connections that it opens itself */
#define HEARD_MAX	24

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
 * @cookies: its setting of SYN cookies
 * @flush: where its routes are flushed
 * @is_told: what paths take was told it
 * @is_changed: options of the listener are not what they were
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
	int cookies;
	int flush;
	bool is_told;
	bool is_changed;
};

/* A segment of the host's; every number is relative. */
struct heard {
	unsigned int flags;
	unsigned int tos;
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
static uint16_t our_port;

/* --- hosts -------------------------------------------------------------- */

static inline int host_begins(struct host *h)
{
	h->listener = socket(h->family, SOCK_STREAM, 0);
	set_int(h->listener, SOL_SOCKET, SO_REUSEADDR, 1);
	nonblocking(h->listener);
	return bind_to(h->listener, h->family, TAP_HOST, HOST_PORT) ||
	       listen(h->listener, 10000) ? -1 : 0;
}

static inline int host_make(struct host *h, int family)
{
	static const char route[] = "ip route change 10.1.0.0/24 dev t0 proto kernel scope link "
		"src " TAP_HOST " quickack 1 rto_min 15s initcwnd 100 window 20000";
	static const struct {
		const char *name;
		const char *value;
	} settings[] = {
		{ "tcp_invalid_ratelimit", "0" }, { "tcp_challenge_ack_limit", "1000000000" },
		{ "tcp_max_syn_backlog", "100000" }, { "tcp_early_retrans", "0" },
		{ "tcp_recovery", "0" }, { "tcp_autocorking", "0" }, { "tcp_ecn", "1" },
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
	if (host_begins(h))
		return -1;
	h->cookies = open("/proc/sys/net/ipv4/tcp_syncookies", O_WRONLY);
	h->flush = open("/proc/sys/net/ipv4/route/flush", O_WRONLY);
	h->table = open(family == AF_KITE ? "/proc/self/net/kite/tcp" : "/proc/self/net/tcp",
			O_RDONLY);
	return h->table < 0 || h->cookies < 0 || h->flush < 0 ? -1 : 0;
}

/* --- what a host says and tells ----------------------------------------- */

/* Sums of parts add up to that of the whole. */
static inline uint32_t summed_at(uint32_t place, const unsigned char *data, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += (place + i) * 0x01000193 * (1 + data[i]);
	return sum;
}

static inline void note_options(struct heard *heard, struct host *h, struct frame *f)
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

static inline void hear_all(struct host *h, struct outcome *out, int32_t *edge)
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
		heard->tos = f.ip.tos;
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

static inline unsigned int state_in_table(const struct host *h)
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

static inline int ask(int fd, unsigned int request)
{
	int value = 0;

	return ioctl(fd, request, &value) ? -errno : value;
}

static inline void look(const struct host *h, struct outcome *out)
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

static inline void say(struct host *h, const struct step *s)
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
	f.ip.tos = s->tos;
	seal(&f);
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

/* An ICMP error of somebody's on the way, about a segment that the host may have sent. */
static inline void report(struct host *h, const struct step *s)
{
	static struct frame f, about;
	struct icmphdr *icmph;
	struct tcphdr *th;

	packet(&about, TAP_HOST, TAP_PEER, IPPROTO_TCP, sizeof(*th));
	th = tcp_of(&about);
	th->source = htons(h->port);
	th->dest = htons(our_port);
	th->seq = htonl(h->isn + s->ack);
	th->doff = sizeof(*th) / 4;
	icmph = message(&f, TAP_PEER, TAP_HOST, s->how >> 8, s->how & 0xff, about.len);
	memcpy(icmph + 1, about.bytes, about.len);
	icmph->un.frag.mtu = htons(s->arg);
	icmph->checksum = 0;
	icmph->checksum = checksum(icmph, sizeof(*icmph) + about.len);
	h->is_told = true;
	if (tap_send(&h->tap, &f))
		abort();
}

static inline long host_opens(struct host *h)
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

static inline long host_accepts(struct host *h)
{
	if (h->fd >= 0)
		return -2;
	h->fd = accept(h->listener, NULL, NULL);
	if (h->fd < 0)
		return -1;
	h->again = info_of(h->fd).tcpi_total_retrans;
	return 0;
}

static inline long host_closes(struct host *h)
{
	int fd = h->fd;

	h->fd = -1;
	return close(fd);
}

static inline long host_sets(struct host *h, const struct step *s)
{
	struct linger linger = { .l_onoff = s->arg >= 0, .l_linger = s->arg };
	int fd = h->fd < 0 ? h->listener : h->fd;

	h->is_changed |= h->fd < 0;
	if (s->how != LINGER)
		return set_int(fd, socket_options[s->how].level, socket_options[s->how].number,
			       s->arg);
	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static inline long host_receives(struct host *h, const struct step *s, struct outcome *out)
{
	static unsigned char data[1 << 16];
	long n = recv(h->fd, data, s->arg, MSG_DONTWAIT | s->how);

	/* MSG_TRUNC leaves the octets where they are. */
	if (n > 0 && !(s->how & MSG_TRUNC))
		out->sum = summed(0, data, n);
	return n;
}

static inline long host_sends(struct host *h, const struct step *s)
{
	static unsigned char data[1 << 16];
	long n;

	for (n = 0; n < s->arg; n++)
		data[n] = n * 5 + n / 256;
	return send(h->fd, data, s->arg, MSG_DONTWAIT | MSG_NOSIGNAL | s->how);
}

static inline long host_calls(struct host *h, const struct step *s, struct outcome *out)
{
	switch (s->call) {
	case CONNECT:
		return host_opens(h);
	case ACCEPT:
		return host_accepts(h);
	case OPTION:
		return host_sets(h, s);
	case COOKIES:
		return pwrite(h->cookies, s->arg ? "2" : "1", 1, 0);
	default:
		break;
	}
	if (h->fd < 0)
		return -2;
	switch (s->call) {
	case SEND:
		return host_sends(h, s);
	case RECV:
		return host_receives(h, s, out);
	case SHUT_RX:
		return shutdown(h->fd, SHUT_RD);
	case SHUT_TX:
		return shutdown(h->fd, SHUT_WR);
	case CLOSE:
		return host_closes(h);
	default:
		return so_error(h->fd);
	}
}

static inline void take_step(struct host *h, const struct step *s, struct outcome *out,
			     int32_t *edge)
{
	memset(out, 0, sizeof(*out));
	if (s->call == SEGMENT) {
		say(h, s);
	} else if (s->call == REPORT) {
		report(h, s);
	} else {
		errno = 0;
		out->result = host_calls(h, s, out);
		out->failed = out->result == -1 ? errno : 0;
	}
	hear_all(h, out, edge);
	look(h, out);
}

#endif /* _KITE_TCP_SAME_TAKE_H */
