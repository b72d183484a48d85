// SPDX-License-Identifier: GPL-2.0
/*
 * A congestion control that is not KITE's own. Its window never has more than three
 * segments, which a test can see, and it counts what becomes of connections.
 */
#include <linux/module.h>

#include "tcp/cong.h"

/* Connections that it looks after now, and has ever. */
static atomic_t running, begun;

module_param_named(running, running.counter, int, 0444);
MODULE_PARM_DESC(running, "connections it looks after");
module_param_named(begun, begun.counter, int, 0444);
MODULE_PARM_DESC(begun, "connections it ever looked after");

static void three_init(struct kite_tcp_sock *tp)
{
	u32 *own = kite_cong_priv(tp);

	WARN_ON(*own);
	*own = 1;
	atomic_inc(&running);
	atomic_inc(&begun);
}

static void three_release(struct kite_tcp_sock *tp)
{
	const u32 *own = kite_cong_priv(tp);

	WARN_ON(*own != 1);
	atomic_dec(&running);
}

static u32 three_ssthresh(struct kite_tcp_sock *tp, u32 flight)
{
	return 2 * tp->mss;
}

static void three_acked(struct kite_tcp_sock *tp, u32 acked, bool limited)
{
	tp->cwnd = 3 * tp->mss;
}

static struct kite_cong_ops three = {
	.name		= "three",
	.owner		= THIS_MODULE,
	.init		= three_init,
	.release	= three_release,
	.ssthresh	= three_ssthresh,
	.acked		= three_acked,
};

/* Offers that must be refused. */
static int __init refused(void)
{
	static struct kite_cong_ops bad = { .name = "bad", .acked = three_acked };
	static struct kite_cong_ops again = {
		.name = "three", .acked = three_acked, .ssthresh = three_ssthresh,
	};
	static struct kite_cong_ops nameless = {
		.acked = three_acked, .ssthresh = three_ssthresh,
	};

	return kite_register_congestion_control(&bad) == -EINVAL &&
	       kite_register_congestion_control(&nameless) == -EINVAL &&
	       kite_register_congestion_control(&again) == -EEXIST ? 0 : -EBADSLT;
}

static int __init congtest_init(void)
{
	int err = kite_register_congestion_control(&three);

	if (err)
		return err;
	err = refused();
	if (err)
		kite_unregister_congestion_control(&three);
	return err;
}

static void __exit congtest_exit(void)
{
	kite_unregister_congestion_control(&three);
}

module_init(congtest_init);
module_exit(congtest_exit);

MODULE_DESCRIPTION("a congestion control for KITE that is not KITE's own");
MODULE_LICENSE("GPL");
MODULE_ALIAS("kite_cong_three");
