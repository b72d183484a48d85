/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of urgent data share.
 */
#ifndef _KITE_TCP_URGENT_H
#define _KITE_TCP_URGENT_H

#include "kite_test.h"

#include <signal.h>

#include <linux/sockios.h>

/* The answer to an ioctl(), or -errno. */
static inline int ask(int fd, unsigned int request)
{
	int answer = -1;

	return ioctl(fd, request, &answer) ? -errno : answer;
}

/* recv() of one octet, whichever. */
static inline ssize_t recv_one(int fd, int flags)
{
	char c;

	return recv(fd, &c, 1, flags);
}

/* What recv() gives now is this text; "" is for nothing now. */
#define EXPECT_TEXT(text, fd, flags)					\
	do {								\
		char __buf[64] = {};					\
		ssize_t __n = recv(fd, __buf, sizeof(__buf) - 1,	\
				   (flags) | MSG_DONTWAIT);		\
									\
		if (__n < 0)						\
			EXPECT_EQ(EAGAIN, errno);			\
		EXPECT_STREQ(text, __buf);				\
	} while (0)

/* Calls may change it, as the compiler knows: the handler is known elsewhere. */
static int sigurgs;

static inline void sigurg(int sig)
{
	sigurgs++;
}

/* Count SIGURG for a socket in sigurgs. */
static inline int count_sigurg(int fd)
{
	struct sigaction action = { .sa_handler = sigurg };

	if (sigaction(SIGURG, &action, NULL))
		return -1;
	return fcntl(fd, F_SETOWN, getpid());
}

#endif /* _KITE_TCP_URGENT_H */
