/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket calls that the differential tests make on both families, and what each
 * of them returns, as text.
 */
#ifndef _DIFFERENTIAL_H
#define _DIFFERENTIAL_H

#include "kite_test.h"

#include <stdarg.h>
#include <stdbool.h>
#include <sys/fsuid.h>

#define SLOTS		6	/* sockets of a sequence */
#define PORTS		4	/* ports that it names */
#define OTHER_UID	4711
#define MAX_OPS		40	/* calls of a sequence */

enum call {
	CALL_SOCKET, CALL_CLOSE, CALL_BIND, CALL_CONNECT, CALL_DISCONNECT,
	CALL_LISTEN, CALL_ACCEPT, CALL_SEND, CALL_SENDTO, CALL_RECV,
	CALL_SHUTDOWN, CALL_SETOPT, CALL_GETOPT, CALL_GETSOCKNAME,
	CALL_GETPEERNAME, CALLS
};

/**
 * struct op - one call
 * @call: which
 * @slot: on which socket; CALL_SOCKET puts a new one there
 * @other: CALL_ACCEPT: slot of the new socket
 * @kind: CALL_SOCKET: index into kinds[]
 * @uid: CALL_SOCKET: made by the user OTHER_UID
 * @addr: index into addrs[]
 * @port: 0; 1..PORTS: a port of the sequence; above: a privileged one, then those
 *	that the sockets in the slots have
 * @form: how the address is given, enum form
 * @len: index into lens[]
 * @flags: index into flag_sets[]
 * @opt: index into opts[]
 * @val: index into the option's values; SHUT_*; CALL_ACCEPT: index into
 *	accept_flags[]; CALL_LISTEN: backlog; CALL_CONNECT: 1 = wait for the answer
 */
struct op {
	unsigned char call, slot, other, kind, uid, addr, port, form, len,
		      flags, opt;
	signed char val;
};

struct sequence {
	struct op op[MAX_OPS];
	int n;
};

enum form { FORM_PLAIN, FORM_INET, FORM_UNSPEC, FORM_SHORT, FORM_INET6, FORMS };

#define PORT_PRIVILEGED	(PORTS + 1)
#define PORT_OF_SLOT	(PORTS + 2)
#define PORT_CHOICES	(PORT_OF_SLOT + SLOTS)

struct kind {
	const char *name;
	int type, protocol;
};

static const struct kind kinds[] = {
	{ "TCP", SOCK_STREAM, 0 },
	{ "UDP", SOCK_DGRAM, 0 },
	{ "raw 253", SOCK_RAW, 253 },
	{ "raw ICMP", SOCK_RAW, IPPROTO_ICMP },
	{ "raw RAW", SOCK_RAW, IPPROTO_RAW },
	{ "raw 0", SOCK_RAW, 0 },
	{ "stream UDP", SOCK_STREAM, IPPROTO_UDP },
	{ "seqpacket", SOCK_SEQPACKET, 0 },
	{ "rdm", SOCK_RDM, 0 },
	{ "protocol 300", SOCK_STREAM, 300 },
};

enum { KIND_TCP, KIND_UDP, KIND_RAW, KIND_ICMP, KIND_HDRINCL, KIND_STRANGE };
#define KINDS	(sizeof(kinds) / sizeof(*kinds))

/* own: the device "other" has 10.1.1.1/24 and swallows what is sent by it. */
static const char * const addrs[] = {
	"127.0.0.1", "0.0.0.0", "10.1.1.1", "127.0.0.2", "10.1.1.2",
	"192.0.2.1", "10.1.1.255", "224.0.0.99", "255.255.255.255",
};

enum {
	ADDR_LOOPBACK, ADDR_ANY, ADDR_OWN, ADDR_LOOPBACK2, ADDR_NEIGHBOUR,
	ADDR_NOWHERE, ADDR_BROADCAST, ADDR_GROUP, ADDR_LIMITED, ADDRS
};

static const unsigned int lens[] = { 1, 0, 7, 100, 1400, 4000, 65508, 70000 };
#define LENS		(sizeof(lens) / sizeof(*lens))
#define LEN_HUGE	6

static const struct {
	const char *name;
	int flags;
} flag_sets[] = {
	{ "0", 0 },
	{ "MSG_PEEK", MSG_PEEK },
	{ "MSG_TRUNC", MSG_TRUNC },
	{ "MSG_PEEK|MSG_TRUNC", MSG_PEEK | MSG_TRUNC },
	{ "MSG_MORE", MSG_MORE },
	{ "MSG_OOB", MSG_OOB },
	{ "MSG_WAITALL", MSG_WAITALL },
	{ "MSG_ERRQUEUE", MSG_ERRQUEUE },
	{ "MSG_OOB|MSG_PEEK", MSG_OOB | MSG_PEEK },
};

enum {
	FLAG_NONE, FLAG_PEEK, FLAG_TRUNC, FLAG_PEEK_TRUNC, FLAG_MORE, FLAG_OOB,
	FLAG_WAITALL, FLAG_ERRQUEUE, FLAG_OOB_PEEK, FLAGS
};

/* SOCK_NONBLOCK comes first; the last one is none that there is. */
static const int accept_flags[] = {
	SOCK_NONBLOCK, 0, SOCK_CLOEXEC, SOCK_NONBLOCK | SOCK_CLOEXEC, 1,
};

#define ACCEPT_FLAGS	(sizeof(accept_flags) / sizeof(*accept_flags))

#define NAMED(x)	#x, x
#define VALUES		8

struct option_call {
	const char *level_name;
	int level;
	const char *name;
	int number;
	int values[VALUES];	/* as many as are not equal to the first */
	enum { AN_INT, A_DEVICE, A_LINGER } type;
};

/* The values of A_DEVICE. Those of A_LINGER are seconds, -1 = off. */
static const char * const devices[] = { "", "lo", "other", "none" };

static const struct option_call opts[] = {
	{ NAMED(SOL_SOCKET), NAMED(SO_REUSEADDR), { 1, 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_REUSEPORT), { 1, 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_LINGER), { 0, -1, 1 }, A_LINGER },
	{ NAMED(SOL_SOCKET), NAMED(SO_OOBINLINE), { 1, 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_ERROR), { 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_ACCEPTCONN), { 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_RCVLOWAT), { 1, 0, 8, -1 } },
	{ NAMED(SOL_TCP), NAMED(TCP_LINGER2), { 0, 5, -1, 1000 } },
	{ NAMED(SOL_TCP), NAMED(TCP_DEFER_ACCEPT), { 0, 1, 5, -1 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_BROADCAST), { 1, 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_BINDTODEVICE), { 0, 1, 2, 3 }, A_DEVICE },
	{ NAMED(SOL_SOCKET), NAMED(SO_KEEPALIVE), { 1, 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_DONTROUTE), { 1, 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_NO_CHECK), { 1, 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_PEEK_OFF), { 0, -1, 3, 200 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_PRIORITY), { 5, 0, 9, -1 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_MARK), { 0, 7 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_TYPE), { 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_PROTOCOL), { 0 } },
	{ NAMED(SOL_SOCKET), NAMED(SO_PASSCRED), { 1, 0 } },
	{ NAMED(SOL_IP), NAMED(IP_TTL), { 9, -1, 0, 255, 256 } },
	{ NAMED(SOL_IP), NAMED(IP_TOS), { 0, 8, 0x10, 0xb8, 3 } },
	{ NAMED(SOL_IP), NAMED(IP_MTU_DISCOVER), { 0, 1, 2, 3, 4, 5, 6 } },
	{ NAMED(SOL_IP), NAMED(IP_MTU), { 0 } },
	{ NAMED(SOL_IP), NAMED(IP_FREEBIND), { 1, 0 } },
	{ NAMED(SOL_IP), NAMED(IP_TRANSPARENT), { 1, 0 } },
	{ NAMED(SOL_IP), NAMED(IP_BIND_ADDRESS_NO_PORT), { 1, 0 } },
	{ NAMED(SOL_UDP), NAMED(UDP_CORK), { 1, 0 } },
	{ NAMED(SOL_TCP), NAMED(TCP_NODELAY), { 1 } },
	{ NAMED(SOL_TCP), NAMED(TCP_KEEPIDLE), { 10, 0, 40000 } },
	{ NAMED(SOL_TCP), NAMED(TCP_KEEPINTVL), { 10, 0, 40000 } },
	{ NAMED(SOL_TCP), NAMED(TCP_KEEPCNT), { 3, 0, 200 } },
	{ NAMED(SOL_TCP), NAMED(TCP_SYNCNT), { 3, 0, 200 } },
	{ NAMED(SOL_TCP), NAMED(TCP_USER_TIMEOUT), { 0, 5000, -1 } },
	{ NAMED(SOL_TCP), NAMED(TCP_NOTSENT_LOWAT), { 0, 4096, -1 } },
};

/* The first ones; up to OPTS_STREAM those that matter to a connection's life. */
enum {
	OPT_REUSEADDR, OPT_REUSEPORT, OPT_LINGER, OPT_OOBINLINE, OPT_ERROR,
	OPT_ACCEPTCONN, OPT_RCVLOWAT, OPT_LINGER2, OPT_DEFER_ACCEPT, OPTS_STREAM
};

#define OPTS	(sizeof(opts) / sizeof(*opts))

/* Enough for all that one call and a look at the sockets say. */
struct text {
	char s[2048];
	int n;
};

/**
 * struct world - one family's sockets
 * @family: AF_INET or AF_KITE
 * @fd: the sockets, -1 = none
 * @kind: what is in the slot, index into kinds[]
 * @base: the first of the sequence's ports
 * @low: its privileged port
 * @seen: ports that the kernel chose, in the order in which they showed up
 * @nr_seen: how many
 */
struct world {
	int family;
	int fd[SLOTS];
	int kind[SLOTS];
	int base;
	int low;
	int seen[64];
	int nr_seen;
};

__attribute__((format(printf, 2, 3)))
static inline void say(struct text *t, const char *format, ...)
{
	int room = sizeof(t->s) - t->n;
	va_list args;

	va_start(args, format);
	t->n += vsnprintf(t->s + t->n, room, format, args);
	va_end(args);
	if (t->n > (int)sizeof(t->s) - 1)
		t->n = sizeof(t->s) - 1;
}

static inline void say_result(struct text *t, long ret)
{
	if (ret < 0)
		say(t, "%s", strerrorname_np(errno));
	else
		say(t, "%ld", ret);
}

/* A port by the name that both worlds have for it. */
static inline void say_port(struct text *t, struct world *w, int port)
{
	int i;

	if (!port) {
		say(t, "0");
	} else if (port >= w->base && port < w->base + PORTS) {
		say(t, "P%d", port - w->base + 1);
	} else if (port == w->low) {
		say(t, "LOW");
	} else {
		for (i = 0; i < w->nr_seen && w->seen[i] != port; i++)
			;
		if (i == w->nr_seen && i < 64)
			w->seen[w->nr_seen++] = port;
		say(t, "chosen%d", i);
	}
}

/* @raw: the port of a raw socket is its protocol. */
static inline void say_name(struct text *t, struct world *w, bool raw,
			    const struct sockaddr_in *sin, socklen_t len)
{
	if (len != sizeof(*sin)) {
		say(t, "(%d octets)", len);
		return;
	}
	if (sin->sin_family != w->family)
		say(t, "family %d ", sin->sin_family);
	say(t, "%s:", inet_ntoa(sin->sin_addr));
	if (raw)
		say(t, "%d", ntohs(sin->sin_port));
	else
		say_port(t, w, ntohs(sin->sin_port));
}

static inline bool is_raw(const struct world *w, int slot)
{
	return kinds[w->kind[slot]].type == SOCK_RAW;
}

static inline void say_own_name(struct text *t, struct world *w, int slot,
				int peer)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);
	struct sockaddr *sa = (struct sockaddr *)&sin;
	int ret;

	ret = peer ? getpeername(w->fd[slot], sa, &len) :
		     getsockname(w->fd[slot], sa, &len);
	if (ret)
		say_result(t, ret);
	else
		say_name(t, w, is_raw(w, slot), &sin, len);
}

/* The port of a raw socket's peer means nothing, so it gets no chosen one. */
static inline int port_to_use(const struct world *w, const struct op *op)
{
	int choice = op->port, port;

	if (choice <= PORTS)
		return choice ? w->base + choice - 1 : 0;
	if (choice == PORT_PRIVILEGED)
		return w->low;
	choice -= PORT_OF_SLOT;
	if (w->fd[choice] < 0 || is_raw(w, choice) || is_raw(w, op->slot))
		return 0;
	port = port_of(w->fd[choice]);
	return port < 0 ? 0 : port;
}

static inline socklen_t make_name(const struct world *w, const struct op *op,
				  struct sockaddr_in *sin)
{
	static const int family_of[FORMS] = {
		[FORM_INET] = AF_INET,
		[FORM_UNSPEC] = AF_UNSPEC,
		[FORM_INET6] = AF_INET6,
	};

	*sin = endpoint(op->form == FORM_PLAIN || op->form == FORM_SHORT ?
			w->family : family_of[op->form], addrs[op->addr],
			port_to_use(w, op));
	return op->form == FORM_SHORT ? sizeof(*sin) - 9 : sizeof(*sin);
}

/*
 * What of a received packet may differ: identification and checksum of the IP
 * header, and what ICMP quotes.
 */
static inline void mask(unsigned char *data, ssize_t len)
{
	static const int own[] = { 4, 5, 10, 11 };
	unsigned int i;

	for (i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (own[i] < len)
			data[own[i]] = 0;
	if (len > 22 && data[9] == IPPROTO_ICMP)
		memset(data + 22, 0, len - 22);
}

static inline void do_recv(struct text *t, struct world *w, const struct op *op)
{
	static unsigned char data[70000];
	struct iovec iov = { .iov_base = data, .iov_len = lens[op->len] };
	struct sockaddr_in from = {};
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	unsigned int i, sum = 0;
	ssize_t n, have;

	n = recvmsg(w->fd[op->slot], &msg,
		    flag_sets[op->flags].flags | MSG_DONTWAIT);
	say_result(t, n);
	if (n < 0)
		return;
	have = n < (ssize_t)lens[op->len] ? n : (ssize_t)lens[op->len];
	/* With MSG_TRUNC a stream's octets are thrown away. */
	if (w->kind[op->slot] == KIND_TCP && flag_sets[op->flags].flags & MSG_TRUNC)
		have = 0;
	if (is_raw(w, op->slot))
		mask(data, have);
	for (i = 0; i < have; i++)
		sum = sum * 31 + data[i];
	say(t, " flags %#x sum %#x", msg.msg_flags & ~MSG_CMSG_CLOEXEC, sum);
	if (msg.msg_namelen) {
		say(t, " from ");
		say_name(t, w, is_raw(w, op->slot), &from, msg.msg_namelen);
	}
}

static inline ssize_t do_send(struct world *w, const struct op *op, int number)
{
	static unsigned char data[70000];
	int flags = flag_sets[op->flags].flags | MSG_DONTWAIT | MSG_NOSIGNAL;
	struct sockaddr_in sin;
	unsigned int i;
	socklen_t len;

	for (i = 0; i < lens[op->len]; i++)
		data[i] = 'A' + (number + i) % 50;
	/* For a socket that writes headers itself. */
	if (w->kind[op->slot] == KIND_HDRINCL && lens[op->len] > 20) {
		struct in_addr to;

		inet_aton(addrs[op->addr], &to);
		memcpy(data, "\x45\0\0\0\0\0\0\0\x40\xfd\0\0\0\0\0\0", 16);
		memcpy(data + 16, &to, 4);
	}
	if (op->call == CALL_SEND)
		return send(w->fd[op->slot], data, lens[op->len], flags);
	len = make_name(w, op, &sin);
	return sendto(w->fd[op->slot], data, lens[op->len], flags,
		      (struct sockaddr *)&sin, len);
}

static inline int do_setopt(struct world *w, const struct op *op)
{
	const struct option_call *o = &opts[op->opt];
	int value = o->values[op->val];
	struct linger linger = { value >= 0, value };

	if (o->type == A_LINGER)
		return setsockopt(w->fd[op->slot], o->level, o->number, &linger,
				  sizeof(linger));
	if (o->type == A_DEVICE)
		return setsockopt(w->fd[op->slot], o->level, o->number,
				  devices[value], strlen(devices[value]) + 1);
	/* The kernel before 6.7 keeps it for its own families. */
	if (w->family == AF_KITE && o->level == SOL_SOCKET &&
	    o->number == SO_REUSEPORT)
		return set_int(w->fd[op->slot], SOL_KITE, KITE_REUSEPORT, value);
	return set_int(w->fd[op->slot], o->level, o->number, value);
}

static inline void do_getopt(struct text *t, struct world *w,
			     const struct op *op)
{
	const struct option_call *o = &opts[op->opt];
	char value[16] __attribute__((aligned(sizeof(int)))) = {};
	socklen_t len = o->type == AN_INT ? sizeof(int) : sizeof(value);
	int ret;

	ret = getsockopt(w->fd[op->slot], o->level, o->number, value, &len);
	say_result(t, ret);
	if (ret)
		return;
	if (o->type == A_DEVICE)
		say(t, " \"%s\"", value);
	else if (o->type == A_LINGER)
		say(t, " %d, %d", ((int *)value)[0], ((int *)value)[1]);
	else
		say(t, " %d", *(int *)value);
	if (len != sizeof(int))
		say(t, " (%d octets)", len);
}

static inline int do_socket(struct world *w, const struct op *op)
{
	const struct kind *k = &kinds[op->kind];
	int fd;

	if (op->uid)
		setfsuid(OTHER_UID);
	fd = socket(w->family, k->type | SOCK_NONBLOCK, k->protocol);
	if (op->uid)
		setfsuid(0);
	if (fd < 0)
		return -1;
	/* What waits for an acknowledgment to be sent would wait for a timer. */
	if (op->kind == KIND_TCP)
		set_int(fd, SOL_TCP, TCP_NODELAY, 1);
	w->fd[op->slot] = fd;
	w->kind[op->slot] = op->kind;
	return 0;
}

/* A little while is enough: what does not answer at once never does. */
static inline int do_connect(struct world *w, const struct op *op)
{
	struct timeval patience = { .tv_usec = op->val ? 10000 : 0 };
	int fd = w->fd[op->slot], ret, error;
	struct sockaddr_in sin;
	socklen_t len;

	len = make_name(w, op, &sin);
	if (op->val) {
		fcntl(fd, F_SETFL, 0);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			   sizeof(patience));
	}
	ret = connect(fd, (struct sockaddr *)&sin, len);
	error = errno;
	if (op->val)
		nonblocking(fd);
	errno = error;
	return ret;
}

static inline void do_accept(struct text *t, struct world *w,
			     const struct op *op)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);
	int fd;

	fd = accept4(w->fd[op->slot], (struct sockaddr *)&sin, &len,
		     accept_flags[op->val]);
	say_result(t, fd < 0 ? fd : 0);
	if (fd < 0)
		return;
	say(t, " flags %#x %#x", fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
	nonblocking(fd);
	say(t, " from ");
	say_name(t, w, false, &sin, len);
	if (w->fd[op->other] >= 0) {
		close(fd);
		return;
	}
	w->fd[op->other] = fd;
	w->kind[op->other] = w->kind[op->slot];
}

/*
 * Whether the call can be made: its socket is there, or not yet, and no stream is
 * to carry more than its window may hold.
 */
static inline bool is_possible(const struct world *w, const struct op *op)
{
	if ((op->call == CALL_SEND || op->call == CALL_SENDTO) &&
	    op->len >= LEN_HUGE && w->fd[op->slot] >= 0 &&
	    w->kind[op->slot] == KIND_TCP)
		return false;
	return (op->call == CALL_SOCKET) == (w->fd[op->slot] < 0);
}

/* Make a call in a world and say what came of it. @number tells data apart. */
static inline void make_call(struct text *t, struct world *w,
			     const struct op *op, int number)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };
	struct sockaddr_in sin;
	int fd = w->fd[op->slot];
	socklen_t len;

	switch ((enum call)op->call) {
	case CALL_SOCKET:
		say_result(t, do_socket(w, op));
		break;
	case CALL_CLOSE:
		say_result(t, close(fd));
		w->fd[op->slot] = -1;
		break;
	case CALL_BIND:
		len = make_name(w, op, &sin);
		say_result(t, bind(fd, (struct sockaddr *)&sin, len));
		break;
	case CALL_CONNECT:
		say_result(t, do_connect(w, op));
		break;
	case CALL_DISCONNECT:
		say_result(t, connect(fd, &sa, sizeof(sa)));
		break;
	case CALL_LISTEN:
		say_result(t, listen(fd, op->val));
		break;
	case CALL_ACCEPT:
		do_accept(t, w, op);
		break;
	case CALL_SEND:
	case CALL_SENDTO:
		say_result(t, do_send(w, op, number));
		break;
	case CALL_RECV:
		do_recv(t, w, op);
		break;
	case CALL_SHUTDOWN:
		say_result(t, shutdown(fd, op->val));
		break;
	case CALL_SETOPT:
		say_result(t, do_setopt(w, op));
		break;
	case CALL_GETOPT:
		do_getopt(t, w, op);
		break;
	case CALL_GETSOCKNAME:
	case CALL_GETPEERNAME:
		say_own_name(t, w, op->slot, op->call == CALL_GETPEERNAME);
		break;
	case CALLS:
		break;
	}
}

#endif /* _DIFFERENTIAL_H */
