/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A system call that owns a socket and cannot go on: it sends from, or receives into, a page
 * that is not there before stuck_end() says so. What comes meanwhile waits in the backlog.
 */
#ifndef _KITE_STUCK_H
#define _KITE_STUCK_H

#include "kite_test.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>

struct stuck {
	int fd;			/* the socket */
	size_t len;		/* octets to be sent or received */
	bool sends;
	int uffd;
	struct uffdio_range page;
	pthread_t thread;
	ssize_t result;
};

static inline void *stuck_call(void *data)
{
	struct stuck *s = data;
	void *page = (void *)(uintptr_t)s->page.start;

	s->result = s->sends ? send(s->fd, page, s->len, 0) : recv(s->fd, page, s->len, 0);
	return NULL;
}

/* Whether this kernel has userfaultfd. */
static inline bool can_get_stuck(void)
{
	return !access("/proc/sys/vm/unprivileged_userfaultfd", F_OK);
}

/* Have a call with fd, len and sends begin, and get stuck. */
static inline int stuck_begin(struct stuck *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register wanted = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	long size = sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	s->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	s->page = (struct uffdio_range){ .start = (uintptr_t)page, .len = size };
	wanted.range = s->page;
	if (s->uffd < 0 || ioctl(s->uffd, UFFDIO_API, &api) ||
	    ioctl(s->uffd, UFFDIO_REGISTER, &wanted) ||
	    pthread_create(&s->thread, NULL, stuck_call, s))
		return -1;
	return wait_for(s->uffd, POLLIN) == POLLIN ? 0 : -1;
}

/* Let it go on; what it returned. */
static inline ssize_t stuck_end(struct stuck *s)
{
	struct uffdio_zeropage zero = { .range = s->page };

	if (ioctl(s->uffd, UFFDIO_ZEROPAGE, &zero) || pthread_join(s->thread, NULL))
		return -1;
	close(s->uffd);
	return s->result;
}

#endif /* _KITE_STUCK_H */
