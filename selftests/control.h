/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recvmsg() with all that it tells besides data.
 */
#ifndef _KITE_CONTROL_H
#define _KITE_CONTROL_H

#include "kite_test.h"

struct received {
	struct sockaddr_in name;
	socklen_t namelen;
	int flags;
	size_t controllen;
	/* Aligned as control messages are. */
	union {
		struct cmsghdr first;
		unsigned char control[1024];
	};
};

static inline ssize_t receive_message(int fd, struct received *r, void *data,
				      size_t room, int flags)
{
	struct iovec iov = { data, room };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_name = &r->name, .msg_namelen = sizeof(r->name),
		.msg_control = r->control, .msg_controllen = sizeof(r->control),
	};
	ssize_t n;

	memset(r, 0, sizeof(*r));
	n = recvmsg(fd, &msg, flags);
	if (n < 0)
		return n;
	r->namelen = msg.msg_namelen;
	r->flags = msg.msg_flags;
	r->controllen = msg.msg_controllen;
	return n;
}

/* A control message of what was received, or NULL. */
static inline struct cmsghdr *control(struct received *r, int level, int type)
{
	struct msghdr msg = {
		.msg_control = r->control, .msg_controllen = r->controllen,
	};
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return c;
	return NULL;
}

/* The int that a control message of SOL_IP says; -1 = there is none. */
static inline int control_int(struct received *r, int type)
{
	struct cmsghdr *c = control(r, SOL_IP, type);
	int value;

	if (!c || c->cmsg_len != CMSG_LEN(sizeof(value)))
		return -1;
	memcpy(&value, CMSG_DATA(c), sizeof(value));
	return value;
}

#endif /* _KITE_CONTROL_H */
