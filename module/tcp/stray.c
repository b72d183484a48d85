// SPDX-License-Identifier: GPL-2.0
#include "stray.h"

#include <linux/random.h>

#include "../netns.h"
#include "segment.h"

/**
 * kite_stray_too_soon() - whether the last answer was only just sent
 * @net: the namespace; tcp_invalid_ratelimit says how far apart answers are
 * @last: when the last one was sent, the low 32 bits of jiffies, 0 = never; now, if not
 *	too soon
 * @skipped: what to count if it is
 *
 * So two ends that disagree do not answer each other for ever.
 *
 * Context: any; without a lock two CPUs may answer at once.
 */
bool kite_stray_too_soon(struct net *net, u32 *last, enum kite_counter skipped)
{
	u32 interval = READ_ONCE(net->ipv4.sysctl_tcp_invalid_ratelimit);
	u32 then = READ_ONCE(*last);

	if (then && (u32)jiffies - then < interval) {
		kite_count(net, skipped);
		return true;
	}
	WRITE_ONCE(*last, (u32)jiffies ?: 1);
	return false;
}

/**
 * kite_stray_limited() - whether a segment that fits nowhere gets no answer
 * @net: the namespace
 * @skb: the segment, kite_tcp_cb filled in
 * @last: when the last such answer was sent, the low 32 bits of jiffies, 0 = never
 * @skipped: what to count if there is none
 *
 * Data and FIN are answered each time: their sender waits for that, and an answer
 * has neither.
 *
 * Context: any.
 */
bool kite_stray_limited(struct net *net, const struct sk_buff *skb, u32 *last,
			enum kite_counter skipped)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);

	if (cb->seq != cb->end_seq && !(cb->flags & KITE_TCP_SYN))
		return false;
	return kite_stray_too_soon(net, last, skipped);
}

/*
 * Whether the namespace may send one more challenge. tcp_challenge_ack_limit of them a
 * second, half more or less by chance: whoever counts them learns nothing about other
 * connections from it. CPUs that begin a second at once may allow some more.
 */
static bool challenge_allowed(struct net *net)
{
	int limit = READ_ONCE(net->ipv4.sysctl_tcp_challenge_ack_limit);
	struct kite_net *kn = kite_net(net);
	unsigned long second = jiffies / HZ;

	if (limit == INT_MAX)
		return true;
	if (limit <= 0)
		return false;
	if (READ_ONCE(kn->challenge_second) != second) {
		WRITE_ONCE(kn->challenge_second, second);
		atomic_set(&kn->challenge_left, limit - limit / 2 +
						(int)(get_random_u32() % limit));
	}
	return atomic_dec_if_positive(&kn->challenge_left) >= 0;
}

/**
 * kite_challenge_due() - whether to ask the peer if it meant that, RFC 5961
 * @net: the namespace
 * @last: when something like that was last answered on the connection, the low 32 bits of
 *	jiffies, 0 = never; now, if a challenge is due or the namespace has none left
 *
 * Not more often than tcp_invalid_ratelimit per connection, and tcp_challenge_ack_limit
 * per namespace, allow. Who asks must send it: it is counted.
 *
 * Context: any.
 */
bool kite_challenge_due(struct net *net, u32 *last)
{
	/* What one connection may not send costs the others nothing. */
	if (kite_stray_too_soon(net, last, KITE_CNT_TcpExt_TCPACKSkippedChallenge) ||
	    !challenge_allowed(net))
		return false;
	kite_count(net, KITE_CNT_TcpExt_TCPChallengeACK);
	return true;
}
