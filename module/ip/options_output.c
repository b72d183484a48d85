// SPDX-License-Identifier: GPL-2.0
/*
 * Options of what is sent: as a user wants them (IP_OPTIONS, IP_RETOPTS), or as
 * they answer those of a packet that came in.
 */
#include "options.h"

#include <linux/uaccess.h>
#include <net/ip.h>
#include <net/route.h>

/* An option by its offset in the header, as struct kite_options has it. */
static u8 *kite_wanted(struct kite_ip_options *out, u8 at)
{
	return out->data + at - sizeof(struct iphdr);
}

/*
 * What is sent has a first hop; a source route that is under way already, or
 * that is none, is for nobody to send.
 */
static bool kite_source_route_begins(const u8 *option)
{
	return option[2] == IPOPT_MINOFF && option[1] >= 7 &&
	       (option[1] - 3) % sizeof(__be32) == 0;
}

/* What will be filled in on sending says nothing before. */
static void kite_options_blank(struct kite_ip_options *out)
{
	u8 *option;

	if (out->at.flags & KITE_OPT_RECORD) {
		option = kite_wanted(out, out->at.rr);
		memset(option + option[2] - 1, 0, sizeof(__be32));
	}
	if (out->at.flags & KITE_OPT_TS_TIME) {
		option = kite_wanted(out, out->at.ts);
		option += option[2] - 1;
		if (out->at.flags & KITE_OPT_TS_ADDR)
			memset(option, 0, 2 * sizeof(__be32));
		else if ((kite_wanted(out, out->at.ts)[3] & 0xf) ==
			 IPOPT_TS_PRESPEC)
			memset(option + sizeof(__be32), 0, sizeof(__be32));
		else
			memset(option, 0, sizeof(__be32));
	}
	if (out->at.flags & KITE_OPT_TAIL)
		kite_options_trim(out->data, out->len);
}

/**
 * kite_options_get() - read options that a user wants to send (twin of
 * ip_options_get())
 * @net: the namespace
 * @out: filled in; not to be used on failure
 * @data: the options, in user or kernel memory
 * @len: octets of @data; 0 = no options
 *
 * Context: process.
 * Return: 0; -EFAULT; -EINVAL when they are too long, malformed, or such as need
 * CAP_NET_RAW in the namespace's user namespace; -EPERM for a source route
 * without it.
 */
int kite_options_get(struct net *net, struct kite_ip_options *out,
		     sockptr_t data, unsigned int len)
{
	bool capable = ns_capable(net->user_ns, CAP_NET_RAW);
	u8 *option;

	memset(out, 0, sizeof(*out));
	if (len > KITE_OPTIONS_MAX)
		return -EINVAL;
	if (copy_from_sockptr(out->data, data, len))
		return -EFAULT;
	out->len = ALIGN(len, 4);
	if (kite_options_parse(net, out->data, out->len, &out->at))
		return -EINVAL;
	if (out->at.flags & KITE_OPT_PRIVILEGED && !capable)
		return -EINVAL;
	if (out->at.srr) {
		option = kite_wanted(out, out->at.srr);
		if (!kite_source_route_begins(option))
			return -EINVAL;
		if (!capable)
			return -EPERM;
		memcpy(&out->first_hop, option + 3, sizeof(out->first_hop));
	}
	kite_options_blank(out);
	return 0;
}

/**
 * kite_options_build() - write options into a header (twin of
 * ip_options_build())
 * @iph: the header; ihl, source and destination are those of the packet
 * @opt: the options; there is room for @len octets behind @iph
 * @daddr: where the packet goes in the end, network order
 *
 * Context: any.
 */
void kite_options_build(struct iphdr *iph, const struct kite_ip_options *opt,
			__be32 daddr)
{
	u8 *header = (u8 *)iph;

	memcpy(iph + 1, opt->data, opt->len);
	if (opt->at.srr) {
		u8 *hops = header + opt->at.srr + 3;
		unsigned int rest = header[opt->at.srr + 1] - 3 - sizeof(daddr);

		/* The first hop is the packet's destination: the list moves up. */
		memmove(hops, hops + sizeof(daddr), rest);
		memcpy(hops + rest, &daddr, sizeof(daddr));
	}
	kite_options_stamp(header, &opt->at, iph->saddr);
}

/*
 * The option of a packet that came in, if it is still what it was and fits behind
 * the others: hook functions may have written to it.
 */
static const u8 *kite_received(const struct sk_buff *skb, u8 at, u8 min,
			       const struct kite_ip_options *out)
{
	const u8 *option = skb_network_header(skb) + at;
	unsigned int len = skb_network_header_len(skb);

	if (!at || at + min > len || option[1] < min || at + option[1] > len ||
	    out->len + option[1] > KITE_OPTIONS_MAX)
		return NULL;
	return option;
}

/* Take over an option as it is. Return: where it is now. */
static u8 *kite_echo_copy(struct kite_ip_options *out, u8 *at, const u8 *option)
{
	u8 *copy = out->data + out->len;

	*at = sizeof(struct iphdr) + out->len;
	memcpy(copy, option, option[1]);
	out->len += option[1];
	return copy;
}

static int kite_echo_record_route(struct kite_ip_options *out,
				  const u8 *option)
{
	if (!option)
		return 0;
	kite_echo_copy(out, &out->at.rr, option);
	if (option[2] > option[1])
		return 0;
	if (option[2] < IPOPT_MINOFF || option[2] + 3 > option[1])
		return -EINVAL;
	out->at.flags |= KITE_OPT_RECORD;
	return 0;
}

/* @flags say what this host has put in already: it goes on in the same way. */
static int kite_echo_time_stamp(struct net *net, struct kite_ip_options *out,
				const u8 *option, u8 flags)
{
	unsigned int ptr, room;
	__be32 addr;

	if (!option)
		return 0;
	kite_echo_copy(out, &out->at.ts, option);
	ptr = option[2];
	if (ptr <= IPOPT_MINOFF || ptr > option[1])
		return 0;
	room = option[1] + 1 - ptr;
	if (flags & KITE_OPT_TS_ADDR) {
		if (room < 8)
			return -EINVAL;
		out->at.flags |= KITE_OPT_TS_ADDR | KITE_OPT_TS_TIME;
	} else if (flags & KITE_OPT_TS_TIME) {
		if (room < 4)
			return -EINVAL;
		if ((option[3] & 0xf) != IPOPT_TS_PRESPEC) {
			out->at.flags |= KITE_OPT_TS_TIME;
		} else if (room >= 8) {
			memcpy(&addr, option + ptr - 1, sizeof(addr));
			if (inet_addr_type(net, addr) != RTN_UNICAST)
				out->at.flags |= KITE_OPT_TS_TIME;
		}
	}
	return 0;
}

/*
 * RFC 1122 3.2.1.8 (c): the way back is the way that was recorded, reversed. The
 * one who sent is its end, and must not be in it as well (RFC 1812 5.2.4.1).
 */
static void kite_echo_source_route(struct kite_ip_options *out,
				   const u8 *option, __be32 saddr)
{
	u8 *copy = out->data + out->len;
	unsigned int at, first, n = 0;

	if (!option)
		return;
	at = min_t(unsigned int, option[2], option[1] + 1);
	if (at < IPOPT_MINOFF + sizeof(saddr))
		return;
	/* Pointers count from one. */
	for (at -= sizeof(saddr), first = at; at >= IPOPT_MINOFF;
	     at -= sizeof(saddr)) {
		memcpy(copy + 3 + n, option + at - 1, sizeof(saddr));
		n += sizeof(saddr);
		first = at;
	}
	if (!memcmp(&saddr, option + first - 1, sizeof(saddr))) {
		n -= sizeof(saddr);
		memset(copy + 3 + n, 0, sizeof(saddr));
	}
	if (!n)
		return;

	copy[0] = option[0];
	copy[1] = 3 + n;
	copy[2] = IPOPT_MINOFF;
	out->at.srr = sizeof(struct iphdr) + out->len;
	memcpy(&out->first_hop, copy + 3, sizeof(out->first_hop));
	if (option[0] == IPOPT_SSRR)
		out->at.flags |= KITE_OPT_STRICT;
	out->len += copy[1];
}

/**
 * kite_options_echo() - the options of an answer (twin of ip_options_echo())
 * @net: the namespace
 * @skb: what is answered, network header and control block as they came in
 * @out: filled in; @len is 0 when the answer has none
 *
 * Record route and time stamp go on where they are; a source route is reversed;
 * others are not for answers.
 *
 * Context: RCU read lock.
 * Return: 0, or -EINVAL when they leave no room for whole entries: then there
 * is no answer.
 */
int kite_options_echo(struct net *net, const struct sk_buff *skb,
		      struct kite_ip_options *out)
{
	const struct kite_options *opt = &kite_skb_cb(skb)->opt;
	int err;

	memset(out, 0, sizeof(*out));
	if (!opt->rr && !opt->ts && !opt->srr)
		return 0;

	err = kite_echo_record_route(out, kite_received(skb, opt->rr, 3, out));
	if (err)
		return err;
	err = kite_echo_time_stamp(net, out,
				   kite_received(skb, opt->ts, 4, out),
				   opt->flags);
	if (err)
		return err;
	kite_echo_source_route(out, kite_received(skb, opt->srr, 3, out),
			       ip_hdr(skb)->saddr);
	/* The rest of the last word is zero: end of options. */
	out->len = ALIGN(out->len, 4);
	return 0;
}

/**
 * kite_options_save() - the options of all answers to a packet
 * @net: the namespace
 * @skb: the packet, as for kite_options_echo()
 *
 * Context: BH, RCU read lock.
 * Return: the options, for the caller to free by RCU; or NULL when there are
 * none, or no memory for them.
 */
struct kite_sock_options *kite_options_save(struct net *net,
					    const struct sk_buff *skb)
{
	struct kite_sock_options *saved;
	struct kite_ip_options opt;

	if (likely(ip_hdr(skb)->ihl == 5) ||
	    kite_options_echo(net, skb, &opt) || !opt.len)
		return NULL;
	saved = kmalloc(sizeof(*saved), GFP_ATOMIC | __GFP_NOWARN);
	if (saved)
		saved->opt = opt;
	return saved;
}

/**
 * kite_sk_options_len() - how much larger a socket's headers are
 * @sk: the socket
 *
 * Context: any.
 * Return: octets of its options.
 */
unsigned int kite_sk_options_len(const struct sock *sk)
{
	const struct kite_sock_options *options;
	unsigned int len;

	rcu_read_lock();
	options = rcu_dereference(kite_sk(sk)->options);
	len = options ? options->opt.len : 0;
	rcu_read_unlock();
	return len;
}

/**
 * kite_sk_options_copy() - the options of a socket as they are now
 * @sk: the socket
 * @out: only @len is valid when there are none, which is 0 then
 *
 * Context: any.
 */
void kite_sk_options_copy(const struct sock *sk, struct kite_ip_options *out)
{
	const struct kite_sock_options *options;

	out->len = 0;
	out->at.srr = 0;
	rcu_read_lock();
	options = rcu_dereference(kite_sk(sk)->options);
	if (unlikely(options))
		*out = options->opt;
	rcu_read_unlock();
}

/**
 * kite_set_ip_options() - setsockopt(IP_OPTIONS)
 * @sk: the socket
 * @data: the options
 * @len: octets of @data; 0 = none from now on
 *
 * Context: process, socket lock held.
 * Return: 0; -ENOMEM, or as kite_options_get().
 */
int kite_set_ip_options(struct sock *sk, sockptr_t data, unsigned int len)
{
	struct kite_sock *ks = kite_sk(sk);
	struct kite_sock_options *old, *new;
	int err;

	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	err = kite_options_get(sock_net(sk), &new->opt, data, len);
	if (err || !new->opt.len) {
		kfree(new);
		new = NULL;
	}
	if (err)
		return err;

	old = rcu_replace_pointer(ks->options, new,
				  lockdep_sock_is_held(sk));
	/*
	 * A connection may have to begin its way elsewhere now. A datagram with a source
	 * route has no use for the socket's route, which leads to the peer.
	 */
	if (sk->sk_type == SOCK_STREAM &&
	    ((old && old->opt.first_hop) || (new && new->opt.first_hop)))
		sk_dst_reset(sk);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

/**
 * kite_get_ip_options() - getsockopt(IP_OPTIONS)
 * @sk: the socket
 * @optval: where they go
 * @optlen: set to how many octets there are
 * @len: room at @optval
 *
 * Context: process.
 * Return: 0 or -EFAULT.
 */
int kite_get_ip_options(const struct sock *sk, char __user *optval,
			int __user *optlen, int len)
{
	struct kite_ip_options opt;

	kite_sk_options_copy(sk, &opt);
	len = min_t(int, len, opt.len);
	if (put_user(len, optlen) || copy_to_user(optval, opt.data, len))
		return -EFAULT;
	return 0;
}
