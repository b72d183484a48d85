// SPDX-License-Identifier: GPL-2.0
/*
 * What the program executes runs over KITE, too, also with an environment that has
 * been emptied: daemons do that before they start others, for safety's sake.
 *
 * The variables that kite-run has set are put back where there are none of their
 * names. One that is there stays as it is, so that LD_PRELOAD= leads back to IPv4.
 *
 * Who calls these may be the child of vfork(), or a thread's of fork(): nothing here
 * allocates memory or takes a lock.
 */
#define _GNU_SOURCE
#include <alloca.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "next.h"
#include "preload.h"

/* The variables as environ has them. The loader's bounds the length of a path or two. */
static char kept[3][2 * PATH_MAX];
static const char *const kept_names[] = { "LD_PRELOAD", KITE_FAMILY_ENV, KITE_INET6_ENV };

#define NR_KEPT	(sizeof(kept) / sizeof(kept[0]))

static const char *find(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (!strncmp(*env, name, len) && (*env)[len] == '=')
			return *env;
	return NULL;
}

/* What the library's own would have called. */
static struct {
	__typeof__(execve) *execve;
	__typeof__(execvpe) *execvpe;
	__typeof__(fexecve) *fexecve;
	__typeof__(posix_spawn) *posix_spawn;
	__typeof__(posix_spawnp) *posix_spawnp;
} next;

static void find_next(void)
{
	next.execve = NEXT(execve);
	next.execvpe = NEXT(execvpe);
	next.fexecve = NEXT(fexecve);
	next.posix_spawn = NEXT(posix_spawn);
	next.posix_spawnp = NEXT(posix_spawnp);
}

/* Other libraries' constructors may come before ours. */
#define CALL(name) ({			\
	if (!next.name)			\
		find_next();		\
	next.name;			\
})

/*
 * While there is no other thread: whoever looks for a function takes locks, which the child of
 * one of several threads may find taken for ever. LD_PRELOAD alone is no sign of kite-run,
 * KITE_FAMILY is.
 */
static __attribute__((constructor)) void keep(void)
{
	const char *text;
	size_t i;

	find_next();
	for (i = 0; i < NR_KEPT && getenv(KITE_FAMILY_ENV); i++) {
		text = find(environ, kept_names[i]);
		if (text && strlen(text) < sizeof(kept[i]))
			strcpy(kept[i], text);
	}
}

static size_t length(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

/* Return: @env with what it lacks, in @room, which has space for all */
static char **complete(char *const *env, char **room)
{
	size_t n = length(env), i;

	if (n)
		memcpy(room, env, n * sizeof(*room));
	for (i = 0; i < NR_KEPT; i++)
		if (*kept[i] && !find(env, kept_names[i]))
			room[n++] = kept[i];
	room[n] = NULL;
	return room;
}

/* On the caller's stack: as long as the caller's function lasts */
#define COMPLETE(env) ({							\
	char *const *from = (env);						\
	char **room = alloca((length(from) + NR_KEPT + 1) * sizeof(*room));	\
										\
	complete(from, room);							\
})

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	return CALL(execve)(path, argv, COMPLETE(envp));
}

EXPORT int execv(const char *path, char *const argv[])
{
	return CALL(execve)(path, argv, COMPLETE(environ));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	return CALL(execvpe)(file, argv, COMPLETE(envp));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	return CALL(execvpe)(file, argv, COMPLETE(environ));
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	return CALL(fexecve)(fd, argv, COMPLETE(envp));
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	return CALL(posix_spawn)(pid, path, actions, attr, argv, COMPLETE(envp));
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	return CALL(posix_spawnp)(pid, file, actions, attr, argv, COMPLETE(envp));
}

static size_t count_arguments(va_list list)
{
	size_t n = 1;

	while (va_arg(list, char *))
		n++;
	return n;
}

/* The arguments that follow @first as an array on the caller's stack; @list stays behind NULL */
#define GATHER(first, list) ({						\
	va_list ahead;							\
	size_t n, i;							\
	char **gathered;						\
									\
	va_start(list, first);						\
	va_copy(ahead, list);						\
	n = count_arguments(ahead);					\
	va_end(ahead);							\
	gathered = alloca((n + 1) * sizeof(*gathered));			\
	gathered[0] = (char *)(first);					\
	for (i = 1; i <= n; i++)					\
		gathered[i] = va_arg(list, char *);			\
	gathered;							\
})

EXPORT int execl(const char *path, const char *arg, ...)
{
	va_list list;
	char **argv = GATHER(arg, list);

	va_end(list);
	return CALL(execve)(path, argv, COMPLETE(environ));
}

EXPORT int execlp(const char *file, const char *arg, ...)
{
	va_list list;
	char **argv = GATHER(arg, list);

	va_end(list);
	return CALL(execvpe)(file, argv, COMPLETE(environ));
}

EXPORT int execle(const char *path, const char *arg, ...)
{
	va_list list;
	char **argv = GATHER(arg, list);
	char *const *envp = va_arg(list, char *const *);

	va_end(list);
	return CALL(execve)(path, argv, COMPLETE(envp));
}
