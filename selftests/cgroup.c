// SPDX-License-Identifier: GPL-2.0
/*
 * What a control group is to its sockets: its programs may refuse some, and what waits in
 * them is charged to it.
 */
#include "alive.h"

#include <linux/bpf.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define REFUSED		7001
#define LET_PASS	7002
#define SENT		(512 << 10)	/* octets, more than any count is late by */

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), \
			    .off = (o), .imm = (i) })

/* A program that lets every socket pass but those in which the @field is @value. */
static int load_refusal(int type, int field, int value)
{
	const struct bpf_insn prog[] = {
		INSN(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2, BPF_REG_1, field, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1),
		INSN(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2, 0, 1, value),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_SOCK,
		.expected_attach_type = type,
		.insns = (uintptr_t)prog,
		.insn_cnt = sizeof(prog) / sizeof(prog[0]),
		.license = (uintptr_t)"GPL",
	};

	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int program(int command, int cgroup, int prog, int type)
{
	union bpf_attr attr = {
		.target_fd = cgroup,
		.attach_bpf_fd = prog,
		.attach_type = type,
	};

	return syscall(SYS_bpf, command, &attr, sizeof(attr));
}

static int try_bind(int family, int type, int port)
{
	int fd = bound_socket(family, type, port);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

FIXTURE(cgroup) {
	char mnt[64];
	char dir[96];
	int cgroup;
};

BOTH_FAMILIES(cgroup);

/* The file of this name in the whole hierarchy's group, or in ours. */
static int tell_group(const char *dir, const char *name, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return write_file(path, text);
}

FIXTURE_SETUP(cgroup)
{
	ASSERT_EQ(0, own_network());
	snprintf(self->mnt, sizeof(self->mnt), "/tmp/kite-cgroup-%d", getpid());
	snprintf(self->dir, sizeof(self->dir), "%s/kite-%d", self->mnt, getpid());
	ASSERT_OK(unshare(CLONE_NEWNS));
	ASSERT_OK(mkdir(self->mnt, 0700));
	ASSERT_OK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_OK(mount("none", self->mnt, "cgroup2", 0, NULL));
	ASSERT_EQ(0, tell_group(self->mnt, "cgroup.subtree_control", "+memory"));
	ASSERT_OK(mkdir(self->dir, 0700));
	self->cgroup = open(self->dir, O_RDONLY | O_DIRECTORY);
	ASSERT_OK(self->cgroup);
	ASSERT_EQ(0, tell_group(self->dir, "cgroup.procs", "0"));
}

FIXTURE_TEARDOWN(cgroup)
{
	close(self->cgroup);
	EXPECT_EQ(0, tell_group(self->mnt, "cgroup.procs", "0"));
	EXPECT_EQ(0, rmdir(self->dir));
	EXPECT_EQ(0, tell_group(self->mnt, "cgroup.subtree_control", "-memory"));
	EXPECT_EQ(0, umount(self->mnt));
	EXPECT_EQ(0, rmdir(self->mnt));
}

/* --- programs -------------------------------------------------------------- */

TEST_F(cgroup, a_program_may_refuse_the_family_alone)
{
	int family = variant->family, other = AF_INET + AF_KITE - family;
	const char *name = family == AF_KITE ? "KITE-TCP" : "TCP";
	int prog = load_refusal(BPF_CGROUP_INET_SOCK_CREATE,
				offsetof(struct bpf_sock, family), family);
	long before, sockets, memory;

	ASSERT_OK(prog);
	ASSERT_EQ(0, try_socket(family, SOCK_STREAM, 0));
	ASSERT_EQ(0, in_use(name, &before, &memory));
	ASSERT_OK(program(BPF_PROG_ATTACH, self->cgroup, prog, BPF_CGROUP_INET_SOCK_CREATE));
	EXPECT_EQ(EPERM, try_socket(family, SOCK_STREAM, 0));
	EXPECT_EQ(EPERM, try_socket(family, SOCK_DGRAM, 0));
	EXPECT_EQ(EPERM, try_socket(family, SOCK_RAW, IPPROTO_ICMP));
	EXPECT_EQ(0, try_socket(other, SOCK_STREAM, 0));
	ASSERT_EQ(0, in_use(name, &sockets, &memory));
	EXPECT_EQ(before, sockets) {
		TH_LOG("a socket that was refused must not stay");
	}
}

TEST_F(cgroup, a_program_may_refuse_a_port)
{
	int prog = load_refusal(BPF_CGROUP_INET4_POST_BIND,
				offsetof(struct bpf_sock, src_port), REFUSED);
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
	int fd, i;

	ASSERT_OK(prog);
	for (i = 0; i < 2; i++) {
		ASSERT_OK(program(BPF_PROG_ATTACH, self->cgroup, prog,
				  BPF_CGROUP_INET4_POST_BIND));
		EXPECT_EQ(EPERM, try_bind(variant->family, types[i], REFUSED));
		EXPECT_EQ(0, try_bind(variant->family, types[i], LET_PASS));
		EXPECT_EQ(0, try_bind(variant->family, types[i], 0));

		/* Nothing of the port is left to the socket, nor to the host. */
		fd = socket(variant->family, types[i], 0);
		ASSERT_OK(fd);
		EXPECT_ERRNO(EPERM, bind_to(fd, variant->family, "127.0.0.1", REFUSED));
		EXPECT_EQ(0, port_of(fd));
		EXPECT_EQ(0, bind_to(fd, variant->family, "127.0.0.1", LET_PASS));
		ASSERT_OK(program(BPF_PROG_DETACH, self->cgroup, prog,
				  BPF_CGROUP_INET4_POST_BIND));
		EXPECT_EQ(0, try_bind(variant->family, types[i], REFUSED));
		close(fd);
	}
}

/* --- memory ---------------------------------------------------------------- */

/* Octets that the group's sockets hold, as it says. */
static long held(const char *dir)
{
	char path[160], name[64];
	long value, held = -1;
	FILE *file;

	snprintf(path, sizeof(path), "%s/memory.stat", dir);
	file = fopen(path, "r");
	while (held < 0 && file && fscanf(file, "%63s %ld", name, &value) == 2)
		held = strcmp(name, "sock") ? -1 : value;
	if (file)
		fclose(file);
	return held;
}

/* Outside of the group, connect to @port and write without an end, until killed. */
static void write_from_outside(const char *group, int family, int port)
{
	static char piece[16384];
	int fd;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || tell_group(group, "cgroup.procs", "0"))
		_exit(1);
	fd = socket(family, SOCK_STREAM, 0);
	if (connect_to(fd, family, "127.0.0.1", port))
		_exit(1);
	while (send(fd, piece, sizeof(piece), MSG_NOSIGNAL) > 0)
		;
	pause();
}

TEST_F(cgroup, what_waits_for_a_server_is_charged_to_it)
{
	int size = SENT, server, fd, ms;
	pid_t writer;

	server = socket(variant->family, SOCK_STREAM, 0);
	ASSERT_OK(server);
	ASSERT_OK(set_int(server, SOL_SOCKET, SO_RCVBUFFORCE, size));
	ASSERT_EQ(0, bind_to(server, variant->family, "127.0.0.1", LET_PASS));
	ASSERT_EQ(0, listen(server, 1));
	writer = fork();
	if (!writer)
		write_from_outside(self->mnt, variant->family, LET_PASS);
	ASSERT_OK(writer);
	ASSERT_EQ(POLLIN, wait_for(server, POLLIN));
	fd = accept(server, NULL, NULL);
	ASSERT_OK(fd);
	/* What a group counts shows after two seconds at most. */
	for (ms = 0; ms < SOON && held(self->dir) < SENT / 2; ms += 20)
		usleep(20000);
	EXPECT_LE(SENT / 2, held(self->dir));

	/* ... and no longer than it waits. */
	close(fd);
	for (ms = 0; ms < SOON && held(self->dir) >= SENT / 2; ms += 20)
		usleep(20000);
	EXPECT_GT(SENT / 2, held(self->dir));
	kill(writer, SIGKILL);
	EXPECT_EQ(writer, waitpid(writer, NULL, 0));
	close(server);
}

TEST_HARNESS_MAIN
