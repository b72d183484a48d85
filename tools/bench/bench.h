/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the measurements share. The clock counts guest instructions: see
 * docs/bench.md.
 */
#ifndef KITE_BENCH_H
#define KITE_BENCH_H

#include <err.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* The family that is measured. */
extern int family;

/**
 * struct span - a stretch of the measured clock
 * @begin: guest clock, nanoseconds = instructions
 * @idle: time that the processor has been idle since boot, nanoseconds
 */
struct span {
	long long	begin;
	long long	idle;
};

/* clock.c */
struct span span_begin(void);
double span_end(const struct span *span);
unsigned int processors(void);
void settle(void);

/* main.c */
void report(const char *what, double value);

/* sock.c */
int sock(int type);
int sock_bound(int type, struct in_addr addr, unsigned int port);
int sock_listener(struct in_addr addr, unsigned int port);
void sock_bind(int fd, struct in_addr addr, unsigned int port);
void sock_connect(int fd, struct in_addr addr, unsigned int port);
int sock_accept(int listener);
unsigned int sock_port(int fd);
void sock_limit(unsigned int count);
void send_all(int fd, const void *data, size_t size);
struct in_addr in_addr(unsigned int host_order);

/* net.c */
void own_net(void);
void enter_host(unsigned int nr);
struct in_addr host_addr(unsigned int nr);
void set_port_range(unsigned int low, unsigned int high);

/* peer.c */
pid_t peer_start(void (*serve)(int fd), int fd);
void peer_stop(pid_t peer);

/* route.c */
void add_routes(unsigned int first, unsigned int bits, unsigned int count, struct in_addr via);

/* the measurements */
void bench_stream_rr(void);
void bench_dgram_rr(void);
void bench_stream_rr_router(void);
void bench_connect_rr_close(void);
void bench_accept_cpus(void);
void bench_socket_close(void);
void bench_stream_bulk(void);
void bench_stream_bulk_router(void);
void bench_bind_any(void);
void bench_bind_explicit(void);
void bench_connect_any(void);
void bench_lookup_connection(void);
void bench_lookup_listener(void);
void bench_lookup_dgram(void);
void bench_flood(void);
void bench_memory(void);
void bench_hop(void);
void bench_hop_flows(void);

#endif /* KITE_BENCH_H */
