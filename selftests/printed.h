/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a command prints of octets and packets.
 */
#ifndef _PRINTED_H
#define _PRINTED_H

#include "kite_test.h"

/* @format finds both in one line of what @command prints, and in no other. */
static inline int printed(const char *command, const char *format, long *octets, long *packets)
{
	FILE *file = popen(command, "r");
	char line[512];
	int found = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, format, octets, packets) == 2)
			found++;
	return file && !pclose(file) && found == 1 ? 0 : -1;
}

#endif /* _PRINTED_H */
