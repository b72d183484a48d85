// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile(2) and splice(2) to and from the stream. What goes out is not copied: until it is
 * sent, it is what the file holds. AF_INET is the oracle.
 */
#include "tcp_peer.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#define PAGE	4096

/* A file in memory of so many octets, all of them @c. */
static int file_of(size_t size, char c)
{
	int fd = memfd_create("kite", 0);
	char page[PAGE];

	memset(page, c, sizeof(page));
	for (; size; size -= size < PAGE ? size : PAGE)
		if (write(fd, page, size < PAGE ? size : PAGE) < 0)
			return -1;
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* --- between two sockets of the host --------------------------------------- */

FIXTURE_OF_TWO_ENDS(ends)

/* Read until the end or an error; how many octets came, all of them @c. */
static ssize_t read_all(int fd, char c)
{
	ssize_t got = 0, n, i;
	char buf[PAGE];

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++)
			if (buf[i] != c)
				return -1;
		got += n;
	}
	return n ? -1 : got;
}

TEST_F(ends, a_file_goes_out_whole)
{
	size_t size = 100 * 1000 + 7;
	int file = file_of(size, 'f');
	off_t at = 0;

	ASSERT_LE(0, file);
	ASSERT_EQ(size, sendfile(self->a, file, &at, size + 1000));
	EXPECT_EQ(size, at);
	EXPECT_EQ(0, sendfile(self->a, file, &at, 1));
	shutdown(self->a, SHUT_WR);
	EXPECT_EQ(size, read_all(self->b, 'f'));
	close(file);
}

TEST_F(ends, the_end_of_a_file_does_not_wait_for_more)
{
	int file = file_of(PAGE + 100, 'f'), left;

	ASSERT_EQ(PAGE + 100, sendfile(self->a, file, NULL, 10 * PAGE));
	ASSERT_OK(ioctl(self->a, SIOCOUTQNSD, &left));
	EXPECT_EQ(0, left) {
		TH_LOG("the window has room for all of it");
	}
	/* But what was told to wait before does, like the file. */
	ASSERT_OK(set_int(self->a, SOL_TCP, TCP_CORK, 1));
	lseek(file, PAGE, SEEK_SET);
	ASSERT_EQ(100, sendfile(self->a, file, NULL, PAGE));
	ASSERT_OK(ioctl(self->a, SIOCOUTQNSD, &left));
	EXPECT_EQ(100, left);
	close(file);
}

TEST_F(ends, parts_of_files_and_writes_come_in_order)
{
	char want[] = "<aaaaabbb>", got[32] = {};
	int a = file_of(10000, 'a'), b = file_of(PAGE, 'b');
	off_t at = 4090;

	ASSERT_EQ(1, send(self->a, "<", 1, MSG_MORE));
	/* Across the border of two pages. */
	ASSERT_EQ(5, sendfile(self->a, a, &at, 5));
	ASSERT_EQ(3, sendfile(self->a, b, NULL, 3));
	ASSERT_EQ(1, send(self->a, ">", 1, 0));
	ASSERT_EQ(10, recv(self->b, got, 10, MSG_WAITALL));
	EXPECT_STREQ(want, got);
	close(a);
	close(b);
}

TEST_F(ends, sendfile_stops_where_the_buffer_is_full)
{
	int file = file_of(8 << 20, 'f');
	ssize_t n;

	nonblocking(self->a);
	n = sendfile(self->a, file, NULL, 8 << 20);
	EXPECT_LT(0, n);
	EXPECT_GT(8 << 20, n);
	EXPECT_ERRNO(EAGAIN, sendfile(self->a, file, NULL, 1 << 20));
	shutdown(self->a, SHUT_WR);
	EXPECT_EQ(n, read_all(self->b, 'f'));
	close(file);
}

TEST_F(ends, after_shutdown_sendfile_is_a_broken_pipe)
{
	int file = file_of(PAGE, 'f');

	signal(SIGPIPE, SIG_IGN);
	shutdown(self->a, SHUT_WR);
	EXPECT_ERRNO(EPIPE, sendfile(self->a, file, NULL, 10));
	close(file);
}

TEST_F(ends, splice_moves_what_is_there_to_a_pipe)
{
	char buf[PAGE] = {};
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(6, send(self->a, "abcdef", 6, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(4, splice(self->b, NULL, pipes[1], NULL, 4, 0));
	EXPECT_EQ(2, splice(self->b, NULL, pipes[1], NULL, 100, 0));
	EXPECT_EQ(6, read(pipes[0], buf, sizeof(buf)));
	EXPECT_STREQ("abcdef", buf);
	nonblocking(self->b);
	EXPECT_ERRNO(EAGAIN, splice(self->b, NULL, pipes[1], NULL, 100, 0));
	shutdown(self->a, SHUT_WR);
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	EXPECT_EQ(0, splice(self->b, NULL, pipes[1], NULL, 100, 0));
}

TEST_F(ends, a_pipe_takes_what_it_has_room_for)
{
	size_t size = 20 * PAGE, got = 0;
	int file = file_of(size, 'f'), pipes[2];
	ssize_t n;

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(PAGE, fcntl(pipes[1], F_SETPIPE_SZ, PAGE));
	ASSERT_EQ(size, sendfile(self->a, file, NULL, size));
	shutdown(self->a, SHUT_WR);
	while ((n = splice(self->b, NULL, pipes[1], NULL, size, 0)) > 0) {
		ssize_t left;

		EXPECT_ERRNO(EAGAIN, splice(self->b, NULL, pipes[1], NULL, size,
					    SPLICE_F_NONBLOCK));
		for (left = n; left > 0; got += n, left -= n) {
			char buf[PAGE], want[PAGE];

			n = read(pipes[0], buf, left < PAGE ? left : PAGE);
			ASSERT_LT(0, n);
			memset(want, 'f', n);
			ASSERT_EQ(0, memcmp(want, buf, n));
		}
	}
	EXPECT_EQ(0, n);
	EXPECT_EQ(size, got);
	close(file);
}

TEST_F(ends, from_stream_to_stream_through_a_pipe)
{
	size_t size = 50 * 1000, moved = 0;
	int file = file_of(size, 'f'), pipes[2], pair[2];
	ssize_t n;

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_OK(stream_pair(self->family, pair));
	ASSERT_EQ(size, sendfile(self->a, file, NULL, size));
	shutdown(self->a, SHUT_WR);
	while ((n = splice(self->b, NULL, pipes[1], NULL, size, 0)) > 0) {
		while (n > 0) {
			ssize_t out = splice(pipes[0], NULL, pair[0], NULL, n, 0);

			ASSERT_LT(0, out);
			moved += out;
			n -= out;
		}
	}
	EXPECT_EQ(size, moved);
	close(pair[0]);
	EXPECT_EQ(size, read_all(pair[1], 'f'));
	close(file);
}

TEST_F(ends, what_was_spliced_stays_when_the_socket_is_gone)
{
	char buf[16] = {};
	int pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(5, send(self->a, "hello", 5, 0));
	ASSERT_EQ(POLLIN, wait_for(self->b, POLLIN));
	ASSERT_EQ(5, splice(self->b, NULL, pipes[1], NULL, 5, 0));
	close(self->a);
	close(self->b);
	EXPECT_EQ(5, read(pipes[0], buf, sizeof(buf)));
	EXPECT_STREQ("hello", buf);
}

/* --- with a peer made by hand ----------------------------------------------- */

FIXTURE_ON_A_WIRE(tcp)

TCP_TEST(what_sendfile_sends_is_not_copied)
{
	int fd = connection(_metadata, p), file = file_of(PAGE, 'o');
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	ASSERT_NE(MAP_FAILED, page);
	/* Only what is new can take a window back. */
	ASSERT_EQ(0, tell_window(p, 0, "x"));
	p->seq++;
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(100, sendfile(fd, file, NULL, 100));
	memset(page, 'n', PAGE);
	ASSERT_EQ(0, tell_window(p, WINDOW, ""));
	expect(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(100, data_len(p->f));
	EXPECT_EQ('n', data_of(p->f)[0]);
	EXPECT_EQ('n', data_of(p->f)[99]);
	/* And sent again it is what it is by then. */
	memset(page, 'l', PAGE);
	expect_again(_metadata, p, ACK, p->ack, p->seq);
	ASSERT_EQ(100, data_len(p->f));
	EXPECT_EQ('l', data_of(p->f)[0]);
}

TEST_HARNESS_MAIN
