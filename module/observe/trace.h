/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints at the joints of a packet's way, in the order in which a packet
 * meets them:
 *
 *   kite_local_out -> kite_output -> kite_xmit                    (sender)
 *   kite_rcv -> kite_route_input -> kite_forward -> kite_output -> kite_xmit
 *   kite_rcv -> kite_route_input -> kite_local_deliver -> kite_sock_deliver
 *
 * and kite_drop wherever one is lost. Every event names the namespace (inode
 * number, as in /proc/PID/ns/net) and the device, so that one trace shows hosts
 * that are namespaces of one machine apart.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kite

#if !defined(_KITE_OBSERVE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KITE_OBSERVE_TRACE_H

#include <linux/netdevice.h>
#include <linux/tracepoint.h>
#include <net/tcp_states.h>

#include "counters.h"
#include "trace_packet.h"

#define KITE_SHOW_PROTOCOL(p)						\
	__print_symbolic(p, { IPPROTO_ICMP, "ICMP" },			\
			 { IPPROTO_TCP, "TCP" }, { IPPROTO_UDP, "UDP" })

#define KITE_SHOW_STATE(s)						\
	__print_symbolic(s, { TCP_ESTABLISHED, "ESTABLISHED" },		\
			 { TCP_SYN_SENT, "SYN_SENT" },			\
			 { TCP_SYN_RECV, "SYN_RECV" },			\
			 { TCP_FIN_WAIT1, "FIN_WAIT1" },		\
			 { TCP_FIN_WAIT2, "FIN_WAIT2" },		\
			 { TCP_TIME_WAIT, "TIME_WAIT" },		\
			 { TCP_CLOSE, "CLOSE" },			\
			 { TCP_CLOSE_WAIT, "CLOSE_WAIT" },		\
			 { TCP_LAST_ACK, "LAST_ACK" },			\
			 { TCP_LISTEN, "LISTEN" },			\
			 { TCP_CLOSING, "CLOSING" },			\
			 { TCP_NEW_SYN_RECV, "NEW_SYN_RECV" })

/* A packet at a joint; @detail is what the joint has to say, or empty. */
DECLARE_EVENT_CLASS(kite_packet,
		    TP_PROTO(const struct net *net, const struct sk_buff *skb,
			     const struct net_device *dev, const char *detail),
	TP_ARGS(net, skb, dev, detail),
	TP_STRUCT__entry(__field(unsigned int, inum)
			 __field(const void *, skbaddr)
			 __field(u32, saddr)
			 __field(u32, daddr)
			 __field(u16, sport)
			 __field(u16, dport)
			 __field(u16, len)
			 __field(u16, id)
			 __field(u8, ttl)
			 __field(u8, protocol)
			 __string(dev, dev ? dev->name : "-")
			 __string(detail, detail)
	),
	TP_fast_assign(struct kite_trace_packet p;

		       kite_trace_packet_fill(&p, skb);
		       __entry->inum = net->ns.inum;
		       __entry->skbaddr = skb;
		       __entry->saddr = (__force u32)p.saddr;
		       __entry->daddr = (__force u32)p.daddr;
		       __entry->sport = p.sport;
		       __entry->dport = p.dport;
		       __entry->len = p.len;
		       __entry->id = p.id;
		       __entry->ttl = p.ttl;
		       __entry->protocol = p.protocol;
		       kite_assign_str(dev, dev ? dev->name : "-");
		       kite_assign_str(detail, detail);
	),
	TP_printk("ns=%u dev=%s %s %pI4:%u > %pI4:%u len=%u id=%u ttl=%u skb=%p %s",
		  __entry->inum, __get_str(dev),
		  KITE_SHOW_PROTOCOL(__entry->protocol),
		  &__entry->saddr, __entry->sport,
		  &__entry->daddr, __entry->dport,
		  __entry->len, __entry->id, __entry->ttl, __entry->skbaddr,
		  __get_str(detail))
);

#define KITE_PACKET_EVENT(name)						\
	DEFINE_EVENT(kite_packet, name,					\
		     TP_PROTO(const struct net *net,			\
			      const struct sk_buff *skb,		\
			      const struct net_device *dev,		\
			      const char *detail),			\
		     TP_ARGS(net, skb, dev, detail))

KITE_PACKET_EVENT(kite_rcv);
KITE_PACKET_EVENT(kite_route_input);	/* detail: what the route says */
KITE_PACKET_EVENT(kite_local_deliver);
KITE_PACKET_EVENT(kite_forward);
KITE_PACKET_EVENT(kite_local_out);
KITE_PACKET_EVENT(kite_output);
KITE_PACKET_EVENT(kite_xmit);
KITE_PACKET_EVENT(kite_sock_deliver);	/* for a socket; kite_drop follows if it is full */
KITE_PACKET_EVENT(kite_drop);		/* detail: the counter bumped */

/* An ICMP error goes out; the addresses are those of the packet it is about. */
TRACE_EVENT(kite_icmp_send,
	    TP_PROTO(const struct net *net, const struct sk_buff *skb, u8 type,
		     u8 code),
	TP_ARGS(net, skb, type, code),
	TP_STRUCT__entry(__field(unsigned int, inum)
			 __field(u32, saddr)
			 __field(u32, daddr)
			 __field(u8, type)
			 __field(u8, code)
	),
	TP_fast_assign(struct kite_trace_packet p;

		       kite_trace_packet_fill(&p, skb);
		       __entry->inum = net->ns.inum;
		       __entry->saddr = (__force u32)p.saddr;
		       __entry->daddr = (__force u32)p.daddr;
		       __entry->type = type;
		       __entry->code = code;
	),
	TP_printk("ns=%u about %pI4 > %pI4 type=%u code=%u", __entry->inum,
		  &__entry->saddr, &__entry->daddr, __entry->type,
		  __entry->code)
);

TRACE_EVENT(kite_sock_state,
	    TP_PROTO(const struct sock *sk, int oldstate, int newstate),
	TP_ARGS(sk, oldstate, newstate),
	TP_STRUCT__entry(__field(unsigned int, inum)
			 __field(const void *, skaddr)
			 __field(u32, saddr)
			 __field(u32, daddr)
			 __field(u16, sport)
			 __field(u16, dport)
			 __field(int, oldstate)
			 __field(int, newstate)
	),
	TP_fast_assign(__entry->inum = sock_net(sk)->ns.inum;
		       __entry->skaddr = sk;
		       __entry->saddr = (__force u32)sk->sk_rcv_saddr;
		       __entry->daddr = (__force u32)sk->sk_daddr;
		       __entry->sport = sk->sk_num;
		       __entry->dport = ntohs(sk->sk_dport);
		       __entry->oldstate = oldstate;
		       __entry->newstate = newstate;
	),
	TP_printk("ns=%u %pI4:%u %pI4:%u %s -> %s sk=%p", __entry->inum,
		  &__entry->saddr, __entry->sport, &__entry->daddr,
		  __entry->dport, KITE_SHOW_STATE(__entry->oldstate),
		  KITE_SHOW_STATE(__entry->newstate), __entry->skaddr)
);

#endif /* _KITE_OBSERVE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH observe
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
