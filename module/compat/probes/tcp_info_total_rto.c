// SPDX-License-Identifier: GPL-2.0
/* TCP_INFO tells of retransmission timeouts (6.7). */
#include <linux/tcp.h>

int probe(const struct tcp_info *info)
{
	return info->tcpi_total_rto + info->tcpi_total_rto_recoveries + info->tcpi_total_rto_time;
}
