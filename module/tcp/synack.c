// SPDX-License-Identifier: GPL-2.0
/*
 * What a listener says to a SYN, and what the two sides agree upon with that, whether a
 * request or a cookie remembers it.
 */
#include "synack.h"

#include <net/inet_ecn.h>

#include "../ip/options.h"
#include "../route/route.h"
#include "cookie.h"
#include "ecn.h"
#include "isn.h"
#include "mss.h"
#include "options.h"
#include "reply.h"
#include "request.h"
#include "window.h"

/*
 * A listener in no L3 domain may take connections from all (tcp_l3mdev_accept): each
 * stays in the domain that it came from.
 */
static int request_device(const struct sock *listener, const struct sk_buff *skb)
{
	const struct kite_skb_cb *cb = kite_skb_cb(skb);

	return READ_ONCE(listener->sk_bound_dev_if) ?:
	       (cb->sdif ? cb->iif : 0);
}

/**
 * kite_synack_tos() - the type of service of what is said in a connection
 * @net: the namespace; tcp_reflect_tos says whether it is the peer's
 * @req: the request, prepared
 *
 * Context: any, under RCU.
 * Return: the octet for the header.
 */
u8 kite_synack_tos(const struct net *net, const struct kite_request *req)
{
	return READ_ONCE(net->ipv4.sysctl_tcp_reflect_tos) ?
	       req->tos & ~INET_ECN_MASK : READ_ONCE(kite_sk(req->listener)->tos);
}

/* The way back to who sent a SYN, or ERR_PTR. */
static struct kite_route *route_back(struct net *net, const struct kite_request *req)
{
	struct flowi4 fl4 = {
		.flowi4_oif	= req->common.skc_bound_dev_if,
		.flowi4_mark	= req->mark,
		.flowi4_proto	= IPPROTO_TCP,
		.saddr		= req->common.skc_rcv_saddr,
		.daddr		= req->common.skc_daddr,
		.fl4_sport	= htons(req->common.skc_num),
		.fl4_dport	= req->common.skc_dport,
	};

	kite_flowi4_set_tos(&fl4, kite_synack_tos(net, req));
	return kite_route_output(net, &fl4, req->listener);
}

/*
 * What the administrator says of the way back, where the listener's user does not. A
 * SYN without options of the network layer is answered by that way; false when there is
 * none.
 */
static bool heed_route(struct net *net, struct kite_request *req, const struct sk_buff *skb)
{
	const struct kite_tcp_sock *ltp = kite_tcp_sk(req->listener);
	bool is_direct = ip_hdr(skb)->ihl == sizeof(struct iphdr) / 4;
	struct kite_route *rt = route_back(net, req);

	req->advmss = KITE_TCP_MSS_DEFAULT;
	req->window_clamp = READ_ONCE(ltp->window_clamp);
	req->rcv_wnd = U16_MAX;
	if (IS_ERR(rt))
		return !is_direct;
	req->advmss = kite_tcp_mss_to_offer(ltp, rt);
	if (!req->window_clamp)
		req->window_clamp = dst_metric(&rt->dst, RTAX_WINDOW);
	req->rcv_wnd = kite_tcp_window_first(&rt->dst, U16_MAX, req->advmss);
	if (is_direct)
		kite_tcp_cb(skb)->back = rt;
	kite_route_release(rt);
	return true;
}

/**
 * kite_synack_prepare() - what listener and namespace say, and who is at the two ends
 * @net: the namespace
 * @req: filled in
 * @listener: where the SYN came to
 * @skb: the SYN, or the acknowledgment of a cookie
 *
 * Context: softirq, under RCU.
 * Return: false when there is no way back, and nothing is worth to be remembered.
 */
bool kite_synack_prepare(struct net *net, struct kite_request *req,
			 struct sock *listener, const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);

	req->common.skc_family		= listener->sk_family;
	req->common.skc_state		= TCP_NEW_SYN_RECV;
	req->common.skc_bound_dev_if	= request_device(listener, skb);
	req->common.skc_daddr		= iph->saddr;
	req->common.skc_rcv_saddr	= iph->daddr;
	req->common.skc_dport		= th->source;
	req->common.skc_num		= ntohs(th->dest);
	req->common.skc_prot		= listener->sk_prot;
	write_pnet(&req->common.skc_net, net);
	refcount_set(&req->common.skc_refcnt, 1);

	req->listener	= listener;
	req->tos	= iph->tos;
	req->mark	= READ_ONCE(listener->sk_mark) ?:
			  (READ_ONCE(net->ipv4.sysctl_tcp_fwmark_accept) ? skb->mark : 0);
	if (!heed_route(net, req, skb))
		return false;
	req->rcv_wnd	= min3(req->rcv_wnd, req->window_clamp ?: U16_MAX,
			       kite_tcp_win_from_space(READ_ONCE(listener->sk_rcvbuf)));
	return true;
}

/* Agree to scaled windows and selective ACKs, as far as the namespace allows. */
static void agree_to_options(const struct net *net, struct kite_request *req,
			     const struct kite_tcp_options *opt)
{
	req->sack_ok = opt->sack_ok && READ_ONCE(net->ipv4.sysctl_tcp_sack);
	req->wscale_ok = opt->wscale_ok &&
			 READ_ONCE(net->ipv4.sysctl_tcp_window_scaling);
	if (!req->wscale_ok)
		return;
	req->rcv_wscale = kite_tcp_window_scale(req->listener, req->window_clamp);
	req->snd_wscale = opt->wscale;
}

/* Agree to timestamps, and remember the first. */
static void agree_to_timestamps(struct net *net, struct kite_request *req,
				const struct sk_buff *skb,
				const struct kite_tcp_options *opt)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);

	if (!opt->ts_ok)
		return;
	kite_tcp_ts_init(net, &req->ts, iph->daddr, iph->saddr, th->dest,
			 th->source);
	if (req->ts.ok)
		kite_tcp_ts_store(&req->ts, opt->tsval);
}

/**
 * kite_synack_agree() - agree to the options of a SYN, and choose our sequence number
 * @net: the namespace
 * @req: prepared; filled in
 * @skb: the SYN
 *
 * Context: softirq, under RCU.
 */
void kite_synack_agree(struct net *net, struct kite_request *req,
		       const struct sk_buff *skb)
{
	const struct kite_tcp_cb *cb = kite_tcp_cb(skb);
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *iph = ip_hdr(skb);
	struct kite_tcp_options opt;
	u32 isn;

	kite_tcp_options_read(skb, &opt);
	req->rcv_isn	= cb->seq;
	req->mss	= opt.mss ?: KITE_TCP_MSS_DEFAULT;
	agree_to_timestamps(net, req, skb, &opt);
	if (req->cookie) {
		/* Its number has room for the MSS, its timestamp for more. */
		req->snd_isn = kite_cookie_make(skb, req->mss);
		if (req->ts.ok) {
			agree_to_options(net, req, &opt);
			req->ecn_ok = kite_ecn_is_offer(net, skb);
		}
		return;
	}

	isn = kite_tcp_isn(iph->daddr, iph->saddr, th->dest, th->source);
	if (cb->isn_floor && kite_before(isn, cb->isn_floor))
		isn = cb->isn_floor;
	req->snd_isn	= isn;
	agree_to_options(net, req, &opt);
	req->ecn_ok	= kite_ecn_is_offer(net, skb);
}

/**
 * kite_synack_agreed() - what was agreed upon by cookie
 * @net: the namespace
 * @req: prepared; filled in
 * @ack: the acknowledgment that brought it back
 *
 * Context: softirq, under RCU.
 * Return: false when the namespace does not want it any more, though the peer does.
 */
bool kite_synack_agreed(struct net *net, struct kite_request *req,
			const struct sk_buff *ack)
{
	struct kite_tcp_options opt;

	kite_tcp_options_read(ack, &opt);
	if (!opt.ts_ok)
		return true;
	agree_to_timestamps(net, req, ack, &opt);
	if (!req->ts.ok)
		return false;
	kite_cookie_options(opt.tsecr - req->ts.offset, &opt);
	agree_to_options(net, req, &opt);
	req->ecn_ok = opt.ecn_ok && kite_ecn_is_agreeable(net);
	return req->wscale_ok == opt.wscale_ok && req->sack_ok == opt.sack_ok;
}

/* Of a SYN-ACK; that of a cookie holds what its number has no room for. */
static u32 synack_timestamp(const struct kite_request *req)
{
	u32 now = kite_tcp_ts_now(&req->ts, kite_tcp_clock_us());
	struct kite_tcp_options opt = {
		.wscale		= req->snd_wscale,
		.wscale_ok	= req->wscale_ok,
		.sack_ok	= req->sack_ok,
		.ecn_ok		= req->ecn_ok,
	};

	if (!req->cookie)
		return now;
	return kite_cookie_timestamp(now - req->ts.offset, &opt) +
	       req->ts.offset;
}

/**
 * kite_synack_send() - answer the SYN that a request stands for
 * @net: the namespace
 * @req: the request, filled in and agreed
 * @orig: what this answers, or NULL when the timer says it again
 *
 * Context: softirq, under RCU.
 * Return: 0 or a negative errno, as kite_tcp_reply().
 */
int kite_synack_send(struct net *net, struct kite_request *req,
		     const struct sk_buff *orig)
{
	struct kite_tcp_options opt = {
		.mss		= req->advmss,
		.wscale		= req->rcv_wscale,
		.wscale_ok	= req->wscale_ok,
		.sack_ok	= req->sack_ok,
		.ts_ok		= req->ts.ok,
		.tsval		= synack_timestamp(req),
		.tsecr		= READ_ONCE(req->ts.recent),
	};
	u8 options[KITE_TCP_SYN_OPTIONS_MAX];
	struct kite_tcp_bare synack = {
		.seq	= req->snd_isn,
		.ack	= req->rcv_isn + 1,
		.window	= min_t(u32, READ_ONCE(req->rcv_wnd), U16_MAX),
		.flags	= KITE_TCP_SYN | KITE_TCP_ACK |
			  (req->ecn_ok ? KITE_TCP_ECE : 0),
		.tos	= kite_synack_tos(net, req),
		.optlen	= kite_tcp_options_write(options, &opt),
		.options = options,
		.route	= orig ? kite_tcp_cb(orig)->back : NULL,
		.ip_options = kite_request_ip_options(req),
	};

	kite_tcp_bare_as(&synack, (struct sock *)req);
	return kite_tcp_reply(net, orig, &synack);
}
