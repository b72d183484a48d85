// SPDX-License-Identifier: GPL-2.0
/* Many routes at once, by rtnetlink. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "bench.h"

#define BATCH	256

struct route_request {
	struct nlmsghdr	header;
	struct rtmsg	route;
	struct rtattr	dst_attr;
	struct in_addr	dst;
	struct rtattr	via_attr;
	struct in_addr	via;
};

/* The kernel answers the last request of a batch, after all the others. */
static void send_batch(int fd, struct route_request *requests, unsigned int count)
{
	struct {
		struct nlmsghdr	header;
		struct nlmsgerr	error;
		char		rest[sizeof(*requests)];
	} answer;

	requests[count - 1].header.nlmsg_flags |= NLM_F_ACK;
	if (send(fd, requests, count * sizeof(*requests), 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		err(1, "rtnetlink");
	if (answer.header.nlmsg_type != NLMSG_ERROR || answer.error.error)
		errx(1, "rtnetlink: cannot add routes: %s", strerror(-answer.error.error));
}

/**
 * add_routes() - route adjacent networks by one next hop
 * @first: address of the first network, host order
 * @bits: prefix length of each
 * @count: how many
 * @via: next hop
 */
void add_routes(unsigned int first, unsigned int bits, unsigned int count, struct in_addr via)
{
	static struct route_request requests[BATCH];
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	unsigned int i, n;

	if (fd < 0)
		err(1, "rtnetlink");
	for (i = 0; i < count; i += n) {
		for (n = 0; n < BATCH && i + n < count; n++)
			requests[n] = (struct route_request){
				.header = {
					.nlmsg_len = sizeof(requests[n]),
					.nlmsg_type = RTM_NEWROUTE,
					.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL,
				},
				.route = {
					.rtm_family = AF_INET,
					.rtm_dst_len = bits,
					.rtm_table = RT_TABLE_MAIN,
					.rtm_protocol = RTPROT_STATIC,
					.rtm_scope = RT_SCOPE_UNIVERSE,
					.rtm_type = RTN_UNICAST,
				},
				.dst_attr = { RTA_LENGTH(sizeof(struct in_addr)), RTA_DST },
				.dst = in_addr(first + ((i + n) << (32 - bits))),
				.via_attr = { RTA_LENGTH(sizeof(struct in_addr)), RTA_GATEWAY },
				.via = via,
			};
		send_batch(fd, requests, n);
	}
	close(fd);
}
