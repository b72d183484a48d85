// SPDX-License-Identifier: GPL-2.0
/*
 * KITE: a second TCP/IP-class network stack in a module.
 *
 * This file is the order in which it comes and goes. What is needed by others
 * comes first; the address family and the packet handler, through which the
 * world gets in, come last. It goes in the reverse order, but for what cuts packets: that
 * stays for as long as one may wait in a qdisc.
 */
#include "kite.h"

#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>

#include "ip/icmp.h"
#include "ip/ip_input.h"
#include "ip/offload.h"
#include "ip/reassembly.h"
#include "netns.h"
#include "ping/ping.h"
#include "raw/raw.h"
#include "route/route.h"
#include "socket/af_kite.h"
#include "tcp/tcp.h"
#include "udp/udp.h"

int kite_family __read_mostly = AF_KITE;
module_param_named(family, kite_family, int, 0444);
MODULE_PARM_DESC(family, "address family number to take (default 18)");

__be16 kite_ethertype __read_mostly;
static unsigned short kite_ethertype_param = ETH_P_KITE;
module_param_named(ethertype, kite_ethertype_param, ushort, 0444);
MODULE_PARM_DESC(ethertype, "EtherType of KITE's frames (default 0x88B5)");

static struct net_proto_family kite_family_ops = {
	.create	= kite_create,
	.owner	= THIS_MODULE,
};

static struct packet_type kite_packet_type = {
	.func	= kite_rcv,
};

/*
 * An EtherType that another stack answers to would give every frame to both; and one that
 * announces another header, its contents to us.
 */
static bool __init kite_ethertype_ok(u16 type)
{
	switch (type) {
	case ETH_P_IP:
	case ETH_P_ARP:
	case ETH_P_IPV6:
	case ETH_P_8021Q:
	case ETH_P_8021AD:
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
	case ETH_P_PPP_SES:
		return false;
	}
	return eth_proto_is_802_3(htons(type));
}

/* sock_register() says -ENOBUFS for a number past the end of its table. */
static int __init kite_family_init(void)
{
	int err;

	kite_family_ops.family = kite_family;
	/* The kernel takes AF_INET6's sockets for IPv6's, also where IPv6 has not come up. */
	if (kite_family == AF_INET6)
		err = -EEXIST;
	else
		err = kite_family > AF_UNSPEC ? sock_register(&kite_family_ops) : -ENOBUFS;
	if (err == -EEXIST) {
		pr_err("kite: address family %d is taken, family=N chooses another\n",
		       kite_family);
		/* modprobe takes EEXIST for "is loaded already", a success. */
		err = -EBUSY;
	} else if (err) {
		pr_err("kite: there is no address family %d, family=N takes 1 to %d\n",
		       kite_family, NPROTO - 1);
	}
	return err;
}

static int __init kite_transports_init(void)
{
	int err;

	err = kite_tcp_init();
	if (err)
		return err;
	err = kite_udp_init();
	if (err)
		goto err_tcp;
	err = kite_raw_init();
	if (err)
		goto err_udp;
	err = kite_ping_init();
	if (err)
		goto err_raw;
	return 0;

err_raw:
	kite_raw_exit();
err_udp:
	kite_udp_exit();
err_tcp:
	kite_tcp_exit();
	return err;
}

static void kite_transports_exit(void)
{
	kite_ping_exit();
	kite_raw_exit();
	kite_udp_exit();
	kite_tcp_exit();
}

static int __init kite_init(void)
{
	int err;

	if (!kite_ethertype_ok(kite_ethertype_param)) {
		pr_err("kite: ethertype 0x%04x is not free\n",
		       kite_ethertype_param);
		return -EINVAL;
	}
	kite_ethertype = htons(kite_ethertype_param);

	err = kite_route_init(kite_icmp_link_failure, kite_icmp_too_large);
	if (err)
		return err;
	err = kite_reassembly_init();
	if (err)
		goto err_route;
	err = kite_icmp_init();
	if (err)
		goto err_reassembly;
	err = kite_transports_init();
	if (err)
		goto err_icmp;
	err = kite_netns_init();
	if (err)
		goto err_transports;
	err = kite_protosw_init();
	if (err)
		goto err_netns;
	err = kite_family_init();
	if (err)
		goto err_netns;

	kite_offload_init();
	kite_packet_type.type = kite_ethertype;
	dev_add_pack(&kite_packet_type);
	pr_info("kite: address family %d, ethertype 0x%04x\n", kite_family,
		kite_ethertype_param);
	return 0;

err_netns:
	kite_netns_exit();
err_transports:
	kite_transports_exit();
err_icmp:
	kite_icmp_exit();
err_reassembly:
	kite_reassembly_exit();
err_route:
	rcu_barrier();
	kite_route_exit();
	return err;
}

/*
 * No socket is open: each holds the module. kite_routes_drain() waits for the
 * packets that are still under way, while namespaces can still come and go;
 * kite_netns_exit() ends the mini-sockets. What they all left to RCU is done by the
 * time of rcu_barrier().
 */
static void __exit kite_exit(void)
{
	dev_remove_pack(&kite_packet_type);
	sock_unregister(kite_family);
	kite_routes_drain();
	kite_offload_exit();
	kite_netns_exit();
	rcu_barrier();
	kite_transports_exit();
	kite_icmp_exit();
	kite_reassembly_exit();
	kite_route_exit();
}

module_init(kite_init);
module_exit(kite_exit);

MODULE_DESCRIPTION("KITE: a second TCP/IP-class network stack");
MODULE_AUTHOR("The KITE developers");
MODULE_LICENSE("GPL");
MODULE_ALIAS_NETPROTO(AF_KITE);
