// SPDX-License-Identifier: GPL-2.0
#include "saved_syn.h"

#include "tcp_sock.h"

/**
 * kite_syn_save() - remember a SYN, if the listener's user wants that (twin of
 * tcp_reqsk_record_syn())
 * @listener: the listener, not locked
 * @skb: the SYN, data at its header
 *
 * Context: any.
 * Return: its headers, for kfree(); NULL when nobody wants them, or without memory.
 */
struct kite_saved_syn *kite_syn_save(const struct sock *listener, const struct sk_buff *skb)
{
	u8 mode = READ_ONCE(kite_tcp_sk(listener)->save_syn);
	const u8 *from = skb_network_header(skb);
	struct kite_saved_syn *syn;
	unsigned int len;

	if (likely(!mode))
		return NULL;
	if (mode == KITE_SAVE_SYN_LINK && skb_mac_header_was_set(skb))
		from = skb_mac_header(skb);
	len = skb_transport_header(skb) + kite_tcp_hdrlen(skb) - from;
	syn = kmalloc(struct_size(syn, headers, len), GFP_ATOMIC | __GFP_NOWARN);
	if (!syn)
		return NULL;
	syn->len = len;
	memcpy(syn->headers, from, len);
	return syn;
}

/**
 * kite_syn_read() - getsockopt(TCP_SAVED_SYN), which can be asked once
 * @sk: the connection
 * @optval: where to
 * @optlen: octets of the headers, 0 when there are none (any more)
 * @len: octets of room
 *
 * Context: process, socket lock held.
 * Return: 0; -EINVAL when there is less room than @optlen says then; -EFAULT.
 */
int kite_syn_read(struct sock *sk, char __user *optval, int __user *optlen, int len)
{
	const struct kite_saved_syn *syn = kite_tcp_sk(sk)->saved_syn;
	u32 size = syn ? syn->len : 0;

	if (put_user(size, optlen))
		return -EFAULT;
	if (!syn)
		return 0;
	if (len < size)
		return -EINVAL;
	if (copy_to_user(optval, syn->headers, size))
		return -EFAULT;
	kite_syn_forget(sk);
	return 0;
}

/**
 * kite_syn_forget() - it was asked for, or nobody will ask
 * @sk: the connection
 *
 * Context: socket lock held, or nobody else knows the socket any more.
 */
void kite_syn_forget(struct sock *sk)
{
	struct kite_tcp_sock *tp = kite_tcp_sk(sk);

	kfree(tp->saved_syn);
	tp->saved_syn = NULL;
}
