// SPDX-License-Identifier: GPL-2.0
/*
 * kite-run: run a program that knows AF_INET over AF_KITE.
 *
 *   kite-run [-6] PROGRAM [ARGUMENT...]
 *
 * Makes sure that AF_KITE is there, and starts PROGRAM with libkite-preload.so
 * before its libraries. That file is looked for beside this program and in the
 * lib directory next to its own. docs/kite-run.md tells what can be expected.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/elf.h>
#include <linux/kite.h>

#include "preload/preload.h"

#define EX_KITE		125	/* we failed, not the program; as env(1) and timeout(1) have it */
#define EX_NOEXEC	126
#define EX_NOENT	127

/*
 * The number that AF_KITE has here: told by the caller, by the module, or the
 * default, by which socket(2) loads the module.
 */
static int family_number(void)
{
	const char *text = getenv(KITE_FAMILY_ENV);
	FILE *file;
	int number;
	char end;

	if (text) {
		if (sscanf(text, "%d%c", &number, &end) != 1 || number <= 0)
			errx(EX_KITE, KITE_FAMILY_ENV "=%s: no number of an address family", text);
		return number;
	}
	file = fopen(KITE_FAMILY_PARAMETER, "r");
	if (!file)
		return AF_KITE;
	if (fscanf(file, "%d", &number) != 1)
		errx(EX_KITE, KITE_FAMILY_PARAMETER " cannot be read");
	fclose(file);
	return number;
}

/* End here, and not in the middle of the program, when sockets of @family are not KITE's */
static void check_family(int family)
{
	int fd = socket(family, SOCK_DGRAM, 0), one = 1;

	if (fd < 0 && errno == EAFNOSUPPORT)
		errx(EX_KITE, "no address family %d: is kite loaded? (modprobe kite)", family);
	if (fd < 0)
		err(EX_KITE, "a socket of family %d", family);
	if (setsockopt(fd, SOL_KITE, KITE_INET_NAMES, &one, sizeof(one)))
		err(EX_KITE, "family %d is not AF_KITE", family);
	close(fd);
}

/* The library, if it is in @dir: it must be absolute, since the program may run elsewhere */
static int find_in(const char *dir, char *path)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s/" KITE_PRELOAD_LIBRARY, dir) >= (int)sizeof(name))
		return 0;
	return realpath(name, path) ? 1 : 0;
}

static void find_library(char *path)
{
	char self[PATH_MAX], dir[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		err(EX_KITE, "/proc/self/exe");
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	if (find_in(self, path))
		return;
	if (snprintf(dir, sizeof(dir), "%s/../lib", self) < (int)sizeof(dir) && find_in(dir, path))
		return;
	errx(EX_KITE, "no " KITE_PRELOAD_LIBRARY " in %s or %s/../lib", self, self);
}

/* Put the library before what the caller has preloaded already */
static void preload(const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	char *value;

	if (strpbrk(library, " :"))
		errx(EX_KITE, "%s: the loader takes no name with a space or a colon", library);
	if (asprintf(&value, "%s%s%s", library, others ? ":" : "", others ?: "") < 0 ||
	    setenv("LD_PRELOAD", value, 1))
		err(EX_KITE, "LD_PRELOAD");
}

/* The loader preloads nothing into a program that gains rights by being executed */
static int gains_rights(const char *path, const struct stat *st)
{
	if ((st->st_mode & S_ISUID) && st->st_uid != geteuid())
		return 1;
	if ((st->st_mode & S_ISGID) && st->st_gid != getegid())
		return 1;
	return geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

/* How many segments the program in the file has; 0 = it is none, or has too many */
static int read_segments(int fd, struct elf64_phdr *segments, int max)
{
	struct elf64_hdr header;
	ssize_t size;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_phnum > max ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(*segments))
		return 0;
	size = header.e_phnum * sizeof(*segments);
	return pread(fd, segments, size, header.e_phoff) == size ? header.e_phnum : 0;
}

static size_t padded(size_t size, size_t align)
{
	return (size + align - 1) / align * align;
}

/* Go's linker leaves a note of its own, among others', be the program static or not */
static int has_note_of_go(int fd, const struct elf64_phdr *segment)
{
	const size_t align = segment->p_align > 4 ? 8 : 4;
	struct elf64_note note;
	size_t at = 0;
	char name[4];

	while (at < segment->p_filesz && at < 4096) {
		if (pread(fd, &note, sizeof(note), segment->p_offset + at) != sizeof(note))
			break;
		at += sizeof(note);
		if (note.n_namesz == sizeof(name) &&
		    pread(fd, name, sizeof(name), segment->p_offset + at) == sizeof(name) &&
		    !memcmp(name, "Go", 3))
			return 1;
		at = padded(at + padded(note.n_namesz, 4) + note.n_descsz, align);
	}
	return 0;
}

/*
 * Tell of a program whose own sockets stay AF_INET's. It is run all the same: what it
 * executes may do better.
 */
static void warn_of_own_calls(const char *path)
{
	struct elf64_phdr segments[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC), is_static = 1, is_go = 0, n, i;

	if (fd < 0)
		return;
	n = read_segments(fd, segments, sizeof(segments) / sizeof(segments[0]));
	for (i = 0; i < n; i++) {
		if (segments[i].p_type == PT_INTERP)
			is_static = 0;
		if (segments[i].p_type == PT_NOTE && has_note_of_go(fd, &segments[i]))
			is_go = 1;
	}
	close(fd);
	if (n && (is_static || is_go))
		warnx("%s %s: its own sockets are AF_INET's", path,
		      is_go ? "is written in Go" : "is linked statically");
}

/* Refuse what cannot run otherwise than over IPv4 */
static void check_program(const char *name)
{
	const char *dirs = strchr(name, '/') ? "" : getenv("PATH") ?: "";
	char path[PATH_MAX], *rest = strdup(dirs), *dir;
	struct stat st;

	while ((dir = strsep(&rest, ":"))) {
		snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", name);
		if (access(path, X_OK) || stat(path, &st) || !S_ISREG(st.st_mode))
			continue;
		if (gains_rights(path, &st))
			errx(EX_KITE, "%s gains rights: nothing can be preloaded; be root", path);
		warn_of_own_calls(path);
		return;
	}
}

static void usage(void)
{
	fprintf(stderr,
		"Usage: kite-run [-6] PROGRAM [ARGUMENT...]\n"
		"Run PROGRAM with AF_KITE sockets wherever it asks for AF_INET.\n"
		"  -6    let it have AF_INET6 sockets; without, they are refused, so that it takes AF_INET\n");
	exit(EX_KITE);
}

int main(int argc, char **argv)
{
	char library[PATH_MAX], number[16];
	int family, option;

	while ((option = getopt(argc, argv, "+6")) != -1) {
		if (option != '6')
			usage();
		setenv(KITE_INET6_ENV, "1", 1);
	}
	if (optind == argc)
		usage();

	family = family_number();
	check_family(family);
	snprintf(number, sizeof(number), "%d", family);
	setenv(KITE_FAMILY_ENV, number, 1);

	check_program(argv[optind]);
	find_library(library);
	preload(library);
	execvp(argv[optind], argv + optind);
	err(errno == ENOENT ? EX_NOENT : EX_NOEXEC, "%s", argv[optind]);
}
