// SPDX-License-Identifier: GPL-2.0
/*
 * A program that empties its environment before it makes its first socket, as some
 * daemons do, executes itself in every way that there is, and reads /proc/net/udp by
 * what open() becomes with _FORTIFY_SOURCE: prints what it sees, so that the output
 * with kite-run can be held against the one without.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT	7111

int flags = O_RDONLY;	/* nothing that the compiler may rely on */

/* How many lines of the listing have the port. */
static int listed(void)
{
	char line[512], port[16];
	int fd = open("/proc/net/udp", flags), n = 0;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f)
		err(1, "/proc/net/udp");
	snprintf(port, sizeof(port), ":%04X ", PORT);
	while (fgets(line, sizeof(line), f))
		n += !!strstr(line, port);
	fclose(f);
	return n;
}

static void send_from_new_socket(const struct in_addr *address)
{
	struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr = *address,
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)))
		err(1, "socket");
	printf("sent %zd\n", sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)));
	printf("listed %d\n", listed());
	close(fd);
}

#define SELF	"/proc/self/exe"

static char *no_environment[] = { NULL };
static char *arguments[] = { SELF, NULL, "once", NULL };

static void by_execl(void) { execl(SELF, SELF, arguments[1], "once", NULL); }
static void by_execlp(void) { execlp(SELF, SELF, arguments[1], "once", NULL); }
static void by_execle(void) { execle(SELF, SELF, arguments[1], "once", NULL, no_environment); }
static void by_execv(void) { execv(SELF, arguments); }
static void by_execvp(void) { execvp(SELF, arguments); }
static void by_execve(void) { execve(SELF, arguments, no_environment); }
static void by_execvpe(void) { execvpe(SELF, arguments, no_environment); }
static void by_execve_without(void) { execve(SELF, arguments, NULL); }
static void by_fexecve(void) { fexecve(open(SELF, O_RDONLY), arguments, no_environment); }

/* What posix_spawn() began is waited for in its place. */
static void wait_and_exit(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) == pid)
		exit(status ? 1 : 0);
}

static void by_posix_spawn(void)
{
	pid_t pid;

	if (!posix_spawn(&pid, SELF, NULL, NULL, arguments, no_environment))
		wait_and_exit(pid);
}

static void by_posix_spawnp(void)
{
	pid_t pid;

	if (!posix_spawnp(&pid, SELF, NULL, NULL, arguments, no_environment))
		wait_and_exit(pid);
}

static const struct {
	const char *name;
	void (*execute)(void);
} ways[] = {
	{ "execl", by_execl },
	{ "execlp", by_execlp },
	{ "execle", by_execle },
	{ "execv", by_execv },
	{ "execvp", by_execvp },
	{ "execve", by_execve },
	{ "execve without an environment", by_execve_without },
	{ "execvpe", by_execvpe },
	{ "fexecve", by_fexecve },
	{ "posix_spawn", by_posix_spawn },
	{ "posix_spawnp", by_posix_spawnp },
};

static void execute_once_more(void (*execute)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		execute();
		err(1, "it executed nothing");
	}
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "what it executed failed");
}

int main(int argc, char **argv)
{
	struct in_addr to;
	unsigned int i;

	if (argc < 2 || argc > 3 || !inet_aton(argv[1], &to))
		errx(2, "usage: inet_forgetful ADDRESS [once]");
	clearenv();
	send_from_new_socket(&to);
	arguments[1] = argv[1];
	for (i = 0; argc == 2 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		printf("%s\n", ways[i].name);
		execute_once_more(ways[i].execute);
	}
	return 0;
}
