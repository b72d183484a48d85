// SPDX-License-Identifier: GPL-2.0
/* sendfile() and splice() tell a socket that nothing follows after all (6.5). */
#include <linux/net.h>

void probe(struct proto_ops *ops);
void probe(struct proto_ops *ops)
{
	ops->splice_eof = NULL;
}
