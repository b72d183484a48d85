/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What came of a step at one host and at the other, compared; where KITE differs on purpose is
 * said here, and in docs/MIRROR.md.
 */
#ifndef _KITE_TCP_SAME_COMPARE_H
#define _KITE_TCP_SAME_COMPARE_H

#include "tcp_same_take.h"

#define MSS_LEAST	536
#define TIMEOUT_LEAST	1000	/* without a round trip's time, milliseconds */

enum verdict { SAME, OVER, DIFFERS };

/*
 * struct before - what was there when the step was taken
 * @state: of the connection
 * @has_socket: and a program holds its socket
 * @next: our number that the hosts expected
 * @sent: the host's number behind all that it had sent
 * @beyond: something came beyond a gap: AF_INET made what it has to send smaller then, and may
 *	go by the window that a segment before the gap told later
 * @una: the host's number up to which all is acknowledged
 * @syn: our number behind the last SYN that was answered by a cookie
 * @small_out: the send buffer is
 * @clamped: the window was given an end by the program
 * @small_in: the receive buffer is
 * @cut: a window was smaller than any segment, and what was written then is cut accordingly
 * @slowed: the peer has told the host of a mark
 * @old_cwr: ... that it goes slower, with an acknowledgment that is old or behind its FIN
 * @syn_ack: a half-open connection has got one, of which AF_INET makes a socket
 * @edge: where the hosts' windows ended, the nearer and the farther one
 */
struct before {
	unsigned int state;
	bool has_socket;
	bool beyond;
	bool small_out;
	bool small_in;
	bool clamped;
	bool cut;
	bool slowed;
	bool old_cwr;
	bool syn_ack;
	int32_t una;
	int32_t syn;
	int32_t next;
	int32_t sent;
	int32_t edge[2];
};

static inline int32_t end_of(const struct step *s)
{
	return s->seq + s->len + !!(s->flags & SYN) + !!(s->flags & FIN);
}

/* The windows of the two need not end at the same octet; what comes between is not compared. */
static inline bool is_between_edges(const struct step *s, const struct before *b)
{
	int32_t last = end_of(s);

	return b->edge[0] < b->edge[1] &&
	       ((s->seq >= b->edge[0] && s->seq <= b->edge[1]) ||
		(last > b->edge[0] && last <= b->edge[1]));
}

/* Who is told that the peer is late asks again at once, and that is when a timer fires. */
static inline bool sets_a_timer(const struct step *s, const struct before *b)
{
	return b->state == TCP_SYN_SENT && s->flags & ACK && s->ack != 1;
}

/* Whether a segment of the host's is no more than an acknowledgment. */
static inline bool is_mere_ack(const struct heard *h)
{
	return (h->flags & ~(PSH | URG | ECE | CWR)) == ACK && !h->len;
}

/* What the one reports does not count: it is what the other does. */
static inline void report_as(struct heard *h, const struct heard *other)
{
	h->n_blocks = other->n_blocks;
	memcpy(h->blocks, other->blocks, sizeof(h->blocks));
}

static inline void leave_out(struct outcome *out, unsigned int i)
{
	out->n--;
	memmove(&out->heard[i], &out->heard[i + 1], (out->n - i) * sizeof(out->heard[0]));
	memset(&out->heard[out->n], 0, sizeof(out->heard[0]));
}

static inline bool reports_beside_data(const struct outcome *out)
{
	unsigned int i;

	for (i = 0; i < out->n; i++)
		if (out->heard[i].len && out->heard[i].n_blocks)
			return true;
	return false;
}

/* Whether all that is different is that something in a block is said to have come twice. */
static inline bool repeats_within(const struct heard *h, const struct heard *other)
{
	return h->n_blocks == other->n_blocks + 1 && h->n_blocks > 1 &&
	       h->blocks[0] >= h->blocks[2] && h->blocks[1] <= h->blocks[3] &&
	       !memcmp(h->blocks + 2, other->blocks, other->n_blocks * 8);
}

/* Whether a segment of ours says that a part of what it reports came twice. */
static inline bool reports_twice(const struct step *s)
{
	const unsigned char *o = s->options, *end = o + s->optlen;
	int32_t block[4];
	unsigned int i;

	while (o < end && (*o == OPT_NOP || (*o != OPT_SACK && o + 1 < end && o[1])))
		o += *o == OPT_NOP ? 1 : o[1];
	if (o + 2 + sizeof(block) > end)
		return false;
	for (i = 0; i < 4; i++)
		block[i] = get32(o + 2 + 4 * i);
	return block[0] >= block[2] && block[1] <= block[3];
}

/* Whether it says nothing but a time that is before the one that is echoed, milliseconds. */
static inline bool is_old(const struct step *s, const struct heard *h, int by)
{
	unsigned int at = __builtin_ctzll(s->by_clock | 1ULL << 40);

	return end_of(s) == s->seq && at < s->optlen &&
	       (int32_t)(h->tsecr - get32(s->options + at - 4)) > by;
}

static inline bool peer_has_closed(unsigned int state)
{
	return state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK || state == TCP_CLOSING ||
	       state == TCP_TIME_WAIT;
}

static inline unsigned int data_in(const struct outcome *out)
{
	unsigned int i, len = 0;

	for (i = 0; i < out->n; i++)
		len += out->heard[i].len;
	return len;
}

/* Whether all that is different is that one sends more again than the other. */
static inline bool sends_more_again(const struct outcome *out, int32_t sent)
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
static inline void acknowledge_at_once(struct outcome *out)
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
static inline bool is_data_otherwise(const struct outcome *out)
{
	return (data_in(&out[0]) || data_in(&out[1])) &&
	       (out[0].n != out[1].n || memcmp(out[0].heard, out[1].heard, sizeof(out[0].heard)));
}

/* Whether all that is different is that one sends less of what was never sent. */
static inline bool sends_less_new(const struct outcome *out)
{
	const struct outcome *less = &out[out[0].n > out[1].n];

	return out[0].n != out[1].n && data_in(&out[0]) != data_in(&out[1]) &&
	       !memcmp(out[0].heard, out[1].heard, less->n * sizeof(less->heard[0]));
}

static inline bool differs_in(const struct outcome *out, unsigned int flag)
{
	unsigned int i;

	for (i = 0; i < out[0].n && i < out[1].n; i++)
		if ((out[0].heard[i].flags ^ out[1].heard[i].flags) == flag)
			return true;
	return false;
}

static inline bool answers_alone(const struct outcome *one, const struct outcome *other)
{
	return one->n == 1 && is_mere_ack(&one->heard[0]) && !other->n;
}

/* How often each of the rules below had a part in it. */
static struct {
	const char *name;
	unsigned long used;
} rules[48];

static inline bool by_rule(const char *name)
{
	unsigned int i = 0;

	while (rules[i].name && strcmp(rules[i].name, name))
		i++;
	rules[i].name = name;
	rules[i].used++;
	return true;
}

/* What is_on_purpose() says, of what came of a segment. */
static inline bool is_segment_on_purpose(const struct step *s, const struct before *b,
					 struct outcome out[2])
{
	struct outcome *inet = &out[0], *kite = &out[1];
	bool half_open = b->state == TCP_SYN_RECV;
	bool both_ack = inet->n == 1 && kite->n == 1 && is_mere_ack(&inet->heard[0]) &&
		is_mere_ack(&kite->heard[0]);

	/* How many segments fit into a buffer that is less than the window is not the same. */
	if (b->small_in && end_of(s) != s->seq &&
	    (inet->received != kite->received || inet->ooo != kite->ooo || inet->n != kite->n ||
	     memcmp(inet->heard, kite->heard, sizeof(inet->heard))))
		return by_rule("what a receive buffer holds");
	/* A mark is one of data; AF_INET takes that of a FIN beyond a gap for one. */
	if (s->flags & FIN && !s->len && s->tos &&
	    (differs_in(out, ECE) || inet->options != kite->options))
		return by_rule("a mark of a FIN");
	/* AF_INET's cookies do not bind the numbers of both SYNs to the last octet. */
	if (!b->state && inet->on_wire && !kite->on_wire && (s->seq != b->syn || s->ack != 1))
		return by_rule("an acknowledgment that is beside the cookie");
	/* What is sent again acknowledges the data of the segment that asked for it. */
	if (s->len && inet->n > 1 && kite->n && !is_mere_ack(&inet->heard[0]) &&
	    by_rule("what is sent again acknowledges")) {
		acknowledge_at_once(inet);
		acknowledge_at_once(kite);
	}
	/* AF_INET may go by the window of what was before the gap, and so by its age. */
	if (b->beyond && s->seq == b->next && is_old(s, &inet->heard[0], 1) &&
	    answers_alone(inet, kite) && by_rule("the latest window is of the highest number"))
		leave_out(inet, 0);
	/* How old an acknowledgment may be depends on the timeout, and that on round trips. */
	if (s->seq == b->next && is_old(s, &kite->heard[0], TIMEOUT_LEAST) &&
	    answers_alone(kite, inet) && by_rule("how old an acknowledgment may be"))
		leave_out(kite, 0);
	/* An acknowledgment of what was never sent, or of nothing, is answered. */
	if (s->flags & ACK && (s->ack > b->sent || s->ack <= 0)) {
		if (answers_alone(kite, inet) && by_rule("an acknowledgment of nothing"))
			leave_out(kite, 0);
		if (!s->ack)
			return by_rule("an acknowledgment of the own SYN's number");
	}
	/* RFC 5961 for half-open connections and orphans in FIN_WAIT2, too. */
	if (s->flags & (SYN | RST) && !b->has_socket && (half_open || b->state == TCP_FIN_WAIT2))
		return by_rule("RST and SYN before and after there is a socket");
	/* The answer to a SYN is a challenge, which says nothing else (so is Linux's since 6.8). */
	if (s->flags & SYN && both_ack && by_rule("a challenge says nothing else"))
		report_as(&inet->heard[0], &kite->heard[0]);
	/* A simultaneous open ends with an acknowledgment of the SYN. */
	if (half_open && b->has_socket && s->flags & ACK && s->ack != b->sent)
		return by_rule("what ends a simultaneous open");
	/* Data and FIN with a SYN-ACK are taken in. */
	if (b->state == TCP_SYN_SENT && (s->flags & (SYN | ACK)) == (SYN | ACK) &&
	    end_of(s) != s->seq + 1)
		return by_rule("data and FIN with a SYN-ACK");
	/* With the FIN AF_INET forgets what came twice, or tells of what is beyond it. */
	if (inet->n && kite->n && inet->on_wire != b->state && peer_has_closed(inet->on_wire) &&
	    by_rule("reports with the FIN's acknowledgment"))
		report_as(&inet->heard[0], &kite->heard[0]);
	/* There is nothing behind a FIN; AF_INET takes another one. */
	if (peer_has_closed(b->state) && end_of(s) > b->next)
		return by_rule("what is behind a FIN");
	/* Who is left with FIN_WAIT2 by what is old answers it. */
	if (b->state == TCP_FIN_WAIT1 && inet->on_wire == TCP_FIN_WAIT2 && !b->has_socket &&
	    end_of(s) != s->seq && answers_alone(kite, inet) &&
	    by_rule("FIN_WAIT2 by what is old"))
		leave_out(kite, 0);
	/* What AF_INET joins to what it follows, it does not see come twice. */
	if (both_ack && repeats_within(&kite->heard[0], &inet->heard[0]) &&
	    by_rule("what came twice beside its like"))
		report_as(&inet->heard[0], &kite->heard[0]);
	/* AF_INET's half-open connection echoes no timestamp that is 0. */
	if (half_open && both_ack && kite->heard[0].has_ts && !kite->heard[0].tsecr &&
	    by_rule("half-open connections echo 0"))
		inet->heard[0].has_ts = true;
	return false;
}

/*
 * What KITE does otherwise on purpose, docs/MIRROR.md: the difference is taken out of the
 * outcomes. True when the two do not go on alike after it.
 */
static inline bool is_on_purpose(const struct step *s, const struct before *b,
				 struct outcome out[2])
{
	struct outcome *inet = &out[0], *kite = &out[1];
	bool half_open = b->state == TCP_SYN_RECV;
	unsigned int i;

	/* A SYN-ACK that nobody asked for makes no connection. */
	if (b->syn_ack)
		return by_rule("a SYN-ACK for a half-open connection");
	/* Blocks beside data only where they fit; AF_INET makes segments smaller. */
	if (reports_beside_data(inet) || (b->beyond && is_data_otherwise(out)))
		return by_rule("blocks beside data");
	/* The window with a SYN-ACK is not scaled, RFC 7323 2.2; and what is old tells none. */
	if (inet->window != kite->window && (b->beyond || s->flags & SYN))
		return by_rule("the window of a SYN, or of what is old");
	/* The rate of a recovery is one of octets; AF_INET's of segments. */
	if (inet->again != kite->again && sends_more_again(out, b->sent))
		return by_rule("the rate of a recovery");
	/* A cookie holds one of some sizes, KITE's of more of them, and TCP_MAXSEG counts, too. */
	if (b->syn && inet->mss != kite->mss)
		return by_rule("the MSS that a cookie holds");
	/* A FIN is in no queue, where it could be marked as reported. */
	if (inet->sacked == kite->sacked + 1 &&
	    (b->state == TCP_FIN_WAIT1 || b->state == TCP_CLOSING || b->state == TCP_LAST_ACK))
		return by_rule("a report of the FIN");
	/* Who says that what was sent once came twice is late, not short of it. */
	if (s->call == SEGMENT && reports_twice(s) && inet->again > kite->again)
		return by_rule("what was sent once came twice");
	/* How small segments may be when a window is smaller than any. */
	if (inet->mss < MSS_LEAST && kite->mss > inet->mss &&
	    by_rule("segments for a window smaller than any"))
		inet->mss = kite->mss;
	/* With a SYN-ACK only that is offered which the SYN did. */
	for (i = 0; i < inet->n && i < kite->n; i++)
		if ((inet->heard[i].flags & (SYN | ACK)) == (SYN | ACK) && b->has_socket &&
		    by_rule("what the SYN-ACK of a simultaneous open offers")) {
			inet->heard[i].wscale = kite->heard[i].wscale;
			inet->heard[i].sack_ok = kite->heard[i].sack_ok;
			inet->heard[i].has_ts = kite->heard[i].has_ts;
		}
	/* At a mark behind the FIN no reader ever is. */
	if (inet->mark != kite->mark && inet->events & POLLRDHUP)
		return by_rule("a mark behind the FIN");
	/* An urgent octet is one of data; AF_INET's may be one of a header. */
	if ((inet->events ^ kite->events) == POLLPRI && inet->events & POLLPRI)
		return by_rule("an urgent octet of a header");
	/* Data that was cut for a small window stays so; AF_INET's. */
	if (b->cut && (is_data_otherwise(out) ||
		       (s->call == SEND && inet->result != kite->result)))
		return by_rule("data that was written for a small window");
	/* What MSG_MORE holds leaves with the next acknowledgment; not on AF_INET's fast path. */
	if (inet->unsent > kite->unsent && data_in(&out[1]) && !data_in(&out[0]) &&
	    s->call == SEGMENT && s->ack == b->una && s->len)
		return by_rule("how long MSG_MORE holds");
	/* An echo that acknowledges our SYN is none of data. */
	if (b->slowed && differs_in(out, CWR))
		return by_rule("an echo with the handshake");
	/* Whatever comes says that the path is well again; not on AF_INET's fast path. */
	if (s->call == ERROR && inet->result > 0 && !kite->result)
		return by_rule("how long an ICMP error is remembered");
	/* A mark leaves a part of what was outstanding; with AF_INET of the window, used or not. */
	if (b->slowed && sends_less_new(out))
		return by_rule("what a mark leaves of the window");
	/* Whose CWR counts. */
	if (b->old_cwr && differs_in(out, ECE))
		return by_rule("CWR with an old acknowledgment");
	/* What was too large goes again, and KITE sends what is new as well. */
	if (s->call == REPORT && inet->mss == kite->mss && is_data_otherwise(out))
		return by_rule("what was too large goes again");
	/* AF_INET opens a window little by little. */
	if (b->clamped && s->call == RECV && answers_alone(kite, inet) &&
	    by_rule("how soon a window opens"))
		leave_out(kite, 0);
	/* Who is told that no more can come. */
	if ((b->small_in || b->clamped) && (inet->events ^ kite->events) == POLLIN &&
	    by_rule("when a receive buffer is full"))
		kite->events = inet->events;
	/* What a segment takes of a buffer that was made small is not the same. */
	if (b->small_out) {
		if (s->call == SEND && inet->result != kite->result)
			return by_rule("what a send buffer holds");
		if ((inet->events ^ kite->events) == POLLOUT && by_rule("when a buffer is full"))
			kite->events = inet->events;
	}
	if (s->call == RECV && s->how & MSG_OOB && inet->result == kite->result &&
	    inet->sum != kite->sum)
		return by_rule("an urgent octet of a header");
	/* Who closes before a simultaneous open is complete says so afterwards. */
	if (s->call == CLOSE && half_open && b->has_socket)
		return by_rule("close() in a simultaneous open");
	return s->call == SEGMENT && is_segment_on_purpose(s, b, out);
}

/* What is not promised. */
static inline void forget_guesses(struct outcome *out)
{
	unsigned int i;

	for (i = 0; i < out->n; i++) {
		out->heard[i].flags &= ~PSH;
		/* Who is reset does not answer a mark. */
		if (out->heard[i].flags & RST)
			out->heard[i].flags &= ~(ECE | CWR);
	}
}

static inline enum verdict judge(const struct step *s, const struct before *b,
				 struct outcome out[2])
{
	if (s->call == SEGMENT && is_between_edges(s, b) && by_rule("between the windows' ends"))
		return OVER;
	if (s->call == SEGMENT && sets_a_timer(s, b) && by_rule("a timer is set"))
		return OVER;
	forget_guesses(&out[0]);
	forget_guesses(&out[1]);
	if (!memcmp(&out[0], &out[1], sizeof(out[0])))
		return SAME;
	if (is_on_purpose(s, b, out))
		return OVER;
	return memcmp(&out[0], &out[1], sizeof(out[0])) ? DIFFERS : SAME;
}

#endif /* _KITE_TCP_SAME_COMPARE_H */
