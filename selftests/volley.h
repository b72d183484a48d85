/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many frames onto the wire by as few system calls as may be.
 */
#ifndef _KITE_VOLLEY_H
#define _KITE_VOLLEY_H

#include "wire.h"

#define VOLLEY		64	/* frames in one system call */
#define VOLLEY_FRAME	1600	/* octets of the largest */

struct volley {
	unsigned int n;
	unsigned char bytes[VOLLEY][VOLLEY_FRAME];
	struct sockaddr_ll to[VOLLEY];
	struct iovec iov[VOLLEY];
	struct mmsghdr msgs[VOLLEY];
};

/* One more; where it goes to may still be changed. */
static inline struct sockaddr_ll *volley_add(struct volley *v, const struct wire *w,
					     const struct frame *f)
{
	unsigned int i = v->n++;

	memcpy(v->bytes[i], f->bytes, f->len);
	v->to[i] = w->to;
	v->iov[i] = (struct iovec) { v->bytes[i], f->len };
	v->msgs[i].msg_hdr = (struct msghdr) {
		.msg_name = &v->to[i], .msg_namelen = sizeof(v->to[i]),
		.msg_iov = &v->iov[i], .msg_iovlen = 1,
	};
	return &v->to[i];
}

static inline int volley_send(struct volley *v, const struct wire *w)
{
	unsigned int done = 0;
	int sent;

	for (; done < v->n; done += sent) {
		sent = sendmmsg(w->fd, v->msgs + done, v->n - done, 0);
		if (sent < 0)
			return -1;
	}
	v->n = 0;
	return 0;
}

#endif /* _KITE_VOLLEY_H */
