// SPDX-License-Identifier: GPL-2.0
/*
 * A congestion control in a module of its own, kite_congtest.ko: the first socket that asks
 * for it loads it, it decides over the window, and it stays as long as a socket uses it.
 * time limit: 60 s
 */
#include "tcp_options.h"
#include "test_module.h"

#define MODULE	"kite_congtest"
#define NAME	"three"		/* segments, which is all it ever allows */

/* How many connections it says to be "running", or to have "begun". */
static int counts(const char *what)
{
	char path[128];
	FILE *file;
	int n = -1;

	snprintf(path, sizeof(path), "/sys/module/" MODULE "/parameters/%s", what);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%d", &n) != 1)
			n = -1;
		fclose(file);
	}
	return n;
}

static int choose(int fd, const char *name)
{
	return setsockopt(fd, SOL_TCP, TCP_CONGESTION, name, strlen(name));
}

FIXTURE(algorithm) {
	int fd;
};

FIXTURE_SETUP(algorithm)
{
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, module_unload(MODULE));
	self->fd = socket(AF_KITE, SOCK_STREAM, 0);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(algorithm)
{
	close(self->fd);
	EXPECT_EQ(0, module_unload(MODULE));
}

TEST_F(algorithm, is_loaded_by_the_first_that_asks_for_it)
{
	char name[16] = "";
	socklen_t len = sizeof(name);

	ASSERT_EQ(0, choose(self->fd, NAME));
	EXPECT_TRUE(module_is_loaded(MODULE));
	EXPECT_EQ(0, getsockopt(self->fd, SOL_TCP, TCP_CONGESTION, name, &len));
	EXPECT_STREQ(NAME, name);
	/* There is no connection to look after. */
	EXPECT_EQ(0, counts("begun"));
}

TEST_F(algorithm, users_load_none)
{
	ASSERT_EQ(0, seteuid(65534));
	EXPECT_ERRNO(ENOENT, choose(self->fd, NAME));
	ASSERT_EQ(0, seteuid(0));
	EXPECT_FALSE(module_is_loaded(MODULE));
}

TEST_F(algorithm, stays_while_a_socket_uses_it)
{
	ASSERT_EQ(0, choose(self->fd, NAME));
	EXPECT_ERRNO(EAGAIN, module_delete(MODULE));
	close(self->fd);
	EXPECT_EQ(0, module_unload(MODULE));
	EXPECT_FALSE(module_is_loaded(MODULE));
}

TEST_F(algorithm, may_go_when_its_last_socket_has_chosen_another)
{
	ASSERT_EQ(0, choose(self->fd, NAME));
	ASSERT_EQ(0, choose(self->fd, NAME));
	ASSERT_EQ(0, choose(self->fd, "cubic"));
	EXPECT_EQ(0, module_delete(MODULE));
	/* And come again. */
	EXPECT_EQ(0, choose(self->fd, NAME));
}

/* A listener's children have it too, and hold it as long as they live. */
TEST_F(algorithm, looks_after_the_connections_of_a_listener)
{
	int listener = bound_socket(AF_KITE, SOCK_STREAM, 0), child;
	static char data[10000];
	int i;

	ASSERT_EQ(0, choose(listener, NAME));
	ASSERT_EQ(0, listen(listener, 1));
	ASSERT_EQ(0, connect_to(self->fd, AF_KITE, "127.0.0.1", port_of(listener)));
	child = accept(listener, NULL, NULL);
	ASSERT_LE(0, child);
	close(listener);
	EXPECT_EQ(1, counts("running"));
	EXPECT_ERRNO(EAGAIN, module_delete(MODULE));
	/* Its word counts. */
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(sizeof(data), send(child, data, sizeof(data), 0));
		ASSERT_EQ(sizeof(data), recv(self->fd, data, sizeof(data), MSG_WAITALL));
	}
	EXPECT_EQ(3, info_of(child).tcpi_snd_cwnd);
	abortive(child);
	close(child);
	EXPECT_EQ(0, counts("running"));
	EXPECT_EQ(1, counts("begun"));
	EXPECT_EQ(0, module_unload(MODULE));
}

TEST_F(algorithm, takes_over_a_connection_and_gives_it_away)
{
	int pair[2];

	ASSERT_EQ(0, stream_pair(AF_KITE, pair));
	ASSERT_EQ(0, choose(pair[0], NAME));
	EXPECT_EQ(1, counts("running"));
	/* Once for each connection. */
	ASSERT_EQ(0, choose(pair[0], NAME));
	EXPECT_EQ(1, counts("begun"));
	ASSERT_EQ(0, choose(pair[0], "reno"));
	EXPECT_EQ(0, counts("running"));
	EXPECT_EQ(0, module_delete(MODULE));
	ASSERT_EQ(5, send(pair[0], "hello", 5, 0));
	EXPECT_EQ(POLLIN, wait_for(pair[1], POLLIN));
}

TEST_HARNESS_MAIN
