/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As little of io_uring as it takes to ask for one thing after another.
 */
#ifndef _URING_H
#define _URING_H

#include <errno.h>
#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define URING_SIZE	8

/**
 * struct uring - a ring with its two queues
 * @fd: its descriptor
 * @p: what the kernel said of it
 * @ring: both queues
 * @size: octets at @ring
 * @sqes: what is asked for
 */
struct uring {
	int fd;
	struct io_uring_params p;
	char *ring;
	size_t size;
	struct io_uring_sqe *sqes;
};

/* 0, or -1 with errno. */
static inline int uring_open(struct uring *u)
{
	memset(u, 0, sizeof(*u));
	u->fd = syscall(__NR_io_uring_setup, URING_SIZE, &u->p);
	if (u->fd < 0)
		return -1;
	u->size = u->p.cq_off.cqes +
		  u->p.cq_entries * sizeof(struct io_uring_cqe);
	u->ring = mmap(NULL, u->size, PROT_READ | PROT_WRITE, MAP_SHARED, u->fd,
		       IORING_OFF_SQ_RING);
	u->sqes = mmap(NULL, URING_SIZE * sizeof(*u->sqes),
		       PROT_READ | PROT_WRITE, MAP_SHARED, u->fd,
		       IORING_OFF_SQES);
	return u->ring == MAP_FAILED || u->sqes == MAP_FAILED ? -1 : 0;
}

static inline void uring_close(struct uring *u)
{
	munmap(u->sqes, URING_SIZE * sizeof(*u->sqes));
	munmap(u->ring, u->size);
	close(u->fd);
}

static inline uint32_t *uring_word(struct uring *u, uint32_t at)
{
	return (uint32_t *)(u->ring + at);
}

static inline void uring_queue(struct uring *u, struct io_uring_sqe sqe)
{
	uint32_t tail = *uring_word(u, u->p.sq_off.tail);
	uint32_t i = tail & *uring_word(u, u->p.sq_off.ring_mask);

	u->sqes[i] = sqe;
	uring_word(u, u->p.sq_off.array)[i] = i;
	__atomic_store_n(uring_word(u, u->p.sq_off.tail), tail + 1,
			 __ATOMIC_RELEASE);
}

/* Queue an IORING_OP_*; @token comes back with the answer. */
static inline void uring_ask(struct uring *u, int op, int fd, const void *buf,
			     unsigned int len, uint64_t token)
{
	uring_queue(u, (struct io_uring_sqe){
		.opcode = op,
		.fd = fd,
		.addr = (uintptr_t)buf,
		.len = len,
		.user_data = token,
	});
}

/* Queue an accept() of one connection, or of all that come. */
static inline void uring_ask_accept(struct uring *u, int fd, bool all)
{
	uring_queue(u, (struct io_uring_sqe){
		.opcode = IORING_OP_ACCEPT,
		.fd = fd,
		.ioprio = all ? IORING_ACCEPT_MULTISHOT : 0,
	});
}

/* Hand @asked over and wait until @answers are there; 0, or -1 with errno. */
static inline int uring_enter(struct uring *u, int asked, int answers)
{
	return syscall(__NR_io_uring_enter, u->fd, asked, answers,
		       answers ? IORING_ENTER_GETEVENTS : 0, NULL, 0) == asked ?
		0 : -1;
}

/* The answer to @token, wherever it is among those that came; false = none. */
static inline bool uring_answer(struct uring *u, uint64_t token, int *result)
{
	uint32_t tail = __atomic_load_n(uring_word(u, u->p.cq_off.tail),
					__ATOMIC_ACQUIRE);
	uint32_t mask = *uring_word(u, u->p.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(u->ring + u->p.cq_off.cqes);
	uint32_t i;

	for (i = *uring_word(u, u->p.cq_off.head); i != tail; i++) {
		if (cqes[i & mask].user_data != token)
			continue;
		*result = cqes[i & mask].res;
		return true;
	}
	return false;
}

/* Take the first answer away; false = none. */
static inline bool uring_take(struct uring *u, struct io_uring_cqe *answer)
{
	uint32_t tail = __atomic_load_n(uring_word(u, u->p.cq_off.tail),
					__ATOMIC_ACQUIRE);
	uint32_t mask = *uring_word(u, u->p.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(u->ring + u->p.cq_off.cqes);
	uint32_t head = *uring_word(u, u->p.cq_off.head);

	if (head == tail)
		return false;
	*answer = cqes[head & mask];
	__atomic_store_n(uring_word(u, u->p.cq_off.head), head + 1,
			 __ATOMIC_RELEASE);
	return true;
}

/*
 * Send, and wait until the octets at @buf are the caller's again: the result and, where
 * something was sent, a word of that. -1 with errno.
 */
static inline int uring_send_zc(struct uring *u, int fd, const void *buf, unsigned int len)
{
	struct io_uring_cqe sent, released;

	uring_ask(u, IORING_OP_SEND_ZC, fd, buf, len, 0);
	if (uring_enter(u, 1, 1) || !uring_take(u, &sent))
		return -1;
	if (sent.flags & IORING_CQE_F_MORE &&
	    (uring_enter(u, 0, 1) || !uring_take(u, &released) ||
	     !(released.flags & IORING_CQE_F_NOTIF)))
		return -1;
	if (sent.res >= 0)
		return sent.res;
	errno = -sent.res;
	return -1;
}

#endif /* _URING_H */
