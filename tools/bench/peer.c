// SPDX-License-Identifier: GPL-2.0
/* A second process at the other end. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "bench.h"

/**
 * peer_start() - serve a socket in a process of its own
 * @serve: what it does
 * @fd: given to @serve and closed here
 *
 * Return: the process, for peer_stop().
 */
pid_t peer_start(void (*serve)(int fd), int fd)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
		_exit(0);
	}
	close(fd);
	return pid;
}

void peer_stop(pid_t peer)
{
	kill(peer, SIGKILL);
	waitpid(peer, NULL, 0);
}
