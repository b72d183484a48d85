// SPDX-License-Identifier: GPL-2.0
#include "user.h"

#include <net/tcp.h>

#include "cong.h"
#include "info.h"
#include "mss.h"
#include "output.h"
#include "saved_syn.h"
#include "timer.h"

/* Bounds of tcp(7), seconds and counts. */
#define KITE_KEEP_TIME_MAX	32767
#define KITE_KEEP_PROBES_MAX	127
#define KITE_SYN_RETRIES_MAX	127
#define KITE_MSS_MIN_USER	88

static int set_congestion(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	char name[TCP_CA_NAME_MAX];
	long n;

	if (!optlen)
		return -EINVAL;
	n = strncpy_from_sockptr(name, optval,
				 min_t(long, TCP_CA_NAME_MAX - 1, optlen));
	if (n < 0)
		return -EFAULT;
	name[n] = '\0';
	return kite_cong_choose(sk, name);
}

/* TCP_KEEPIDLE also moves a timer that runs already. */
static int set_keepidle(struct sock *sk, int val)
{
	if (val < 1 || val > KITE_KEEP_TIME_MAX)
		return -EINVAL;
	kite_tcp_sk(sk)->keep_idle = val * HZ;
	if (sock_flag(sk, SOCK_KEEPOPEN))
		kite_tcp_set_keepalive(sk, true);
	return 0;
}

static void set_linger2(struct sock *sk, int val)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	if (val < 0)
		tp->linger2 = -1;
	else if (val > KITE_TIMEWAIT_LEN / HZ * 2)
		tp->linger2 = KITE_TIMEWAIT_LEN * 2;
	else
		tp->linger2 = val * HZ;
}

/* How long the @n-th SYN-ACK is waited for, seconds. */
static unsigned int synack_wait(unsigned int n)
{
	return min(KITE_RTO_INIT << min(n, 7U), KITE_RTO_MAX) / HZ;
}

/* TCP_DEFER_ACCEPT is kept as how many SYN-ACKs take at least so long. */
static u8 synacks_for(int seconds)
{
	unsigned int n = 0;
	int waited = 0;

	while (waited < seconds && n < U8_MAX)
		waited += synack_wait(n++);
	return n;
}

static int synacks_last(u8 n)
{
	int waited = 0;

	while (n)
		waited += synack_wait(--n);
	return waited;
}

static void set_quickack(struct sock *sk, int val)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	tp->pingpong = !val;
	if (!val)
		return;
	if (!kite_tcp_is_state(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) ||
	    !(tp->ack_pending & KITE_ACK_SCHED))
		return;
	kite_tcp_send_ack(sk);
	/* An even value holds for this one acknowledgment only. */
	if (!(val & 1))
		tp->pingpong = true;
}

static int write_option(struct sock *sk, int optname, int val)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	switch (optname) {
	case TCP_NODELAY:
		if (val) {
			tp->nagle |= KITE_NAGLE_OFF | KITE_NAGLE_PUSH;
			kite_tcp_push(sk);
		} else {
			tp->nagle &= ~KITE_NAGLE_OFF;
		}
		return 0;
	case TCP_CORK:
		if (val) {
			tp->nagle |= KITE_NAGLE_CORK;
		} else {
			tp->nagle &= ~KITE_NAGLE_CORK;
			if (tp->nagle & KITE_NAGLE_OFF)
				tp->nagle |= KITE_NAGLE_PUSH;
			kite_tcp_push(sk);
		}
		return 0;
	case TCP_MAXSEG:
		if (val && (val < KITE_MSS_MIN_USER || val > MAX_TCP_WINDOW))
			return -EINVAL;
		tp->user_mss = val;
		kite_tcp_mss_options(sk);
		return 0;
	case TCP_SYNCNT:
		if (val < 1 || val > KITE_SYN_RETRIES_MAX)
			return -EINVAL;
		tp->syn_retries = val;
		return 0;
	case TCP_LINGER2:
		set_linger2(sk, val);
		return 0;
	case TCP_DEFER_ACCEPT:
		WRITE_ONCE(tp->defer_accept, synacks_for(val));
		return 0;
	case TCP_KEEPIDLE:
		return set_keepidle(sk, val);
	case TCP_KEEPINTVL:
		if (val < 1 || val > KITE_KEEP_TIME_MAX)
			return -EINVAL;
		tp->keep_intvl = val * HZ;
		return 0;
	case TCP_KEEPCNT:
		if (val < 1 || val > KITE_KEEP_PROBES_MAX)
			return -EINVAL;
		tp->keep_probes = val;
		return 0;
	case TCP_USER_TIMEOUT:
		if (val < 0)
			return -EINVAL;
		tp->user_timeout = val;
		return 0;
	case TCP_NOTSENT_LOWAT:
		WRITE_ONCE(tp->notsent_lowat, val);
		sk->sk_write_space(sk);
		return 0;
	case TCP_QUICKACK:
		set_quickack(sk, val);
		return 0;
	case TCP_INQ:
		if (val < 0 || val > 1)
			return -EINVAL;
		tp->tells_inq = val;
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
		if (val < 0 || val > 1)
			return -EINVAL;
		tp->thin_linear = val;
		return 0;
	case TCP_THIN_DUPACK:
		/* What it asked for is what RACK does for everybody, RFC 8985 3.3.1. */
		return val < 0 || val > 1 ? -EINVAL : 0;
	case TCP_SAVE_SYN:
		if (val < 0 || val > KITE_SAVE_SYN_LINK)
			return -EINVAL;
		WRITE_ONCE(tp->save_syn, val);
		return 0;
	case TCP_WINDOW_CLAMP:
		if (!val && sk->sk_state != TCP_CLOSE)
			return -EINVAL;
		/* A negative one is no limit, as with AF_INET. */
		tp->window_clamp = val ? max_t(u32, val, SOCK_MIN_RCVBUF / 2) : 0;
		return 0;
	}
	return -ENOPROTOOPT;
}

/**
 * kite_tcp_setsockopt() - options at SOL_TCP (proto.setsockopt)
 * @sk: the socket
 * @level: other levels are not for us
 * @optname: TCP_*
 * @optval: the value
 * @optlen: octets of it
 *
 * Context: process.
 * Return: 0, -ENOPROTOOPT, -EINVAL, -EFAULT.
 */
int kite_tcp_setsockopt(struct sock *sk, int level, int optname,
			sockptr_t optval, unsigned int optlen)
{
	int val, err;

	if (level != SOL_TCP)
		return -ENOPROTOOPT;
	if (optname == TCP_CONGESTION)
		return set_congestion(sk, optval, optlen);
	if (optlen < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&val, optval, sizeof(val)))
		return -EFAULT;

	lock_sock(sk);
	err = write_option(sk, optname, val);
	release_sock(sk);
	return err;
}

static int read_option(const struct sock *sk, int optname, int *val)
{
	const struct kite_tcp_sock *tp = kite_tcp_sk(sk);
	const struct net *net = sock_net(sk);

	switch (optname) {
	case TCP_NODELAY:
		*val = !!(tp->nagle & KITE_NAGLE_OFF);
		return 0;
	case TCP_CORK:
		*val = !!(tp->nagle & KITE_NAGLE_CORK);
		return 0;
	case TCP_MAXSEG:
		*val = tp->mss;
		if (tp->user_mss &&
		    kite_tcp_is_state(sk, TCPF_CLOSE | TCPF_LISTEN))
			*val = tp->user_mss;
		return 0;
	case TCP_SYNCNT:
		*val = tp->syn_retries ?:
			READ_ONCE(net->ipv4.sysctl_tcp_syn_retries);
		return 0;
	case TCP_LINGER2:
		*val = tp->linger2;
		if (*val >= 0)
			*val = (*val ?: READ_ONCE(net->ipv4.sysctl_tcp_fin_timeout)) / HZ;
		return 0;
	case TCP_DEFER_ACCEPT:
		*val = synacks_last(tp->defer_accept);
		return 0;
	case TCP_KEEPIDLE:
		*val = (tp->keep_idle ?: (u32)
			READ_ONCE(net->ipv4.sysctl_tcp_keepalive_time)) / HZ;
		return 0;
	case TCP_KEEPINTVL:
		*val = (tp->keep_intvl ?: (u32)
			READ_ONCE(net->ipv4.sysctl_tcp_keepalive_intvl)) / HZ;
		return 0;
	case TCP_KEEPCNT:
		*val = tp->keep_probes ?:
			READ_ONCE(net->ipv4.sysctl_tcp_keepalive_probes);
		return 0;
	case TCP_USER_TIMEOUT:
		*val = tp->user_timeout;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*val = tp->notsent_lowat;
		return 0;
	case TCP_QUICKACK:
		*val = !tp->pingpong;
		return 0;
	case TCP_INQ:
		*val = tp->tells_inq;
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
		*val = tp->thin_linear;
		return 0;
	case TCP_THIN_DUPACK:
		*val = 0;
		return 0;
	case TCP_SAVE_SYN:
		*val = tp->save_syn;
		return 0;
	case TCP_WINDOW_CLAMP:
		*val = tp->window_clamp;
		return 0;
	}
	return -ENOPROTOOPT;
}

/**
 * kite_tcp_getsockopt() - options at SOL_TCP (proto.getsockopt)
 * @sk: the socket
 * @level: other levels are not for us
 * @optname: TCP_*
 * @optval: where to
 * @optlen: octets of room, and of the value
 *
 * Context: process.
 * Return: 0, -EOPNOTSUPP for a level that is not ours, -ENOPROTOOPT, -EINVAL,
 * -EFAULT.
 */
int kite_tcp_getsockopt(struct sock *sk, int level, int optname,
			char __user *optval, int __user *optlen)
{
	char name[TCP_CA_NAME_MAX];
	struct tcp_info info;
	const void *from;
	int len, val, err;
	unsigned int size;

	if (level != SOL_TCP)
		return -EOPNOTSUPP;
	if (get_user(len, optlen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;

	switch (optname) {
	case TCP_INFO:
		lock_sock(sk);
		kite_tcp_get_info(sk, &info);
		release_sock(sk);
		from = &info;
		size = sizeof(info);
		break;
	case TCP_CONGESTION:
		lock_sock(sk);
		strscpy_pad(name, kite_tcp_sk(sk)->cong->name, sizeof(name));
		release_sock(sk);
		from = name;
		size = sizeof(name);
		break;
	case TCP_SAVED_SYN:
		lock_sock(sk);
		err = kite_syn_read(sk, optval, optlen, len);
		release_sock(sk);
		return err;
	case TCP_CC_INFO:
		/* No algorithm has anything to tell of itself. */
		from = NULL;
		size = 0;
		break;
	default:
		lock_sock(sk);
		err = read_option(sk, optname, &val);
		release_sock(sk);
		if (err)
			return err;
		from = &val;
		size = sizeof(val);
	}

	len = min_t(unsigned int, len, size);
	if (put_user(len, optlen) || copy_to_user(optval, from, len))
		return -EFAULT;
	return 0;
}
