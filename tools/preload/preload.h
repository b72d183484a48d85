/* SPDX-License-Identifier: GPL-2.0 */
/* What kite-run and the library that it preloads agree on. */
#ifndef KITE_PRELOAD_H
#define KITE_PRELOAD_H

#define KITE_PRELOAD_LIBRARY	"libkite-preload.so"

/* Number of the address family; kite-run sets it for the library */
#define KITE_FAMILY_ENV		"KITE_FAMILY"

/* Set to 1: AF_INET6 sockets are not refused */
#define KITE_INET6_ENV		"KITE_RUN_INET6"

/* Where the module tells the number */
#define KITE_FAMILY_PARAMETER	"/sys/module/kite/parameters/family"

/* AF_INET6 sockets are not refused */
int kite_allows_inet6(void);

#endif /* KITE_PRELOAD_H */
